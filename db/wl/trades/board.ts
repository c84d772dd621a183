import { setTimeout as delay } from 'node:timers/promises';
import { sql, type Kysely } from 'kysely';
import pg from 'pg';
import { publicStatus, type TradeState } from '../../../domain/purchase/trade.ts';
import type { WlTables } from '../schema.ts';
import { readTrade, type TradeRow } from './row.ts';

const CHANNEL = 'trade_moved';
/** Announcements of one burst share a statement; a waiter elsewhere loses this much at most. */
const FLUSH_AFTER_MS = 5;
const RECONNECT_MS = 500;
/** A session that can't be had, or that listens to nothing, is no session: it is tried again. */
const ANSWER_MS = 5_000;

export interface TradeBoard {
  /** Tells this process at once, and the others by a notification after the commit. */
  announce(row: TradeRow): void;
  /** The row as soon as a buyer can be told something, or as it stands at the deadline. */
  waitFor(tradeId: string, timeoutMs: number): Promise<TradeRow | undefined>;
  close(): Promise<void>;
}

export interface TradeBoardOptions {
  readonly db: Kysely<WlTables>;
  readonly url: string;
  readonly onError: (error: Error) => void;
  /** Real time where nothing is said; a run of faults has a clock of its own. */
  readonly timer?: Timer | undefined;
}

/** Calls `run` after so many milliseconds; what is answered calls it off. */
export type Timer = (ms: number, run: () => void) => () => void;

const REAL_TIME: Timer = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** True where waiting longer tells the buyer nothing: the outcome, or that a person decides. */
export function isAnswerable(state: TradeState): boolean {
  const waitsForPerson = state === 'AWAITING_APPROVAL' || state === 'NEEDS_ATTENTION';
  return waitsForPerson || publicStatus(state) !== 'PENDING';
}

/**
 * Where buyers wait for their trade row. The notification is a statement of its own after the
 * commit: inside the transaction it serialises all commits (RULES.md 4). One that gets lost costs
 * time only, because the row is read once more at the deadline.
 */
export async function createTradeBoard(options: TradeBoardOptions): Promise<TradeBoard> {
  const { db, url, onError, timer: after = REAL_TIME } = options;
  const waiters = new Map<string, Set<(row: TradeRow) => void>>();
  const deliver = (row: TradeRow): void => {
    for (const resolve of waiters.get(row.trade_id) ?? []) resolve(row);
  };
  const listener = await listen(url, onError, async (tradeId) => {
    if (!waiters.has(tradeId)) return;
    const row = await readTrade(db, tradeId);
    if (row !== undefined && isAnswerable(row.state)) deliver(row);
  });
  let pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = async (): Promise<void> => {
    const ids = [...pending];
    pending = new Set();
    timer = undefined;
    try {
      await sql`SELECT pg_notify(${CHANNEL}, id) FROM unnest(${ids}::text[]) AS id`.execute(db);
    } catch (error) {
      // Nothing is lost by it: whoever waits elsewhere reads the row at its deadline.
      onError(error as Error);
    }
  };
  return {
    announce(row) {
      if (!isAnswerable(row.state)) return;
      deliver(row);
      pending.add(row.trade_id);
      timer ??= setTimeout(() => void flush(), FLUSH_AFTER_MS);
    },
    async waitFor(tradeId, timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<TradeRow | undefined>();
      const set = waiters.get(tradeId) ?? new Set();
      waiters.set(tradeId, set.add(resolve));
      const callOff = after(timeoutMs, () => resolve(undefined));
      try {
        return (await promise) ?? (await readTrade(db, tradeId));
      } finally {
        callOff();
        set.delete(resolve);
        if (set.size === 0) waiters.delete(tradeId);
      }
    },
    async close() {
      clearTimeout(timer);
      if (pending.size > 0) await flush();
      await listener.close();
    },
  };
}

/** A session of its own that listens, and connects again when it is cut off. */
async function listen(
  url: string,
  onError: (error: Error) => void,
  onTrade: (tradeId: string) => Promise<void>,
): Promise<{ close(): Promise<void> }> {
  let closed = false;
  let client: pg.Client | undefined;
  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      ...{ connectionString: url, keepAlive: true },
      ...{ connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS },
    });
    next.on('error', onError);
    next.on('notification', ({ payload }) => void onTrade(payload ?? '').catch(onError));
    try {
      await next.connect();
      await next.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      await next.end().catch(onError);
      throw error;
    }
    client = next;
    // Only a session that stood is replaced here: one that never came up is tried again below.
    next.once('end', () => {
      if (!closed) void keepTrying();
    });
  };
  const keepTrying = async (): Promise<void> => {
    while (!closed) {
      await delay(RECONNECT_MS);
      try {
        return await connect();
      } catch (error) {
        onError(error as Error);
      }
    }
  };
  await connect();
  return {
    async close() {
      closed = true;
      await client?.end();
    },
  };
}
