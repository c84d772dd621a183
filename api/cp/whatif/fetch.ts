import type { z } from 'zod';
import { readPreflight, readRequest } from '../../../domain/purchase/record.ts';
import type { PastTrade } from '../../../domain/purchase/whatif.ts';
import { exporterTrade, importerTrade } from '../../decisions/schemas.ts';
import { MAX_LIMIT, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { askWl, type SupportDesk } from '../desk/support-desk.ts';

export interface PairPeriod {
  readonly src: string;
  readonly dst: string;
  readonly since: Date;
  readonly until?: string | undefined;
  /** Id of the person who asks. */
  readonly person: string;
  /** What is left of the bounds of one question. */
  readonly budget: Budget;
}

export interface Budget {
  /** Of each party, so that what is decided again holds this process for well under a second. */
  readonly trades: number;
  /** By `performance.now()`. */
  readonly giveUpAt: number;
}

export interface Fetched {
  /** In the order in which they were decided. */
  readonly trades: readonly PastTrade[];
  /** Epoch milliseconds; where a bound was met, all are known from here on and older ones left out. */
  readonly from?: number | undefined;
  /** By how much the bound on trades is used up. */
  readonly read: number;
  /** As the decisions name them; absent where none was recorded. */
  readonly currencies: {
    readonly exporter?: string | undefined;
    readonly importer?: string | undefined;
  };
}

const exporterPage = pageOf(exporterTrade);
const importerPage = pageOf(importerTrade);

/**
 * What both parties recorded, asked page by page, the newest first: where a bound is met, the last
 * purchases are what people ask about.
 */
export async function fetchTrades(desk: SupportDesk, period: PairPeriod): Promise<Fetched> {
  const bounded = { desk, period };
  const [sold, bought] = await Promise.all([
    readAll(bounded, {
      ...{ wlId: period.src, partner: period.dst, shape: exporterPage },
      path: '/api/v2/trader/purchase-decisions',
    }),
    readAll(bounded, {
      ...{ wlId: period.dst, partner: period.src, shape: importerPage },
      path: '/api/v2/purchase-decisions',
    }),
  ]);
  const requests = new Map(bought.items.map((item) => [item.tradeId, item]));
  const held = sold.items.map((item) => pastTrade(item, requests.get(item.tradeId ?? '')));
  const asked = new Set(sold.items.map(({ tradeId }) => tradeId));
  const refused = bought.items.filter(({ tradeId }) => !asked.has(tradeId)).map(refusedTrade);
  return {
    // Of two in one millisecond the exporter's order tells which was decided first.
    trades: [...held, ...refused].toReversed(),
    from: knownFrom(sold, bought),
    read: Math.max(sold.items.length, bought.items.length),
    currencies: {
      exporter: sold.items.find(({ preflight }) => preflight)?.preflight?.currency,
      importer: bought.items.find(({ request }) => request)?.request?.offer.currency,
    },
  };
}

/** Undefined where both told everything. */
function knownFrom(
  sold: Listed<z.output<typeof exporterTrade>>,
  bought: Listed<z.output<typeof importerTrade>>,
): number | undefined {
  const known = new Set(bought.items.map(({ tradeId }) => tradeId));
  // A hold is younger than its request, which may lie just behind the last one that was read.
  const whole = sold.items.findLast(({ tradeId }) => known.has(tradeId ?? ''));
  const oldest = [
    ...(sold.truncated ? [sold.items.at(-1)] : []),
    ...(bought.truncated ? [bought.items.at(-1), whole] : []),
  ].flatMap((item) => (item === undefined ? [] : [Date.parse(item.at)]));
  return oldest.length === 0 ? undefined : Math.max(...oldest);
}

function pastTrade(
  item: z.output<typeof exporterTrade>,
  bought: z.output<typeof importerTrade> | undefined,
): PastTrade {
  return {
    id: item.tradeId ?? item.holdId,
    at: Date.parse(item.at),
    releasedAt: item.releasedAt === undefined ? undefined : Date.parse(item.releasedAt),
    reversed: item.state === 'REVERSED',
    confirmed: item.state === 'CAPTURED',
    preflight: item.preflight && readPreflight(item.preflight),
    request: bought?.request && readRequest(bought.request),
  };
}

/** The exporter was never asked, or its row lies outside of the period. */
function refusedTrade(item: z.output<typeof importerTrade>): PastTrade {
  return {
    ...{ id: item.tradeId, at: Date.parse(item.at), reversed: false, confirmed: false },
    request: item.request && readRequest(item.request),
  };
}

interface Bounded {
  readonly desk: SupportDesk;
  readonly period: PairPeriod;
}

interface Listing<S extends z.ZodType> {
  readonly wlId: string;
  readonly partner: string;
  readonly path: string;
  readonly shape: S;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | undefined;
}

interface Listed<Item> {
  /** The newest first. */
  readonly items: readonly Item[];
  readonly truncated: boolean;
}

async function readAll<Item>(
  { desk, period }: Bounded,
  { wlId, partner, path, shape }: Listing<z.ZodType<Page<Item>>>,
): Promise<Listed<Item>> {
  const { trades, giveUpAt } = period.budget;
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({
      ...{ partner, since: period.since.toISOString(), limit: String(MAX_LIMIT) },
      ...(period.until !== undefined && { until: period.until }),
      ...(cursor !== undefined && { cursor }),
    });
    const call = { wlId, person: period.person, method: 'GET' as const };
    const { body } = await askWl(desk, { ...call, path: `${path}?${query.toString()}` });
    const page = shape.safeParse(body);
    if (!page.success) {
      const detail = `The white label ${wlId} gave no usable answer: it is not what the contract says.`;
      throw new Problem('EXPORTER_UNAVAILABLE', { detail, extensions: { wlId } });
    }
    items.push(...page.data.items);
    cursor = page.data.nextCursor;
  } while (cursor !== undefined && items.length < trades && performance.now() < giveUpAt);
  return { items, truncated: cursor !== undefined };
}
