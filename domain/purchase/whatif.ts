import type { ExportPolicy } from '../policy/export-policy.ts';
import type { Relationship } from '../policy/relationship.ts';
import type { RefusalCode } from '../shared/codes.ts';
import { convertUnitPrice, type Rate } from '../shared/fx.ts';
import { invariant } from '../shared/invariant.ts';
import { minor, type Minor } from '../shared/money.ts';
import { preflightAmount, refusePreflight, type PreflightFacts } from './preflight.ts';
import { refuseRequest, requestCost, type RequestFacts } from './request.ts';

/** What would have been in force instead; what is absent stays as each decision recorded it. */
export interface WhatIf {
  /** Exporter currency to importer currency. */
  readonly fxRate?: Rate | undefined;
  /** Exporter's currency, minor units. */
  readonly limit?: Minor | undefined;
  /** Null: no export policy at all. */
  readonly exportPolicy?: ExportPolicy | null | undefined;
  /** Null: no velocity. */
  readonly velocity?: NonNullable<Relationship['velocity']> | null | undefined;
}

/** One purchase of a pair with what its parties recorded. Instants are epoch milliseconds. */
export interface PastTrade {
  /** The trade's id, or the hold's where no trade has bound it. */
  readonly id: string;
  readonly at: number;
  /** When its amount stopped counting in the exposure; absent while it does. */
  readonly releasedAt?: number | undefined;
  /** True where it was reversed: that leaves the exposure, and stays in a velocity's window. */
  readonly reversed: boolean;
  /** True where it is captured: only then was anything sold. */
  readonly confirmed: boolean;
  /** The importer's decision; absent where it was not recorded, or not asked for. */
  readonly request?: RequestFacts | undefined;
  /** The exporter's; absent where it was not recorded, or it was never asked. */
  readonly preflight?: PreflightFacts | undefined;
}

/** A purchase that would have been decided otherwise. */
export interface Flip {
  readonly id: string;
  readonly at: number;
  /** Absent: it passed. */
  readonly before?: RefusalCode | undefined;
  readonly after?: RefusalCode | undefined;
  /** Exporter's currency, minor units. */
  readonly amount: Minor;
  readonly confirmed: boolean;
}

export interface WhatIfResult {
  /** Decided once more by the same functions. */
  readonly rerun: number;
  /** Without a recorded decision, so they count as they were. */
  readonly unrecorded: number;
  /** Refused by the importer then and not now: what the exporter would have said is not known. */
  readonly undecided: number;
  readonly flips: readonly Flip[];
  /** Exporter's currency, minor units: of refused ones that would have passed. */
  readonly gained: Minor;
  /** Of confirmed ones that would have been refused. */
  readonly avoided: Minor;
  /** Importer's currency, minor units: what buyers paid for confirmed ones, then and now. */
  readonly paid: { readonly before: Minor; readonly after: Minor };
}

interface Drift {
  readonly at: number;
  readonly amount: bigint;
  /** From then on its amount would not have counted in either world. */
  readonly until: number;
  /** The same for a velocity's window. */
  readonly windowUntil: number;
}

const MS_PER_SECOND = 1_000;

/**
 * Decides past purchases of one pair again, in the order in which they were decided, with another
 * rate, limit, policy or velocity. What flips moves the exposure and the window of all that follow:
 * one that is refused now frees its amount until it was released, one that passes now counts on.
 * Stock, hold caps and purses stay as they were recorded. Those before `since` (epoch milliseconds)
 * count in windows and are not decided again. With no change nothing flips.
 */
export function whatIf(trades: readonly PastTrade[], change: WhatIf, since: number): WhatIfResult {
  const ordered = trades.toSorted((one, other) => one.at - other.at);
  const drifts: Drift[] = [];
  const flips: Flip[] = [];
  const counts = { rerun: 0, unrecorded: 0, undecided: 0, gained: 0n, avoided: 0n };
  const paid = { before: 0n, after: 0n };
  for (const trade of ordered) {
    if (trade.at < since) continue;
    const judged = judge(trade, { change, drifts, ordered });
    if (judged === undefined) {
      counts.unrecorded += 1;
      continue;
    }
    counts.rerun += 1;
    counts.undecided += Number(judged.undecided);
    addPaid(paid, trade, change, judged.after === undefined);
    if ((judged.before === undefined) === (judged.after === undefined)) continue;
    const flip = flipOf(trade, judged);
    flips.push(flip);
    const gains = flip.after === undefined;
    if (gains) counts.gained += flip.amount;
    else if (trade.confirmed) counts.avoided += flip.amount;
    drifts.push(driftOf(trade, gains ? flip.amount : -flip.amount));
  }
  const { gained, avoided, ...rest } = counts;
  return {
    ...{ ...rest, flips, gained: minor(gained), avoided: minor(avoided) },
    paid: { before: minor(paid.before), after: minor(paid.after) },
  };
}

interface Judged {
  readonly before: RefusalCode | undefined;
  readonly after: RefusalCode | undefined;
  readonly undecided: boolean;
}

interface World {
  readonly change: WhatIf;
  readonly drifts: readonly Drift[];
  readonly ordered: readonly PastTrade[];
}

/** Both decisions, then and now; undefined where nothing was recorded to decide by. */
function judge(trade: PastTrade, world: World): Judged | undefined {
  const { request, preflight } = trade;
  const asked = request && {
    before: refuseRequest(request),
    after: refuseRequest(requestWith(request, world.change)),
  };
  if (asked?.before !== undefined) {
    // Still refused, or the exporter would have been asked, and nobody knows what it had said.
    const undecided = asked.after === undefined;
    return { before: asked.before, after: undecided ? asked.before : asked.after, undecided };
  }
  if (preflight === undefined) return undefined;
  const before = refusePreflight(preflight);
  if (asked?.after !== undefined) return { before, after: asked.after, undecided: false };
  const after = refusePreflight(preflightWith(trade, preflight, world));
  return { before, after, undecided: false };
}

/** A buyer who bought at the price that was shown would have been shown the other one. */
function requestWith(facts: RequestFacts, { fxRate }: WhatIf): RequestFacts {
  if (fxRate === undefined) return facts;
  const { offer, expectedUnitPrice: expected } = facts;
  const unitPrice = convertUnitPrice(offer.originUnitPrice, fxRate);
  return {
    ...facts,
    offer: { ...offer, fxRate, unitPrice },
    expectedUnitPrice: expected === offer.unitPrice ? unitPrice : expected,
  };
}

function preflightWith(
  trade: PastTrade,
  facts: PreflightFacts,
  { change, drifts, ordered }: World,
): PreflightFacts {
  const { relationship } = facts;
  if (relationship === undefined) return facts;
  const { limit, velocity, exportPolicy } = change;
  const inForce: Relationship = {
    ...relationship,
    ...(limit !== undefined && { limit }),
    ...(velocity !== undefined && { velocity: velocity ?? undefined }),
    ...(exportPolicy !== undefined && { exportPolicy: exportPolicy ?? undefined }),
  };
  const windowMs = (inForce.velocity?.windowSeconds ?? 0) * MS_PER_SECOND;
  const recorded = velocity === undefined ? facts.windowAmount : windowOf(trade, ordered, windowMs);
  return {
    ...facts,
    relationship: inForce,
    exposure: minor(facts.exposure + sum(drifts, (drift) => drift.until > trade.at)),
    windowAmount: minor(
      recorded +
        sum(drifts, ({ at, windowUntil }) => at > trade.at - windowMs && windowUntil > trade.at),
    ),
  };
}

/** What was held in the window before a trade, by the trades that are known. */
function windowOf(trade: PastTrade, ordered: readonly PastTrade[], windowMs: number): Minor {
  let total = 0n;
  for (const other of ordered) {
    if (other.at >= trade.at) break;
    if (other.at <= trade.at - windowMs || windowEnd(other) <= trade.at) continue;
    const { preflight } = other;
    if (preflight === undefined || refusePreflight(preflight) !== undefined) continue;
    total += preflightAmount(preflight) ?? 0n;
  }
  return minor(total);
}

function sum(drifts: readonly Drift[], counts: (drift: Drift) => boolean): bigint {
  return drifts.reduce((total, drift) => (counts(drift) ? total + drift.amount : total), 0n);
}

function driftOf(trade: PastTrade, amount: bigint): Drift {
  const refusedThen = amount > 0n;
  return {
    ...{ at: trade.at, amount },
    // One that was never held was never released either: it would have been confirmed and stayed.
    until: refusedThen ? Infinity : (trade.releasedAt ?? Infinity),
    windowUntil: refusedThen ? Infinity : windowEnd(trade),
  };
}

function windowEnd({ reversed, releasedAt }: PastTrade): number {
  return reversed ? Infinity : (releasedAt ?? Infinity);
}

function flipOf(trade: PastTrade, { before, after }: Judged): Flip {
  const amount = trade.preflight && preflightAmount(trade.preflight);
  invariant(amount !== undefined, 'what flips was decided about an offer');
  return { id: trade.id, at: trade.at, before, after, amount, confirmed: trade.confirmed };
}

function addPaid(
  paid: { before: bigint; after: bigint },
  { request, confirmed }: PastTrade,
  change: WhatIf,
  passes: boolean,
): void {
  if (request === undefined) return;
  if (confirmed) paid.before += requestCost(request).amount;
  if (confirmed && passes) paid.after += requestCost(requestWith(request, change)).amount;
}
