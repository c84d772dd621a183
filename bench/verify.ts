import { setTimeout as delay } from 'node:timers/promises';
import { sql, type Kysely } from 'kysely';
import type { WlTables } from '../db/wl/schema.ts';
import { publicStatus, TRADE_STATES, type TradeState } from '../domain/purchase/trade.ts';
import { IMPORTER } from '../stack/parties.ts';
import type { Attempt } from './load.ts';

export interface Verification {
  readonly checked: number;
  /** Purchases that ended otherwise than their buyer was told, or differently at both parties. */
  readonly wrong: readonly string[];
  /** Attempts whose buyer got no outcome but whose trade was confirmed: no loss, yet an error. */
  readonly confirmedLater: number;
}

export interface Books {
  readonly importer: Kysely<WlTables>;
  readonly exporter: Kysely<WlTables>;
}

const OPEN_STATES = TRADE_STATES.filter((state) => publicStatus(state) === 'PENDING');
/** A lost confirm is learned within seconds; a purchase that lost its workflow within two sweeps. */
const SETTLED_WITHIN_MS = 60_000;
const POLL_MS = 100;

/** Compares what buyers were told with both databases, once nothing is open any more. */
export async function verifyOutcomes(
  books: Books,
  attempts: readonly Attempt[],
): Promise<Verification> {
  const stillOpen = await untilSettled(books.importer);
  const trades = await readTrades(books.importer, attempts);
  const captured = await readCaptured(
    books.exporter,
    [...trades.values()].map(({ tradeId }) => tradeId),
  );
  const wrong = stillOpen === 0 ? [] : [`${stillOpen} trades are still open`];
  let confirmedLater = 0;
  for (const { purchase, answer } of attempts) {
    const trade = trades.get(purchase.key);
    const status = trade && publicStatus(trade.state);
    const fault = faultOf({ answer, trade, captured: captured.has(trade?.tradeId ?? '') });
    if (fault !== undefined) wrong.push(`${trade?.tradeId ?? purchase.key}: ${fault}`);
    if (answer.status !== 'CONFIRMED' && status === 'CONFIRMED') confirmedLater += 1;
  }
  return { checked: attempts.length, wrong, confirmedLater };
}

interface Trade {
  readonly tradeId: string;
  readonly state: TradeState;
}

interface Outcome {
  readonly answer: Attempt['answer'];
  readonly trade: Trade | undefined;
  readonly captured: boolean;
}

function faultOf({ answer, trade, captured }: Outcome): string | undefined {
  const status = trade && publicStatus(trade.state);
  if (captured !== (status === 'CONFIRMED')) {
    return `${status ?? 'no trade'} here, ${captured ? '' : 'not '}captured there`;
  }
  if (answer.tradeId !== undefined && answer.tradeId !== trade?.tradeId) {
    return `the answer named ${answer.tradeId}`;
  }
  const final = answer.status === 'CONFIRMED' || answer.status === 'REJECTED';
  return final && answer.status !== status ? `told ${answer.status}, is ${status}` : undefined;
}

async function untilSettled(importer: Kysely<WlTables>): Promise<number> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const { rows } = await sql<{ count: bigint }>`
      SELECT count(*) FROM trade WHERE state = ANY(${OPEN_STATES}::text[])`.execute(importer);
    const open = Number(rows[0]?.count ?? 0);
    if (open === 0 || Date.now() > deadline) return open;
    await delay(POLL_MS);
  }
}

async function readTrades(
  importer: Kysely<WlTables>,
  attempts: readonly Attempt[],
): Promise<Map<string, Trade>> {
  const keys = attempts.map(({ purchase }) => purchase.key);
  const { rows } = await sql<Trade & { key: string }>`
    SELECT key, trade_id::text AS "tradeId", state
      FROM idempotency_key JOIN trade ON trade_id = subject_id::uuid
     WHERE key = ANY(${keys}::text[])`.execute(importer);
  return new Map(rows.map(({ key, tradeId, state }) => [key, { tradeId, state }]));
}

async function readCaptured(
  exporter: Kysely<WlTables>,
  tradeIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ tradeId: string }>`
    SELECT trade_id AS "tradeId" FROM hold
     WHERE requester = ${IMPORTER.wlId}::uuid AND state = 'CAPTURED'
       AND trade_id = ANY(${tradeIds}::text[])`.execute(exporter);
  return new Set(rows.map(({ tradeId }) => tradeId));
}

/** Trades of the benchmark's accounts: not one more than keys that were sent. */
export async function countTrades(
  importer: Kysely<WlTables>,
  accountIds: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    SELECT count(*) FROM trade WHERE account_id = ANY(${accountIds}::text[])`.execute(importer);
  return Number(rows[0]?.count ?? 0);
}
