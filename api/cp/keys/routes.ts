import { z } from 'zod';
import { rotateWebhookKeys } from '../../../db/cp/webhook-key.ts';
import { CONTROL_PLANE_OWNER, publishedKeys, revokeKey, rotateKeys } from '../../../db/cp/key.ts';
import { CLOCK_SKEW_SECONDS } from '../../../runtime/tokens.ts';
import { anyone, route, type Route } from '../../http/route.ts';
import { authorOf, valueOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp, wlId, wlParams } from '../schemas.ts';

type KeyDeps = Pick<CpApiDeps, 'db' | 'sealer' | 'signer' | 'tokens' | 'work'>;

// As often as verifiers look (CONTRACTS.md): a key is published as "next" long before it signs.
const JWKS_MAX_AGE_SECONDS = 60;
const MAX_KID = 128;
// A delivery's signature is good for five minutes of the standard's; a WL hears of keys in seconds.
const WEBHOOK_KEY_OVERLAP_SECONDS = 900;

const keysView = z.object({ current: z.string(), next: z.string() });
const webhookKeysRotated = z.object({
  current: z.string(),
  next: z.string(),
  retiring: z.object({ kid: z.string(), until: timestamp }).optional(),
});
const jwks = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('RSA'),
      n: z.string(),
      e: z.string(),
      alg: z.string(),
      use: z.string(),
      kid: z.string(),
      sub: z.string().meta({ description: 'Whose tokens it signs: a WL id or control-plane.' }),
      state: z.enum(['NEXT', 'CURRENT', 'RETIRING']),
    }),
  ),
});

/** The Control Plane's own keys: they sign for people, for the audit's head and for evidence. */
export function ownKeyRoutes(deps: KeyDeps, guards: Guards): Route[] {
  const { operatorSeconds, supportSeconds } = deps.tokens;
  const overlapSeconds = Math.max(operatorSeconds, supportSeconds) + CLOCK_SKEW_SECONDS;
  const common = {
    tag: 'Keys',
    group: 'admin',
    method: 'post',
    guard: guards.operator('master'),
  } as const;
  const owner = CONTROL_PLANE_OWNER;
  return [
    route({
      ...common,
      path: '/admin/api/keys/rotate',
      summary: "The Control Plane's own next key becomes current; sessions go on",
      responses: { 200: keysView },
      refuses: ['NOT_FOUND'],
      handler: async ({ principal, facts }) => {
        const next = await deps.signer.makeKey();
        const author = authorOf(principal, facts);
        const rotated = await rotateKeys(deps.db, { owner, next, overlapSeconds, author });
        return { status: 200, body: valueOrProblem(rotated) };
      },
    }),
    route({
      ...common,
      path: '/admin/api/keys/:kid/revoke',
      summary: "Ends a key of the Control Plane's own at once, with every session it has signed",
      params: z.object({ kid: z.string().min(1).max(MAX_KID) }),
      responses: { 200: keysView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params: { kid }, principal, facts }) => {
        const next = await deps.signer.makeKey();
        const author = authorOf(principal, facts);
        const revoked = await revokeKey(deps.db, { owner, kid, next, author });
        const outcome = valueOrProblem(revoked, { CONFLICT: 'The key is revoked already.' });
        deps.work.kick();
        return { status: 200, body: outcome };
      },
    }),
  ];
}

/** The key of the v1a signatures on signals. */
export function webhookKeyRoute(deps: KeyDeps, guards: Guards): Route {
  return route({
    tag: 'Keys',
    group: 'admin',
    guard: guards.operator('master'),
    method: 'post',
    path: '/admin/api/webhook-keys/rotate',
    summary:
      'The next webhook key begins to sign signals; the old one verifies until it is retired',
    responses: { 200: webhookKeysRotated },
    handler: async ({ principal, facts }) => {
      const { retiring, ...keys } = await rotateWebhookKeys(deps.db, deps.sealer, {
        overlapSeconds: WEBHOOK_KEY_OVERLAP_SECONDS,
        author: authorOf(principal, facts),
      });
      deps.work.kick();
      const old = retiring && { kid: retiring.kid, until: retiring.until.toISOString() };
      return { status: 200, body: { ...keys, ...(old !== undefined && { retiring: old }) } };
    },
  });
}

/** The keys that sign tokens: published, rotated with overlap, revoked at once. */
export function keyRoutes(deps: KeyDeps, guards: Guards): Route[] {
  const { wlSeconds, peerSeconds } = deps.tokens;
  const overlapSeconds = Math.max(wlSeconds, peerSeconds) + CLOCK_SKEW_SECONDS;
  const common = {
    tag: 'Keys',
    group: 'wl',
    method: 'post',
    guard: guards.certificateOrOperator('operator'),
  } as const;
  return [
    route({
      tag: 'Keys',
      group: 'public',
      guard: anyone,
      method: 'get',
      path: '/.well-known/jwks.json',
      summary: 'Public keys of all tokens: next, current and retiring',
      responses: { 200: jwks },
      handler: async () => {
        const keys = await publishedKeys(deps.db);
        const body = {
          keys: keys.map(({ kid, owner, state, publicJwk }) => ({
            ...publicJwk,
            kid,
            sub: owner,
            state,
          })),
        };
        const headers = { 'Cache-Control': `public, max-age=${JWKS_MAX_AGE_SECONDS}` };
        return { status: 200, body, headers };
      },
    }),
    route({
      ...common,
      path: '/wls/:id/keys/rotate',
      summary: 'next becomes current; old tokens verify until they expire',
      params: wlParams,
      responses: { 200: keysView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id }, principal, facts }) => {
        const next = await deps.signer.makeKey();
        const author = authorOf(principal, facts);
        const rotated = await rotateKeys(deps.db, { owner: id, next, overlapSeconds, author });
        return { status: 200, body: valueOrProblem(rotated) };
      },
    }),
    route({
      ...common,
      path: '/wls/:id/keys/:kid/revoke',
      summary: 'Ends a key at once, with every token that it has signed',
      params: z.object({ id: wlId, kid: z.string().min(1).max(MAX_KID) }),
      responses: { 200: keysView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params: { id, kid }, principal, facts }) => {
        const next = await deps.signer.makeKey();
        const author = authorOf(principal, facts);
        const revoked = await revokeKey(deps.db, { owner: id, kid, next, author });
        const outcome = valueOrProblem(revoked, { CONFLICT: 'The key is revoked already.' });
        deps.work.kick();
        return { status: 200, body: outcome };
      },
    }),
  ];
}
