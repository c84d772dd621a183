import { setTimeout as delay } from 'node:timers/promises';
import type { Purchase } from './market.ts';

/** One measurement. Open: requests leave at their time whatever the answers do. */
export type Cell =
  | {
      readonly name: string;
      readonly kind: 'open';
      readonly perSecond: number;
      readonly seconds: number;
    }
  | {
      readonly name: string;
      readonly kind: 'closed';
      readonly clients: number;
      readonly seconds: number;
    };

/** What the buyer was told. FAILED: time-out, broken connection, or an answer that is no answer. */
export interface Answer {
  readonly status: 'CONFIRMED' | 'PENDING' | 'REJECTED' | 'FAILED';
  readonly tradeId?: string | undefined;
  readonly detail?: string | undefined;
}

export interface Attempt<P = Purchase> {
  readonly purchase: P;
  readonly answer: Answer;
  /** From the intended send time to the end of the answer, or to the time-out. */
  readonly latencyMs: number;
}

export interface Load<P = Purchase> {
  readonly next: () => P;
  readonly buy: (purchase: P) => Promise<Answer>;
}

export interface LoadResult<P = Purchase> {
  readonly attempts: readonly Attempt<P>[];
  readonly elapsedMs: number;
}

const MS_PER_SECOND = 1_000;

/** Runs one cell to its last answer. */
export async function runCell<P>(cell: Cell, load: Load<P>): Promise<LoadResult<P>> {
  const startedAt = performance.now();
  const attempts =
    cell.kind === 'open'
      ? await openLoop(cell.perSecond, cell.seconds, load)
      : await closedLoop(cell.clients, cell.seconds, load);
  return { attempts, elapsedMs: performance.now() - startedAt };
}

async function openLoop<P>(
  perSecond: number,
  seconds: number,
  load: Load<P>,
): Promise<Attempt<P>[]> {
  const startedAt = performance.now();
  const sent: Promise<Attempt<P>>[] = [];
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const intendedAt = startedAt + (index * MS_PER_SECOND) / perSecond;
    const waitMs = intendedAt - performance.now();
    if (waitMs > 0) await delay(waitMs);
    // Late sending, by a stall of ours or of the machine, counts as latency of the purchase.
    sent.push(attempt(load, intendedAt));
  }
  return Promise.all(sent);
}

async function closedLoop<P>(
  clients: number,
  seconds: number,
  load: Load<P>,
): Promise<Attempt<P>[]> {
  const until = performance.now() + seconds * MS_PER_SECOND;
  const client = async (): Promise<Attempt<P>[]> => {
    const done: Attempt<P>[] = [];
    while (performance.now() < until) done.push(await attempt(load, performance.now()));
    return done;
  };
  return (await Promise.all(Array.from({ length: clients }, client))).flat();
}

async function attempt<P>(load: Load<P>, intendedAt: number): Promise<Attempt<P>> {
  const purchase = load.next();
  const answer = await load.buy(purchase);
  return { purchase, answer, latencyMs: performance.now() - intendedAt };
}
