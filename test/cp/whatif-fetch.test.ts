import { expect, test } from '@jest/globals';
import { fetchTrades } from '../../api/cp/whatif/fetch.ts';
import type { SupportDesk } from '../../api/cp/desk/support-desk.ts';

const [SRC, DST] = ['exporter', 'importer'];
const BEGIN = Date.parse('2026-10-01T00:00:00.000Z');
const PAGE = 3;

/** The nth purchase was asked for at its second, and the exporter decided half a second later. */
const at = (seconds: number): string => new Date(BEGIN + seconds * 1_000).toISOString();
const idOf = (nth: number): string => `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`;
const NEWEST_FIRST = Array.from({ length: 10 }, (_, nth) => 10 - nth);
const LISTED = {
  [SRC]: NEWEST_FIRST.map((nth) => {
    const [tradeId, holdId] = [idOf(nth), idOf(nth)];
    return { tradeId, holdId, at: at(nth + 0.5), state: 'CAPTURED' };
  }),
  [DST]: NEWEST_FIRST.map((nth) => ({ tradeId: idOf(nth), at: at(nth), state: 'CONFIRMED' })),
};

/** Both white labels, a page at a time; the importer's pages are as long as it is told. */
function deskOf(importerPage = PAGE): SupportDesk {
  return {
    async call({ wlId, path }) {
      const query = new URL(path, 'https://wl.localhost').searchParams;
      const length = wlId === DST ? importerPage : PAGE;
      const first = Number(query.get('cursor') ?? 0);
      const all = LISTED[wlId] ?? [];
      const items = all.slice(first, first + length);
      const more = first + length < all.length && { nextCursor: String(first + length) };
      return { kind: 'ANSWER', status: 200, body: { items, ...more } };
    },
  };
}

async function fetched(trades: number, importerPage?: number) {
  const budget = { trades, giveUpAt: Infinity };
  const period = { src: SRC ?? '', dst: DST ?? '', since: new Date(BEGIN), person: 'ana', budget };
  const { trades: found, from } = await fetchTrades(deskOf(importerPage), period);
  return { ids: found.map(({ id }) => Number(id.slice(-2))), from };
}

test('without a bound all of them come, in the order in which they were decided', async () => {
  expect(await fetched(100)).toEqual({ ids: NEWEST_FIRST.toReversed(), from: undefined });
});

test('where the bound is met the newest are kept, and from when on is said', async () => {
  expect(await fetched(4)).toEqual({ ids: [5, 6, 7, 8, 9, 10], from: BEGIN + 5_500 });
});

test('of two parties with other pages all are known from where the shorter one begins', async () => {
  const { ids, from } = await fetched(6, 8);
  expect(ids).toEqual(expect.arrayContaining([5, 6, 7, 8, 9, 10]));
  expect(from).toBe(BEGIN + 5_500);
  // The importer has told of 8 to 10 only: the hold of the seventh is younger than that request.
  expect(await fetched(2, 3)).toMatchObject({ from: BEGIN + 8_500 });
});
