import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { readPolicy } from '../../../db/cp/policy.ts';
import { createWl, ensureSecrets, listWls, readWl, registerEndpoint } from '../../../db/cp/wl.ts';
import { updateWl } from '../../../db/cp/wl.ts';
import { offsetQuery, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import {
  authorOf,
  foundOrProblem,
  valueOrProblem,
  type CpApiDeps,
  type OperatorPrincipal,
} from '../deps.ts';
import type { Guards } from '../guards.ts';
import { policyPatchOf } from '../policies/schemas.ts';
import { wlParams } from '../schemas.ts';
import { refusalOfUrl } from '../../../runtime/public-url.ts';
import {
  endpointBody,
  endpointView,
  newWl,
  secretsView,
  wlPatch,
  wlView,
  wlViewOf,
} from './schemas.ts';

type WlDeps = Pick<CpApiDeps, 'db' | 'sealer' | 'profile' | 'signer' | 'work'>;
type NewWl = z.output<typeof newWl>;
type WlPatchBody = z.output<typeof wlPatch>;

// 24 bytes are what Standard Webhooks asks for at least; 32 match the HMAC's SHA-256.
const SECRET_BYTES = 32;

/** The registry of WLs: by operators, and by each WL about itself. */
export function wlRoutes(deps: WlDeps, guards: Guards): Route[] {
  return [...registryRoutes(deps, guards), ...selfRoutes(deps, guards)];
}

function registryRoutes(deps: WlDeps, guards: Guards): Route[] {
  const reader = { tag: 'White labels', group: 'admin', guard: guards.operator() } as const;
  const writer = { ...reader, guard: guards.operator('operator') } as const;
  return [
    route({
      ...reader,
      method: 'get',
      path: '/admin/api/wls',
      summary: 'List white labels',
      query: z.object(offsetQuery),
      responses: { 200: pageOf(wlView) },
      handler: async ({ query }) => {
        const { items, total } = await listWls(deps.db, deps.sealer, query);
        const views = items.map(({ wl, policy }) => wlViewOf(wl, policy));
        return { status: 200, body: { items: views, total } };
      },
    }),
    ...(['/admin/api/wls', '/wls'] as const).map((path) =>
      route({
        ...writer,
        method: 'post',
        path,
        summary: 'Register a white label with its first policy',
        body: newWl,
        responses: { 201: wlView },
        refuses: ['CONFLICT'],
        handler: async ({ body, principal, facts }) => {
          const view = await register(deps, body, { principal, facts });
          return { status: 201, body: view };
        },
      }),
    ),
    route({
      ...reader,
      method: 'get',
      path: '/admin/api/wls/:id',
      summary: 'One white label',
      params: wlParams,
      responses: { 200: wlView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id } }) => {
        const wl = foundOrProblem(await readWl(deps.db, deps.sealer, id));
        const policy = foundOrProblem(await readPolicy(deps.db, id));
        return { status: 200, body: wlViewOf(wl, policy) };
      },
    }),
    route({
      ...writer,
      method: 'put',
      path: '/admin/api/wls/:id',
      summary: 'Change a white label; its id only while it has no relationship',
      params: wlParams,
      body: wlPatch,
      responses: { 200: wlView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params: { id }, body, principal, facts }) => {
        const view = await change(deps, id, body, { principal, facts });
        return { status: 200, body: view };
      },
    }),
  ];
}

function selfRoutes(deps: WlDeps, guards: Guards): Route[] {
  const common = { tag: 'White label', group: 'wl', guard: guards.certificate } as const;
  return [
    route({
      ...common,
      method: 'put',
      path: '/wls/:id/endpoint',
      summary: 'Where partners reach this white label, its currency and event keys',
      params: wlParams,
      body: endpointBody,
      responses: { 200: endpointView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id }, body, principal, facts }) => {
        refuseUrl('/peerUrl', body.peerUrl, { profile: deps.profile, protocols: ['https:'] });
        const registered = await registerEndpoint(deps.db, deps.sealer, {
          wlId: id,
          ...body,
          peerUrl: new URL(body.peerUrl).href.replace(/\/$/, ''),
          author: authorOf(principal, facts),
        });
        const { wl, changed } = valueOrProblem(registered);
        if (changed) deps.work.kick();
        return {
          status: 200,
          body: { wlId: wl.id, peerUrl: wl.peerUrl, currency: wl.currency },
        };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/wls/:id/secrets',
      summary: 'The secrets under which the Control Plane signs for this white label',
      params: wlParams,
      responses: { 200: secretsView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id }, principal, facts }) => {
        const secrets = await ensureSecrets(deps.db, deps.sealer, {
          wlId: id,
          fresh: { policySecret: newSecret(), signalSecret: newSecret() },
          author: authorOf(principal, facts),
        });
        return { status: 200, body: valueOrProblem(secrets) };
      },
    }),
  ];
}

interface Caller {
  readonly principal: OperatorPrincipal;
  readonly facts: Parameters<typeof authorOf>[1];
}

async function register(deps: WlDeps, body: NewWl, { principal, facts }: Caller) {
  const { id = randomUUID(), policy = {}, features, rolloutStage, ...plain } = body;
  const { updatedBy, updatedSource, ...wlFacts } = plain;
  checkGateway(deps, wlFacts.gatewayUrl);
  const { updatedBy: policyBy, updatedSource: policySource, ...fields } = policy;
  const created = await createWl(deps.db, deps.sealer, {
    id,
    facts: wlFacts,
    policy: policyPatchOf({ ...fields, features, rolloutStage }),
    labels: {
      updatedBy: policyBy ?? updatedBy ?? principal.id,
      updatedSource: policySource ?? updatedSource ?? 'admin-api',
    },
    keys: await deps.signer.makeKeyPair(),
    author: authorOf(principal, facts),
  });
  const outcome = valueOrProblem(created, { CONFLICT: 'A white label has that id.' });
  return wlViewOf(outcome.wl, outcome.policy);
}

async function change(deps: WlDeps, id: string, body: WlPatchBody, { principal, facts }: Caller) {
  const { id: newId, policy = {}, features, rolloutStage, ...plain } = body;
  const { updatedBy, updatedSource, ...wlFacts } = plain;
  checkGateway(deps, wlFacts.gatewayUrl ?? undefined);
  const { updatedBy: policyBy, updatedSource: policySource, ...fields } = policy;
  const updated = await updateWl(deps.db, deps.sealer, {
    id,
    newId,
    facts: wlFacts,
    policy: policyPatchOf({ ...fields, features, rolloutStage }),
    labels: {
      updatedBy: policyBy ?? updatedBy ?? principal.id,
      updatedSource: policySource ?? updatedSource ?? 'admin-api',
    },
    author: authorOf(principal, facts),
  });
  const outcome = valueOrProblem(updated, {
    CONFLICT: 'The new id is taken, or partners know this white label by its present one.',
  });
  if (outcome.policyChanged || outcome.factsChanged) deps.work.kick();
  return wlViewOf(outcome.wl, outcome.policy);
}

function checkGateway({ profile }: WlDeps, url: string | undefined): void {
  if (url !== undefined) refuseUrl('/gatewayUrl', url, { profile, protocols: GATEWAY_PROTOCOLS });
}

// The run book's gateways are plain http: kept and shown, and used only where they are https.
const GATEWAY_PROTOCOLS = ['https:', 'http:'];

function refuseUrl(pointer: string, url: string, rules: Parameters<typeof refusalOfUrl>[1]): void {
  const message = refusalOfUrl(url, rules);
  if (message === undefined) return;
  throw new Problem('VALIDATION_FAILED', {
    errors: [{ in: 'body', pointer, message, rule: 'address' }],
  });
}

/** In the form of Standard Webhooks. */
function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}
