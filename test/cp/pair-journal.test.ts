import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { exposureOfPair, lockPairs, movePair, type PairMove } from '../../db/cp/pair.ts';
import { inTransaction } from '../../db/pool.ts';
import { EXPORTER, IMPORTER, registerBoth, startControlPlane, type Stage } from './stage.ts';

const PAIR = { src: EXPORTER, dst: IMPORTER };
const BACK = { src: IMPORTER, dst: EXPORTER };
const LONG = 60_000;
const AT = new Date('2026-03-01T12:00:00Z');
const DAY_TWO = Date.parse('2026-03-02T00:00:00Z');
const DELTAS = [
  'exports_delta',
  'imports_delta',
  'reserved_delta',
  'settlements_received_delta',
  'settlements_paid_delta',
] as const;
let stage: Stage;

beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
}, LONG);
afterAll(() => stage.stop());

const move = (given: Partial<PairMove> & Pick<PairMove, 'deltas'>, pair = PAIR) =>
  inTransaction(stage.db, (tx) =>
    movePair(tx, pair, { kind: 'EXPORT', reference: randomUUID(), at: AT, ...given }),
  );

const journal = ({ src, dst }: typeof PAIR) =>
  stage.db
    .selectFrom('pair_journal')
    .selectAll()
    .where('src', '=', src)
    .where('dst', '=', dst)
    .orderBy('id')
    .execute();

test('each move is a journal row with what the figures came to', async () => {
  await move({ deltas: { reserved: 240_00n } });
  await move({ deltas: { reserved: -240_00n, exports: 240_00n } });
  const row = await move({
    kind: 'SETTLEMENT_RECEIVED',
    deltas: { settlementsReceived: 100_00n },
  });
  expect(row && exposureOfPair(row)).toBe(140_00n);
  expect((await journal(PAIR)).map(exposureOfPair)).toEqual([240_00n, 240_00n, 140_00n]);
});

test('a settlement moves a pair once, and nothing of the second try stays', async () => {
  const settlement = {
    kind: 'SETTLEMENT_PAID',
    reference: randomUUID(),
    deltas: { settlementsPaid: 5_00n },
  } as const;
  await move(settlement, BACK);
  await expect(move(settlement, BACK)).rejects.toThrow('pair_journal_settlement');
  expect((await journal(BACK)).map(exposureOfPair)).toEqual([5_00n]);
});

test('strangers have no balance, and a reservation never sinks below zero', async () => {
  const stranger = { src: randomUUID(), dst: IMPORTER };
  expect(await move({ deltas: { exports: 1n } }, stranger)).toBeUndefined();
  await expect(move({ deltas: { reserved: -1n } })).rejects.toThrow('pair_reserved_minor_check');
});

test('the days of a pair are the sums of its journal, by when things happened', async () => {
  const at = (text: string) => new Date(text);
  await move({ deltas: { exports: 7_00n }, at: at('2026-03-02T00:00:00Z') });
  await move({ deltas: { exports: 1_00n, reserved: 2_00n }, at: at('2026-03-02T23:59:59.999Z') });
  await move({ deltas: { reserved: -2_00n }, at: at('2026-03-03T00:00:00Z') });
  await move({ deltas: { imports: 3_00n }, at: at('2026-03-02T10:00:00Z') }, BACK);
  const days = (pair: typeof PAIR) =>
    stage.db.selectFrom('pair_day').selectAll().where('src', '=', pair.src).execute();
  for (const pair of [PAIR, BACK]) {
    const entries = Map.groupBy(await journal(pair), ({ occurred_at: occurred }) =>
      occurred.toISOString().slice(0, 10),
    );
    const known = await days(pair);
    expect(known.map(({ day }) => day.toISOString().slice(0, 10)).toSorted()).toEqual(
      [...entries.keys()].toSorted(),
    );
    for (const { day, ...sums } of known) {
      const own = entries.get(day.toISOString().slice(0, 10)) ?? [];
      for (const part of DELTAS) {
        expect(sums[part]).toBe(own.reduce((sum, entry) => sum + entry[part], 0n));
      }
    }
  }
  const second = (await days(PAIR)).find(({ day }) => day.getTime() === DAY_TWO);
  expect(second).toMatchObject({ exports_delta: 8_00n, reserved_delta: 2_00n });
});

test('a journal row can neither be edited nor deleted', async () => {
  await move({ deltas: { exports: 1n } });
  for (const change of [sql`UPDATE pair_journal SET kind = kind`, sql`DELETE FROM pair_journal`]) {
    await expect(change.execute(stage.db)).rejects.toThrow('only ever added');
  }
});

test('opposite pairs asked for in either order are locked in one: no deadlock', async () => {
  const both = (pairs: (typeof PAIR)[]) =>
    inTransaction(stage.db, async (tx) => (await lockPairs(tx, pairs)).map(({ src }) => src));
  const orders = [
    [PAIR, BACK],
    [BACK, PAIR],
    [PAIR, PAIR, BACK],
  ];
  const runs = Array.from({ length: 30 }, (_, index) => both(orders[index % 3] ?? []));
  for (const locked of await Promise.all(runs)) expect(locked).toEqual([IMPORTER, EXPORTER]);
});
