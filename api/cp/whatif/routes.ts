import type { Kysely } from 'kysely';
import { pairsByNewestTrade, type Pair } from '../../../db/cp/relationship.ts';
import type { CpSchema } from '../../../db/cp/schema.ts';

import { readPulledExportPolicy } from '../../../domain/policy/pulled.ts';
import { whatIf, type WhatIf } from '../../../domain/purchase/whatif.ts';
import { parseRate } from '../../../domain/shared/fx.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { parseMinor, type Minor } from '../../../domain/shared/money.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import { ASKED_REFUSALS } from '../desk/support-desk.ts';
import type { Guards } from '../guards.ts';
import { fetchTrades, type Budget } from './fetch.ts';
import { whatIfBody, whatIfView, type WhatIfBody } from './schemas.ts';
import { whatIfViewOf, type PairOutcome } from './view.ts';

type WhatIfDeps = Pick<CpApiDeps, 'db' | 'supportDesk'>;

const MS_PER_SECOND = 1_000;
/** 25 pages of a party, over all pairs: more would hold this process noticeably. */
const MAX_TRADES = 5_000;
/** A person waits for it; what answers slower is asked for a shorter period. */
const MAX_FETCH_MS = 20_000;
/** Two calls a pair at least; more pairs than this are not answered within the time anyway. */
const MAX_PAIRS = 200;

/** Past purchases of one pair or of all, decided again with another rate, limit, policy, velocity. */
export function whatIfRoute({ db, supportDesk }: WhatIfDeps, guards: Guards): Route {
  return route({
    method: 'post',
    path: '/admin/api/whatif',
    summary: 'Which past purchases another rate, limit or policy would have decided otherwise',
    tag: 'Reports',
    group: 'admin',
    guard: guards.operator('risk'),
    body: whatIfBody,
    responses: { 200: whatIfView },
    refuses: ASKED_REFUSALS,
    handler: async ({ body, principal }) => {
      const asked = { body, person: principal.id, desk: supportDesk };
      const { pairs, more } = await pairsOf(db, body);
      const giveUpAt = performance.now() + MAX_FETCH_MS;
      const outcomes: PairOutcome[] = [];
      let trades = MAX_TRADES;
      for (const pair of pairs) {
        if (trades <= 0 || performance.now() >= giveUpAt) break;
        const { read, ...outcome } = await decideAgain(asked, pair, { trades, giveUpAt });
        outcomes.push(outcome);
        trades -= read;
      }
      const isLeftOut = more || outcomes.length < pairs.length;
      return { status: 200, body: whatIfViewOf(body, outcomes, isLeftOut) };
    },
  });
}

async function pairsOf(
  db: Kysely<CpSchema>,
  { src, dst }: WhatIfBody,
): Promise<{ readonly pairs: readonly Pair[]; readonly more: boolean }> {
  if (src !== undefined && dst !== undefined) return { pairs: [{ src, dst }], more: false };
  const pairs = await pairsByNewestTrade(db, { src, dst }, MAX_PAIRS + 1);
  return { pairs: pairs.slice(0, MAX_PAIRS), more: pairs.length > MAX_PAIRS };
}

interface Asked {
  readonly body: WhatIfBody;
  readonly person: string;
  readonly desk: CpApiDeps['supportDesk'];
}

async function decideAgain(
  { body, person, desk }: Asked,
  pair: Pair,
  budget: Budget,
): Promise<PairOutcome & { readonly read: number }> {
  const since = Date.parse(body.since);
  // What was held before counts in the first windows.
  const lead = (body.velocity?.windowSeconds ?? 0) * MS_PER_SECOND;
  const period = { ...pair, until: body.until, person, since: new Date(since - lead), budget };
  try {
    const { trades, from: known, ...fetched } = await fetchTrades(desk, period);
    const from = known === undefined ? undefined : Math.max(known + lead, since);
    return { ...pair, ...fetched, from, result: whatIf(trades, changeOf(body), from ?? since) };
  } catch (error) {
    // One that was asked for by name fails; among many it is told apart.
    const isOneOfMany = body.src === undefined || body.dst === undefined;
    if (!isOneOfMany || !(error instanceof Problem)) throw error;
    return { ...pair, currencies: {}, read: 0 };
  }
}

function changeOf({ fxRate, limitAmount, exportPolicy, velocity }: WhatIfBody): WhatIf {
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
