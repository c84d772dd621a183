import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase } from '../../db/pool.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { CP_WORKS, type CpSubject } from './cp-works.ts';
import { makeControlPlane, registryOf } from './control-plane.ts';
import { slopesOf, type Axis, type Slope } from './fit.ts';
import { measure, openSession, type Session, type Work } from './measure.ts';
import {
  readScaleOptions,
  SCALE_USAGE,
  sizesOf,
  type ScaleOptions,
  type Sizes,
} from './options.ts';
import { lookAtPlans, type Finding } from './plans.ts';
import { renderPart, renderReport, type Part } from './report.ts';
import { openServer, type Server } from './server.ts';
import { makeBase, makeWl, readBooks } from './white-label.ts';
import { WL_WORKS, type WlSubject } from './wl-works.ts';
import { writeScaling } from './write.ts';

/** `npm run bench -- scale`: does anything grow faster than it must? */

const DATA_FOLDER = '.data';
const REMOVE = { recursive: true, force: true, maxRetries: 8, retryDelay: 250 };
const MS_PER_SECOND = 1_000;
/** The whole run takes a quarter of an hour at most: a busy machine gets fewer rounds. */
const WL_UNTIL_MS = 600_000;
const CP_UNTIL_MS = 780_000;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

export async function benchScale(args: readonly string[]): Promise<number> {
  const options = readScaleOptions(args);
  if (options.help) {
    print(SCALE_USAGE);
    return 0;
  }
  const dataDir = join(DATA_FOLDER, `bench-scale-${process.pid}`);
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
    }
  });
  const server = await openServer(dataDir);
  try {
    return await Promise.race([run(server, options), interrupted]);
  } finally {
    await server.stop();
    await rm(dataDir, REMOVE);
  }
}

async function run(server: Server, options: ScaleOptions): Promise<number> {
  const startedAt = performance.now();
  const progress = (text: string): void => {
    const seconds = Math.round((performance.now() - startedAt) / MS_PER_SECOND);
    print(`${String(seconds).padStart(4)} s  ${text}`);
  };
  const sizes = sizesOf(options);
  await fillAll(server, sizes, progress);
  const common = { options, progress };
  const whiteLabel = await partOf(server, {
    ...{ ...common, ...wlPart(sizes) },
    until: startedAt + WL_UNTIL_MS,
  });
  print(`\n${renderPart(whiteLabel)}\n`);
  const controlPlane = await partOf(server, {
    ...{ ...common, ...cpPart(sizes) },
    until: startedAt + CP_UNTIL_MS,
  });
  const parts = [whiteLabel, controlPlane];
  const report = renderReport(parts);
  print(`\n${report}`);
  if (options.isWritten) print(await writeScaling(parts, report));
  return parts.some(({ slopes }) => slopes.some(({ isTooSteep }) => isTooSteep)) ? 1 : 0;
}

/** Both kinds side by side: two processors have something to do. */
async function fillAll(
  server: Server,
  sizes: Sizes,
  progress: (text: string) => void,
): Promise<void> {
  // What is copied has to be there, and nobody may be connected to it.
  const wls = async (): Promise<void> => {
    await makeBase(server);
    const [base, ...others] = sizes.wl;
    for (const size of others) {
      await makeWl(server, size, progress);
      progress(`${size.name} is there`);
    }
    if (base !== undefined) await makeWl(server, base, progress);
  };
  const controlPlanes = async (): Promise<void> => {
    for (const size of sizes.cp) {
      await makeControlPlane(server, size, progress);
      progress(`${size.name} is there`);
    }
  };
  await Promise.all([wls(), controlPlanes()]);
}

interface Plan<S> {
  readonly title: string;
  readonly works: readonly Work<S>[];
  readonly axes: readonly Axis[];
  readonly sessions: (server: Server) => Promise<Session<S>[]>;
}

function wlPart({ wl, wlAxes }: Sizes): Plan<WlSubject> {
  return {
    title: 'White label',
    ...{ works: WL_WORKS, axes: wlAxes },
    sessions: (server) =>
      Promise.all(
        wl.map(({ name }) =>
          openSession(server.urlFor(name), name, (pool) =>
            readBooks(pool, createDatabase<WlTables>(pool)),
          ),
        ),
      ),
  };
}

function cpPart({ cp, cpAxes }: Sizes): Plan<CpSubject> {
  return {
    title: 'Control Plane',
    ...{ works: CP_WORKS, axes: cpAxes },
    sessions: (server) =>
      Promise.all(
        cp.map(({ name, pairs }) =>
          openSession(server.urlFor(name), name, async (pool) => ({
            db: createDatabase<CpSchema>(pool),
            registry: registryOf(pairs),
          })),
        ),
      ),
  };
}

interface Asked<S> extends Plan<S> {
  readonly options: ScaleOptions;
  readonly progress: (text: string) => void;
  readonly until: number;
}

async function partOf<S>(server: Server, asked: Asked<S>): Promise<Part> {
  const { title, works, axes, options, progress } = asked;
  const sessions = await asked.sessions(server);
  try {
    const measured = await measure({
      ...{ server, sessions, works, rounds: options.rounds, until: asked.until },
      progress: (text) => progress(`${title}: ${text}`),
    });
    const slopes: Slope[] = slopesOf(measured, works, axes);
    const largest = new Set(axes.map(({ points }) => points.at(-1)?.session));
    const findings: Finding[] = [];
    for (const session of sessions.filter(({ name }) => largest.has(name))) {
      findings.push(...(await lookAtPlans(server, session)));
    }
    const bytesATrade = await growthOf(server, axes);
    const { foreign } = measured;
    const rounds = new Set(measured.costs.map(({ round }) => round)).size;
    return { title, slopes, findings, foreign, bytesATrade, rounds };
  } finally {
    await Promise.all(sessions.map(({ pool }) => pool.end()));
  }
}

/** What the disk holds for each trade, indexes and all that goes with it included. */
async function growthOf({ admin }: Server, axes: readonly Axis[]): Promise<number> {
  const points = axes.find(({ dimension }) => dimension === 'trades')?.points ?? [];
  const [small, large] = [points[0], points.at(-1)];
  if (small === undefined || large === undefined) return 0;
  const { rows } = await admin.query<{ small: string; large: string }>(
    'SELECT pg_database_size($1::name) AS small, pg_database_size($2::name) AS large',
    [small.session, large.session],
  );
  const bytes = Number(rows[0]?.large ?? 0) - Number(rows[0]?.small ?? 0);
  return bytes / (large.size - small.size);
}
