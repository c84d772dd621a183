import { expect, test } from '@jest/globals';
import { createPace } from '../../bench/peers/pace.ts';
import { drawPeers } from '../../bench/peers/picture.ts';
import { withReport } from '../../bench/peers/publish.ts';
import { encodeLatencies, type CellResult } from '../../bench/peers/results.ts';
import { HALF_OF_CAPACITY, renderTargets } from '../../bench/peers/targets.ts';
import type { SystemName } from '../../bench/peers/contract.ts';

const SECONDS = 10;

function result(system: SystemName, cell: string, ms: number, more: Partial<CellResult> = {}) {
  const count = 100;
  return {
    ...{ cell, system, repetition: 1, attempts: count, confirmed: count },
    histogram: encodeLatencies(Array.from({ length: count }, () => ms)),
    ...{ elapsedMs: SECONDS * 1_000, errors: {}, cpu: { client: ms * count }, tries: 1 },
    ...{ foreignShare: 0, stealShare: 0 },
    verified: {
      ...{ checked: count, wrong: [], confirmedLater: 0 },
      ...{ unresolved: 0, repeatedCalls: 0, drainedMs: 0 },
    },
    ...more,
  } satisfies CellResult;
}

test('a target is held against the median ratio, and one without its cells is not measured', () => {
  const one = 'closed, 1 client';
  const text = renderTargets([result('ours-bare', one, 20), result('dbos', one, 25)]);
  expect(text).toMatch(/^met +closed, 1 client: p50 ≤ DBOS: 0\.80/m);
  expect(text).toMatch(/^not measured +closed, 1 client: p50 ≤ Restate$/m);
  const slower = renderTargets([result('ours-bare', one, 30), result('dbos', one, 25)]);
  expect(slower).toMatch(/^NOT MET +closed, 1 client: p50 ≤ DBOS: 1\.20/m);
});

test('at half of capacity the confirm is held against its SLO and against its target', () => {
  const confirms = { total: 100, p99Ms: 80, withinSlo: 1, errorShare: 0 };
  const text = renderTargets([result('ours-full', HALF_OF_CAPACITY, 30, { asked: 9, confirms })]);
  expect(text).toMatch(/^met +open, half of capacity \(9\/s\), .* \(SLO 500 ms, 0\.5 %\)$/m);
  expect(text).toMatch(/^NOT MET +open, half of capacity \(9\/s\), .* p99 ≤ 50 ms, no errors$/m);
});

test('a run repeats cells only while all that is to come still fits', () => {
  let now = 0;
  const pace = createPace(1, () => now);
  expect(pace.fits(1_000)).toBe(true);
  now = 10_000;
  pace.took(10_000);
  expect(pace.hasSpare(4)).toBe(true);
  expect(pace.hasSpare(5)).toBe(false);
  expect(pace.fits(5)).toBe(true);
  expect(pace.fits(6)).toBe(false);
});

test('the report takes the place of the last one, and nothing else of the page moves', () => {
  const [begin, end] = [
    '<!-- peers: written by `npm run bench -- core --write` -->',
    '<!-- peers: end -->',
  ];
  const page = `# A\n\n${begin}\n\nold\n\n${end}\n\nB\n`;
  const once = withReport(page, 'Run of a day.', 'new');
  expect(once).toContain('```\nnew\n```\n\n<!-- peers: end -->\n\nB\n');
  expect(once).not.toContain('old');
  expect(withReport(once, 'Run of a day.', 'new')).toBe(once);
  expect(() => withReport('# A\n', '', '')).toThrow('lost its marks');
});

test('the picture has a bar for each system, and says what was not measured', () => {
  const svg = drawPeers([result('dbos', 'closed, 1 client', 25)], ['dbos', 'ours-bare']);
  expect(svg.match(/<rect x="112"/g)).toHaveLength(8);
  expect(svg).toContain('25.0 ms');
  expect(svg).toContain('not measured');
});
