import { randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import type { WlTables } from '../../../db/wl/schema.ts';
import { isAnswerable, type TradeBoard } from '../../../db/wl/trades/board.ts';
import {
  requestPurchase,
  type EarlierPurchase,
  type RequestOutcome,
  type Rerun,
} from '../../../db/wl/trades/request.ts';
import type { TradeRow } from '../../../db/wl/trades/row.ts';
import { isKeptByKey, rejectUnstarted } from '../../../db/wl/trades/unstarted.ts';
import type { Admission } from '../../../runtime/admission.ts';
import type { Logger } from '../../../runtime/log.ts';
import { Problem } from '../../http/problem.ts';

export interface BuyDeps {
  readonly db: Kysely<WlTables>;
  readonly board: TradeBoard;
  readonly wlId: string;
  /** Starts the purchase's workflow, eagerly where it can; an already started one is fine. */
  readonly startPurchase: (trade: TradeRow) => Promise<void>;
  readonly buyDeadlineMs: number;
  /** The line before the first row of a purchase: nothing is lost with who waits in it. */
  readonly admission: Admission;
  readonly coolDownSeconds: number;
  /** Told of each first answer with the seconds since the request arrived. */
  readonly onAnswer?: (trade: TradeRow, seconds: number) => void;
  /** Told of each request that was refused in the line. */
  readonly onTurnedAway?: () => void;
}

export interface BuyRequest {
  readonly route: string;
  readonly accountId: string;
  readonly offerId: string;
  readonly quantity: number;
  readonly key?: { readonly value: string; readonly fingerprint: string } | undefined;
  readonly expectedUnitPriceMinor?: bigint | undefined;
  readonly givenHoldId?: string | undefined;
  /** Support's new try of a rejected purchase. */
  readonly rerun?: Rerun | undefined;
  /** `performance.now()` when the request arrived: the deadline counts from there. */
  readonly arrivedAt: number;
  readonly correlationId: string;
  readonly log: Logger;
}

export interface BuyOutcome {
  readonly trade: TradeRow;
  readonly replayed: boolean;
  readonly earlier?: EarlierPurchase | undefined;
}

/**
 * The engine gets this share of the buyer's time to take a start. A late one is harmless: the row
 * decides. The SDK's own deadline took 5.4 s on a refused connection (TEMPORAL.md).
 */
const START_SHARE = 0.6;
/**
 * Of the buyer's time in the line. Then it is refused with nothing written: begun with less time
 * left, it would be answered PENDING, and above capacity so would all the others.
 */
const LINE_SHARE = 0.5;
const RETRY_AFTER_SECONDS = '2';

/** One purchase from request to answer: committed, started, and waited for until the deadline. */
export async function buy(deps: BuyDeps, request: BuyRequest): Promise<BuyOutcome> {
  const outcome = await decide(deps, request);
  if (!outcome.replayed) {
    deps.onAnswer?.(outcome.trade, (performance.now() - request.arrivedAt) / MS_PER_SECOND);
  }
  return outcome;
}

const MS_PER_SECOND = 1_000;

async function decide(deps: BuyDeps, request: BuyRequest): Promise<BuyOutcome> {
  const leave = await deps.admission.enter(leftMs(deps, request) * LINE_SHARE);
  if (leave === undefined) {
    deps.onTurnedAway?.();
    throw unavailable(new Error('no room for another purchase in time'));
  }
  try {
    return await decideInTurn(deps, request, leave);
  } finally {
    leave();
  }
}

async function decideInTurn(
  deps: BuyDeps,
  request: BuyRequest,
  leave: () => void,
): Promise<BuyOutcome> {
  const tradeId = randomUUIDv7();
  const outcome = await commitRequest(deps, request, tradeId);
  switch (outcome.kind) {
    case 'UNKNOWN':
      throw new Problem('OFFER_NOT_FOUND');
    case 'MISMATCH':
      throw new Problem('IDEMPOTENCY_MISMATCH');
    case 'REFUSED':
      return { trade: outcome.trade, replayed: false, earlier: outcome.earlier };
    case 'REPEATED':
      // Its work is done by the first one: a twin only waits.
      leave();
      return { trade: await joined(deps, request, outcome.trade), replayed: true };
    case 'REQUESTED':
      return { trade: await startAndWait(deps, request, outcome.trade), replayed: false };
  }
}

async function commitRequest(
  deps: BuyDeps,
  request: BuyRequest,
  tradeId: string,
): Promise<RequestOutcome> {
  const { log, arrivedAt: _, ...terms } = request;
  try {
    const { wlId, coolDownSeconds } = deps;
    return await requestPurchase(deps.db, { ...terms, wlId, tradeId, coolDownSeconds });
  } catch (error) {
    // The commit itself may be unknown: whatever it left is taken back, or refused the same way.
    log.error({ err: error, tradeId }, 'the purchase could not be requested');
    await takeBack(deps, request, tradeId);
    throw unavailable(error);
  }
}

async function startAndWait(
  deps: BuyDeps,
  request: BuyRequest,
  trade: TradeRow,
): Promise<TradeRow> {
  const late = Promise.withResolvers<'LATE'>();
  const timer = setTimeout(() => late.resolve('LATE'), leftMs(deps, request) * START_SHARE);
  // One wait from before the start: an eager workflow may be done before the engine has answered.
  const moved = deps.board.waitFor(trade.trade_id, leftMs(deps, request));
  try {
    const start = deps.startPurchase(trade).then(() => 'STARTED' as const);
    const first = await Promise.race([start, moved.then(() => 'MOVED' as const), late.promise]);
    if (first === 'LATE') throw new Error('the engine did not answer in time');
    return (await moved) ?? trade;
  } catch (error) {
    request.log.error({ err: error, tradeId: trade.trade_id }, 'the workflow was not started');
    const taken = await takeBack(deps, request, trade.trade_id);
    if (taken?.taken === true) throw unavailable(error);
    return taken === undefined ? trade : settled(deps, request, taken.trade);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A twin joins the same wait; nobody starts anything twice, and the sweep starts what is lost. Where
 * the first one takes the trade back, the twin gets its answer, 503, and not the trade.
 */
async function joined(deps: BuyDeps, request: BuyRequest, first: TradeRow): Promise<TradeRow> {
  const trade = await settled(deps, request, first);
  const isOpen = trade.state === 'REQUESTED' || trade.reason === 'ENGINE_UNAVAILABLE';
  if (!isOpen || (await isKeptByKey(deps.db, trade.trade_id))) return trade;
  throw unavailable(new Error('the purchase is not known to be started'));
}

/** Undefined where even that could not be said: the answer is PENDING, and the sweep decides. */
async function takeBack(
  deps: BuyDeps,
  { log }: BuyRequest,
  tradeId: string,
): Promise<{ taken: boolean; trade: TradeRow } | undefined> {
  try {
    return await rejectUnstarted(deps.db, tradeId);
  } catch (error) {
    log.error({ err: error, tradeId }, 'the purchase could not be taken back');
    return undefined;
  }
}

async function settled(deps: BuyDeps, request: BuyRequest, trade: TradeRow): Promise<TradeRow> {
  if (isAnswerable(trade.state)) return trade;
  const row = await deps.board.waitFor(trade.trade_id, leftMs(deps, request));
  return row ?? trade;
}

function leftMs({ buyDeadlineMs }: BuyDeps, { arrivedAt }: BuyRequest): number {
  return Math.max(0, buyDeadlineMs - (performance.now() - arrivedAt));
}

function unavailable(cause: unknown): Problem {
  const code: RefusalCode = 'ENGINE_UNAVAILABLE';
  return new Problem(code, { headers: { 'Retry-After': RETRY_AFTER_SECONDS }, cause });
}
