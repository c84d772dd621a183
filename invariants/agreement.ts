import { sql } from 'kysely';
import type { HoldState } from '../domain/purchase/hold.ts';
import type { TradeState } from '../domain/purchase/trade.ts';
import type { CheckRun, Found, Invariant, Party, Violation } from './invariant.ts';
import { together } from './invariant.ts';
import { listOverridden } from './overridden.ts';
import { pairsOf, type Pair } from './pairs.ts';

/** Both books name the same trades, with the same outcome and terms, once nothing is under way. */
export const agreement: Invariant = {
  number: 4,
  title: 'quiet: captured there is confirmed here, reversed is reversed',
  async check(run: CheckRun): Promise<Found> {
    if (!run.quiet) return { scanned: 0, violations: [], overridden: 0, applies: false };
    const found: Found[] = [];
    for (const pair of pairsOf(run.parties)) found.push(await compare(pair));
    return together(found);
  },
};

/** Keeps memory flat over millions of trades and a page well under a second. */
const PAGE_SIZE = 5_000;

interface Terms {
  readonly tradeId: string;
  readonly quantity: number;
  readonly unitPriceMinor: bigint;
  readonly currency: string;
}
type Captured = Terms & { readonly state: HoldState };
type Confirmed = Terms & { readonly state: TradeState };

async function compare({ importer, exporter }: Pair): Promise<Found> {
  const apart = new Set(await listOverridden(importer.db, exporter.wlId));
  const violations: Violation[] = [];
  let scanned = 0;
  const captured = pages((after) => readCaptured(exporter, importer.wlId, after));
  const confirmed = pages((after) => readConfirmed(importer, exporter.wlId, after));
  for await (const [there, here] of merged(captured, confirmed)) {
    scanned += 1;
    const tradeId = there?.tradeId ?? here?.tradeId ?? '';
    if (apart.has(tradeId) || agrees(there, here)) continue;
    const detail = `${exporter.slug} has ${shown(there)}, ${importer.slug} has ${shown(here)}`;
    violations.push({ subject: `trade ${tradeId}`, detail });
  }
  return { scanned, violations, overridden: apart.size, applies: true };
}

/** REVERSING is between the two outcomes: the exporter may have reversed already. */
function agrees(there: Captured | undefined, here: Confirmed | undefined): boolean {
  if (there === undefined || here === undefined) return false;
  const sameTerms =
    there.quantity === here.quantity &&
    there.unitPriceMinor === here.unitPriceMinor &&
    there.currency === here.currency;
  const outcome = there.state === 'CAPTURED' ? 'CONFIRMED' : 'REVERSED';
  return sameTerms && (here.state === outcome || here.state === 'REVERSING');
}

function shown(row: (Terms & { readonly state: string }) | undefined): string {
  if (row === undefined) return 'nothing';
  return `${row.state} ${row.quantity} × ${row.unitPriceMinor} ${row.currency}`;
}

async function readCaptured(
  { db }: Party,
  requester: string,
  after: string | undefined,
): Promise<Captured[]> {
  // Byte order on both sides: it is the order of the other side's uuid column too.
  const { rows } = await sql<Captured>`
    SELECT trade_id AS "tradeId", state, quantity, unit_price_minor AS "unitPriceMinor", currency
      FROM hold
     WHERE requester = ${requester}::uuid AND state IN ('CAPTURED', 'REVERSED')
       AND trade_id COLLATE "C" > ${after ?? ''}::text
     ORDER BY trade_id COLLATE "C" LIMIT ${PAGE_SIZE}::integer`.execute(db);
  return rows;
}

async function readConfirmed(
  { db }: Party,
  exporter: string,
  after: string | undefined,
): Promise<Confirmed[]> {
  const { rows } = await sql<Confirmed>`
    SELECT trade_id::text AS "tradeId", state, quantity,
           origin_unit_price_minor AS "unitPriceMinor", origin_currency AS currency
      FROM trade
     WHERE exporter = ${exporter}::uuid AND state IN ('CONFIRMED', 'REVERSING', 'REVERSED')
       AND (${after ?? null}::uuid IS NULL OR trade_id > ${after ?? null}::uuid)
     ORDER BY trade_id LIMIT ${PAGE_SIZE}::integer`.execute(db);
  return rows;
}

async function* pages<T extends Terms>(
  read: (after: string | undefined) => Promise<T[]>,
): AsyncGenerator<T> {
  let page = await read(undefined);
  while (page.length > 0) {
    yield* page;
    page = await read(page.at(-1)?.tradeId);
  }
}

/** Walks two streams in the order of their trade ids, side by side. */
async function* merged<L extends Terms, R extends Terms>(
  left: AsyncGenerator<L>,
  right: AsyncGenerator<R>,
): AsyncGenerator<[L | undefined, R | undefined]> {
  const next = async <T>(rows: AsyncGenerator<T>): Promise<T | undefined> => {
    const { done, value } = await rows.next();
    return done === true ? undefined : value;
  };
  let one = await next(left);
  let other = await next(right);
  while (one !== undefined || other !== undefined) {
    const isLeft = one !== undefined && (other === undefined || one.tradeId <= other.tradeId);
    const isRight = other !== undefined && (one === undefined || other.tradeId <= one.tradeId);
    yield [isLeft ? one : undefined, isRight ? other : undefined];
    if (isLeft) one = await next(left);
    if (isRight) other = await next(right);
  }
}
