import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyTradeEvents, type ToldTrade } from '../../db/cp/trades/apply.ts';
import { inTransaction } from '../../db/pool.ts';
import type { Json } from '../../domain/shared/canonical.ts';
import {
  anyStory,
  story,
  type Partners,
  type StoryFigures,
  type StoryName,
  type ToldStory,
} from '../support/trade-events.ts';
import {
  EXPORTER,
  IMPORTER,
  pairPath,
  registerBoth,
  startControlPlane,
  type Stage,
} from './stage.ts';
import { eventOf, send, sender } from './telemetry/events.ts';

const PARTNERS = { importer: IMPORTER, exporter: EXPORTER };
const BACK = { importer: EXPORTER, exporter: IMPORTER };
const LONG = 60_000;
const RUNS = 25;
let stage: Stage;

beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
}, LONG);
afterAll(() => stage.stop());

const apply = (events: readonly ToldTrade[]) =>
  inTransaction(stage.db, (tx) => applyTradeEvents(tx, events));

const tell = async (name: StoryName, partners: Partners = PARTNERS, figures: StoryFigures = {}) => {
  const told = story(name, partners, figures);
  await apply(told.events);
  return told;
};

interface Figures {
  readonly exports: bigint;
  readonly imports: bigint;
  readonly reserved: bigint;
}

/** The figures of both directions, from the pairs' rows or from the sum of the journal. */
async function figures(from: 'pair' | 'journal'): Promise<Record<string, Figures>> {
  const rows = await stage.db.selectFrom('pair').selectAll().execute();
  const moves = await stage.db.selectFrom('pair_journal').selectAll().execute();
  return Object.fromEntries(
    rows.map(({ src, dst, exports_minor, imports_minor, reserved_minor }) => {
      const own = moves.filter((move) => move.src === src && move.dst === dst);
      const sum = (part: 'exports_delta' | 'imports_delta' | 'reserved_delta') =>
        own.reduce((total, move) => total + move[part], 0n);
      const stored = { exports: exports_minor, imports: imports_minor, reserved: reserved_minor };
      const summed = {
        exports: sum('exports_delta'),
        imports: sum('imports_delta'),
        reserved: sum('reserved_delta'),
      };
      return [`${src}/${dst}`, from === 'pair' ? stored : summed];
    }),
  );
}

/** Recomputed from how each story ends, without the code under test. */
function expected(before: Record<string, Figures>, stories: readonly ToldStory[]) {
  const after = structuredClone(before) as Record<
    string,
    { -readonly [K in keyof Figures]: bigint }
  >;
  for (const { ending, amountMinor, paidMinor, events } of stories) {
    const first = events[0];
    if (first === undefined || ending === 'NOTHING') continue;
    const { wlId, data } = first;
    const [importer, exporter] =
      data.role === 'IMPORTER' ? [wlId, data.counterpartWlId] : [data.counterpartWlId, wlId];
    const sale = after[`${exporter}/${importer}`];
    const purchase = after[`${importer}/${exporter}`];
    if (sale === undefined || purchase === undefined) continue;
    if (ending === 'SOLD') {
      sale.exports += amountMinor;
      purchase.imports += paidMinor;
    } else {
      sale.reserved += amountMinor;
    }
  }
  return after;
}

const signalCount = async () => (await stage.db.selectFrom('signal').selectAll().execute()).length;

const tradeRow = ({ tradeId }: { tradeId: string }) =>
  stage.db
    .selectFrom('trade')
    .selectAll()
    .where('trade_id', '=', tradeId)
    .executeTakeFirstOrThrow();

describe('the balance', () => {
  test(
    'shuffled, repeated and late events, by two intakes at once, end as their stories end',
    async () => {
      const run = fc
        .array(anyStory([PARTNERS, BACK]), { minLength: 1, maxLength: 12 })
        .chain((stories) => {
          const all = stories.flatMap(({ events }) => [...events, ...events]);
          return fc.record({
            stories: fc.constant(stories),
            events: fc.shuffledSubarray(all, { minLength: all.length }),
            batch: fc.integer({ min: 1, max: 20 }),
          });
        });
      const property = fc.asyncProperty(run, async ({ stories, events, batch }) => {
        const before = await figures('pair');
        const intake = async (wlId: string) => {
          const own = events.filter((event) => event.wlId === wlId);
          for (let from = 0; from < own.length; from += batch) {
            await apply(own.slice(from, from + batch));
          }
        };
        await Promise.all([intake(IMPORTER), intake(EXPORTER)]);
        expect(await figures('pair')).toEqual(expected(before, stories));
      });
      await apply(story('held', PARTNERS).events);
      await fc.assert(property, { numRuns: RUNS });
      expect(await figures('journal')).toEqual(await figures('pair'));
    },
    LONG,
  );

  test('a sale that passes the limit disables the pair in the same transaction', async () => {
    // The other direction may have been left disabled, and is judged by the same sale.
    const sales = () =>
      stage.db
        .selectFrom('signal')
        .selectAll()
        .where('src', '=', EXPORTER)
        .where('dst', '=', IMPORTER)
        .orderBy('sequence', 'desc')
        .execute();
    const body = { limitAmount: '1000.00', updatedBy: 'ana', updatedSource: 'test' };
    const path = pairPath(EXPORTER, IMPORTER);
    await stage.db.updateTable('pair').set({ exports_minor: 0n, reserved_minor: 0n }).execute();
    await stage.db.updateTable('pair').set({ imports_minor: 0n }).execute();
    await stage.ask({ method: 'PUT', path, body, token: stage.master });
    const before = await sales();
    const told = await tell('confirmed', PARTNERS, { amountMinor: 1_000_01n });
    const signals = await sales();
    expect(signals).toHaveLength(before.length + 1);
    expect(signals[0]).toMatchObject({
      action: 'DISABLE',
      correlation_id: `story-${told.tradeId}`,
      exposure_minor: 100_001n,
    });
    // Its reversal brings the pair back below the threshold.
    await apply(story('reversed', PARTNERS, { tradeId: told.tradeId }).events);
    expect(await sales()).toHaveLength(before.length + 2);
  });

  test('a trade that the partner never saw moves nothing and disables nobody', async () => {
    const [before, count] = [await figures('pair'), await signalCount()];
    await tell('unseen', PARTNERS, { amountMinor: 9_000_000_00n });
    await tell('unheard', PARTNERS, { paidMinor: 9_000_000_00n });
    expect(await figures('pair')).toEqual(before);
    expect(await signalCount()).toBe(count);
  });

  test('a white label that reports a trade of another pair moves nothing', async () => {
    const before = await figures('pair');
    const real = await tell('held', PARTNERS, { amountMinor: 10_00n });
    const [, hold] = real.events;
    if (hold === undefined) throw new Error('a held trade has a hold');
    // Another exporter claims the trade, and the importer itself claims the exporter's part.
    const other = { ...hold, wlId: randomUUID(), eventId: randomUUID() };
    const big = { ...hold.data, version: 9, status: 'CONFIRMED', amount: '5000000.00' } as const;
    const own = { ...hold, wlId: IMPORTER, eventId: randomUUID() };
    await apply([
      { ...other, data: big },
      { ...own, data: { ...big, counterpartWlId: EXPORTER } },
      { ...own, eventId: randomUUID(), data: { ...big, counterpartWlId: IMPORTER } },
    ]);
    const pair = `${EXPORTER}/${IMPORTER}`;
    const sold = before[pair];
    expect(await figures('pair')).toEqual({
      ...before,
      [pair]: { ...sold, reserved: (sold?.reserved ?? 0n) + 10_00n },
    });
  });

  test('of one importer and one id at two exporters there are two trades', async () => {
    const tradeId = randomUUID();
    await tell('held', PARTNERS, { tradeId });
    await tell('held', { importer: IMPORTER, exporter: randomUUID() }, { tradeId });
    const rows = await stage.db
      .selectFrom('trade')
      .selectAll()
      .where('trade_id', '=', tradeId)
      .execute();
    expect(rows).toHaveLength(2);
  });

  test('a parked purchase is told to people once, and points at itself', async () => {
    const told = await tell('parked');
    await apply(told.events);
    const notes = await stage.db
      .selectFrom('notification')
      .selectAll()
      .where('subject', '=', `trade/${IMPORTER}/${EXPORTER}/${told.tradeId}`)
      .execute();
    expect(notes).toMatchObject([{ kind: 'NEEDS_ATTENTION' }]);
    expect(await tradeRow(told)).toMatchObject({ parked: true, status: 'PROVISIONAL' });
  });

  test('a decision more than five minutes after a newer revision is marked as stale', async () => {
    const body = { commissionRate: '0.06', updatedBy: 'ana', updatedSource: 'test' };
    const path = pairPath(EXPORTER, IMPORTER);
    await stage.ask({ method: 'PUT', path, body, token: stage.master });
    const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    const fresh = await tell('confirmed', PARTNERS, { startedAt: minutesFromNow(4) });
    const stale = await tell('confirmed', PARTNERS, { startedAt: minutesFromNow(6) });
    expect(await tradeRow(fresh)).toMatchObject({ decided_on_stale: false });
    expect(await tradeRow(stale)).toMatchObject({ decided_on_stale: true });
  });

  test('what comes in over the wire, signed, is in the balance when it is answered', async () => {
    const before = await figures('pair');
    const senders = [await sender(stage, IMPORTER), await sender(stage, EXPORTER)];
    const told = story('confirmed', PARTNERS, { startedAt: new Date() });
    for (const one of senders) {
      const own = told.events.filter(({ wlId }) => wlId === one.wlId);
      const events = own.map(({ eventId, type, occurredAt, data }) =>
        eventOf(one, {
          ...{ eventId, type, occurredAt: occurredAt.toISOString() },
          data: data as unknown as Json,
        }),
      );
      const results = [await send(stage, one, events), await send(stage, one, events)];
      expect(results.flat().map(({ result }) => result)).toEqual([
        'ACCEPTED',
        'ACCEPTED',
        'DUPLICATE',
        'DUPLICATE',
      ]);
    }
    expect(await figures('pair')).toEqual(expected(before, [told]));
  });

  test('trades of strangers told by two intakes at once are kept whole', async () => {
    const strangers = { importer: randomUUID(), exporter: randomUUID() };
    const told = Array.from({ length: 20 }, () => story('confirmed', strangers));
    const intake = (role: 'IMPORTER' | 'EXPORTER') =>
      Promise.all(told.map(({ events }) => apply(events.filter(({ data }) => data.role === role))));
    await Promise.all([intake('IMPORTER'), intake('EXPORTER')]);
    for (const trade of told) {
      expect(await tradeRow(trade)).toMatchObject({
        status: 'CONFIRMED',
        counted_exports_minor: 0n,
      });
    }
  });
});
