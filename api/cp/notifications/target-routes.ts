import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  listAlertTargets,
  putAlertTargets,
  type WantedTarget,
} from '../../../db/cp/alert-target.ts';
import { NOTIFICATION_KINDS, SEVERITIES } from '../../../db/cp/tables/notifications.ts';
import { refusalOfUrl } from '../../../runtime/public-url.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import { authorOf, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { anyCase, email } from '../schemas.ts';

type TargetDeps = Pick<CpApiDeps, 'db' | 'sealer' | 'profile' | 'hasMail'>;

// A handful of systems and people; each notification is matched against all of them.
const MAX_TARGETS = 20;
const MAX_URL = 500;
// 24 bytes are what Standard Webhooks asks for at least; 32 match the HMAC's SHA-256.
const SECRET_BYTES = 32;
const SECRET_FORM = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

const common = {
  id: z.uuid().optional().meta({ description: 'Of a target that stays; without it a new one.' }),
  kinds: z.array(anyCase(NOTIFICATION_KINDS)).max(NOTIFICATION_KINDS.length).default([]),
  minSeverity: anyCase(SEVERITIES).default('WARNING'),
};
const targetBody = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('WEBHOOK'),
    url: z.string().max(MAX_URL).optional(),
    secret: z
      .string()
      .regex(SECRET_FORM, 'is whsec_ and at least 24 bytes in base64')
      .optional()
      .meta({ description: 'Left out, a new target gets one made here.' }),
  }),
  z.strictObject({ ...common, kind: z.literal('EMAIL'), address: email.optional() }),
]);
export const targetsBody = z.strictObject({ targets: z.array(targetBody).max(MAX_TARGETS) });

export const targetView = z.object({
  id: z.string(),
  kind: z.enum(['WEBHOOK', 'EMAIL']),
  url: z.string().nullable(),
  address: z.string().nullable().meta({ description: 'Masked.' }),
  kinds: z.array(z.string()).meta({ description: 'Empty: every kind.' }),
  minSeverity: z.enum(SEVERITIES),
  pending: z.number().int(),
  failed: z.number().int(),
  secret: z.string().optional().meta({ description: 'Shown once, where it was made here.' }),
});
const targetsView = z.object({ items: z.array(targetView) });

/** Where notifications go besides the console. */
export function alertTargetRoutes(deps: TargetDeps, guards: Guards): Route[] {
  const { db, sealer } = deps;
  const about = { tag: 'Notifications', group: 'admin', guard: guards.operator('risk') } as const;
  return [
    route({
      ...about,
      method: 'get',
      path: '/admin/api/alert-targets',
      summary: 'Webhooks and mailboxes that notifications are sent to',
      responses: { 200: targetsView },
      handler: async () => {
        const items = (await listAlertTargets(db, sealer)).map((target) => viewOf(target));
        return { status: 200, body: { items } };
      },
    }),
    route({
      ...about,
      method: 'put',
      path: '/admin/api/alert-targets',
      summary: 'Replaces the list; a target that is not named any more is removed',
      body: targetsBody,
      responses: { 200: targetsView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ body, principal, facts }) => {
        body.targets.forEach((target, index) => refuseTarget(deps, target, index));
        const made = new Map<string, string>();
        const targets = body.targets.map((target) => wanted(target, made));
        refuseDoubles(targets);
        const author = authorOf(principal, facts);
        const put = await putAlertTargets(db, sealer, { targets, author });
        if (!put.ok) throw new Problem(REFUSALS[put.code].code, REFUSALS[put.code]);
        return { status: 200, body: { items: put.value.map((item) => viewOf(item, made)) } };
      },
    }),
  ];
}

const REFUSALS = {
  INCOMPLETE: { code: 'VALIDATION_FAILED', detail: 'A new target needs its url or address.' },
  NOT_FOUND: { code: 'NOT_FOUND', detail: 'There is no target with that id.' },
  CONFLICT: { code: 'CONFLICT', detail: 'The target with that id is of another kind.' },
} as const;

type TargetBody = z.output<typeof targetBody>;

function refuseTarget({ profile, hasMail }: TargetDeps, target: TargetBody, index: number): void {
  if (target.kind === 'EMAIL') {
    if (hasMail === true) return;
    const message = 'needs a mail server: SMTP_URL and SMTP_FROM are not set';
    throw refusal(`/targets/${index}/kind`, message);
  }
  if (target.url === undefined) return;
  const message = refusalOfUrl(target.url, { profile, protocols: ['https:'] });
  if (message !== undefined) throw refusal(`/targets/${index}/url`, message);
}

function refuseDoubles(targets: readonly WantedTarget[]): void {
  const ids = new Set(targets.map(({ id }) => id));
  if (ids.size < targets.length) throw refusal('/targets', 'names one id twice');
}

function refusal(pointer: string, message: string): Problem {
  return new Problem('VALIDATION_FAILED', { errors: [{ in: 'body', pointer, message }] });
}

/** A new webhook without a secret gets one, noted in `made`. */
function wanted(target: TargetBody, made: Map<string, string>): WantedTarget {
  const { id = randomUUID(), ...rest } = target;
  const isNew = target.id === undefined;
  if (rest.kind === 'EMAIL' || !isNew || rest.secret !== undefined) return { id, isNew, ...rest };
  const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
  made.set(id, secret);
  return { id, isNew, ...rest, secret };
}

function viewOf(
  { addressMasked, ...target }: Awaited<ReturnType<typeof listAlertTargets>>[number],
  made: ReadonlyMap<string, string> = new Map(),
): z.output<typeof targetView> {
  const secret = made.get(target.id);
  return {
    ...target,
    kinds: [...target.kinds],
    address: addressMasked,
    ...(secret !== undefined && { secret }),
  };
}
