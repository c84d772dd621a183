import { z } from 'zod';
import { readPulledExportPolicy } from '../../../domain/policy/pulled.ts';
import { whatIf, type WhatIf, type WhatIfResult } from '../../../domain/purchase/whatif.ts';
import { REFUSAL_CODES } from '../../../domain/shared/codes.ts';
import { parseRate } from '../../../domain/shared/fx.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { formatMinor, parseMinor, type Minor } from '../../../domain/shared/money.ts';
import { moneyOutput } from '../../http/money-input.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import { ASKED_REFUSALS } from '../desk/support-desk.ts';
import type { Guards } from '../guards.ts';
import { exportPolicyBody, velocityBody } from '../relationships/schemas.ts';
import { amount, instant, rate, timestamp, wlId } from '../schemas.ts';
import { fetchTrades, type Fetched } from './fetch.ts';

type WhatIfDeps = Pick<CpApiDeps, 'supportDesk'>;

const MS_PER_SECOND = 1_000;
/** A page that a person reads; the totals count them all. */
const FLIPS_SHOWN = 200;

const whatIfBody = z.strictObject({
  src: wlId,
  dst: wlId,
  since: instant,
  until: instant.optional(),
  fxRate: rate.optional(),
  limitAmount: amount.optional(),
  exportPolicy: exportPolicyBody.nullable().optional().meta({
    description: 'In place of the one that was in force; null: none at all.',
  }),
  velocity: velocityBody.nullable().optional().meta({ description: 'Null: none at all.' }),
});

const money = z.object({ amount: moneyOutput, currency: z.string().nullable() });
const code = z.enum(REFUSAL_CODES).nullable().meta({ description: 'Null: it passed.' });

export const whatIfView = z.object({
  src: z.string(),
  dst: z.string(),
  since: timestamp,
  until: timestamp.nullable(),
  truncated: z.boolean().meta({ description: 'Some were left out: ask for a shorter period.' }),
  rerun: z.int().meta({ description: 'Decided once more.' }),
  unrecorded: z.int().meta({ description: 'Without a recorded decision.' }),
  undecided: z.int().meta({
    description: 'The importer would let them pass; the exporter was never asked.',
  }),
  flipped: z.int(),
  flips: z.array(
    z.object({
      tradeId: z.string(),
      at: timestamp,
      before: code,
      after: code,
      amount: moneyOutput,
      confirmed: z.boolean(),
    }),
  ),
  gained: money.meta({ description: 'Refused ones that would have passed; exporter’s currency.' }),
  avoided: money.meta({ description: 'Confirmed ones that would have been refused.' }),
  paid: z
    .object({ before: moneyOutput, after: moneyOutput, currency: z.string().nullable() })
    .meta({ description: 'What buyers paid for confirmed ones, importer’s currency.' }),
});

type Body = z.output<typeof whatIfBody>;

/** Past purchases of a pair, decided again with another rate, limit, policy or velocity. */
export function whatIfRoute({ supportDesk }: WhatIfDeps, guards: Guards): Route {
  return route({
    method: 'post',
    path: '/admin/api/whatif',
    summary:
      'Which past purchases of a pair another rate, limit or policy would have decided otherwise',
    tag: 'Reports',
    group: 'admin',
    guard: guards.operator('risk'),
    body: whatIfBody,
    responses: { 200: whatIfView },
    refuses: ASKED_REFUSALS,
    handler: async ({ body, principal }) => {
      const { src, dst, until } = body;
      const since = Date.parse(body.since);
      // What was held before counts in the first windows.
      const lead = (body.velocity?.windowSeconds ?? 0) * MS_PER_SECOND;
      const fetched = await fetchTrades(supportDesk, {
        ...{ src, dst, until, person: principal.id, since: new Date(since - lead) },
      });
      const result = whatIf(fetched.trades, changeOf(body), since);
      return { status: 200, body: viewOf(body, fetched, result) };
    },
  });
}

function changeOf({ fxRate, limitAmount, exportPolicy, velocity }: Body): WhatIf {
  const read = fxRate === undefined ? undefined : parseRate(fxRate);
  invariant(read?.ok !== false, 'the body’s rate was read once');
  return {
    fxRate: read?.value,
    limit: limitAmount === undefined ? undefined : minorOf(limitAmount),
    exportPolicy: exportPolicy === null ? null : readPulledExportPolicy(exportPolicy),
    velocity: velocity && { ...velocity, max: minorOf(velocity.maxAmount) },
  };
}

function minorOf(text: string): Minor {
  const read = parseMinor(text);
  invariant(read.ok, 'the body’s amounts were read once');
  return read.value;
}

function viewOf(
  { src, dst, since, until }: Body,
  { truncated, currencies }: Fetched,
  result: WhatIfResult,
): z.input<typeof whatIfView> {
  const { rerun, unrecorded, undecided, flips, gained, avoided, paid } = result;
  const currency = currencies.exporter ?? null;
  return {
    ...{ src, dst, since, until: until ?? null, truncated, rerun, unrecorded, undecided },
    flipped: flips.length,
    flips: flips.slice(0, FLIPS_SHOWN).map((flip) => ({
      tradeId: flip.id,
      at: new Date(flip.at).toISOString(),
      before: flip.before ?? null,
      after: flip.after ?? null,
      amount: formatMinor(flip.amount),
      confirmed: flip.confirmed,
    })),
    gained: { amount: formatMinor(gained), currency },
    avoided: { amount: formatMinor(avoided), currency },
    paid: {
      before: formatMinor(paid.before),
      after: formatMinor(paid.after),
      currency: currencies.importer ?? null,
    },
  };
}
