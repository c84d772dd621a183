import { describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuBetween, readCpu } from '../../bench/cpu.ts';
import { confirmsBetween, meetsSlo, readConfirms } from '../../bench/exporter-slo.ts';
import { latencyFigures } from '../../bench/latency.ts';
import { runCell, type Answer } from '../../bench/load.ts';
import { planOf } from '../../bench/options.ts';
import { targetsOf, type Measured } from '../../bench/report.ts';
import type { Web } from '../../stack/web.ts';

const PURCHASE = { key: 'k', accountId: 'a', token: 't', offerId: 'o' };
const CONFIRMED: Answer = { status: 'CONFIRMED' };

describe('an open loop', () => {
  const cell = { name: 'open', kind: 'open', perSecond: 50, seconds: 0.2 } as const;

  test('sends at its rate, whatever the answers do', async () => {
    const sentAt: number[] = [];
    const buy = async (): Promise<Answer> => {
      sentAt.push(performance.now());
      await delay(150);
      return CONFIRMED;
    };
    const { attempts } = await runCell(cell, { next: () => PURCHASE, buy });
    expect(attempts).toHaveLength(10);
    expect((sentAt[9] ?? 0) - (sentAt[0] ?? 0)).toBeLessThan(1_000);
  });

  test('counts a stall of the sender as latency of every purchase that was due in it', async () => {
    let stalled = false;
    const buy = async (): Promise<Answer> => {
      const until = performance.now() + (stalled ? 0 : 120);
      stalled = true;
      while (performance.now() < until);
      return CONFIRMED;
    };
    const { attempts } = await runCell(cell, { next: () => PURCHASE, buy });
    expect(attempts[1]?.latencyMs).toBeGreaterThanOrEqual(90);
    expect(attempts[3]?.latencyMs).toBeGreaterThanOrEqual(50);
  });
});

test('a closed loop has as many purchases under way as it has clients', async () => {
  let underWay = 0;
  let most = 0;
  const buy = async (): Promise<Answer> => {
    most = Math.max(most, (underWay += 1));
    await delay(10);
    underWay -= 1;
    return CONFIRMED;
  };
  const cell = { name: 'closed', kind: 'closed', clients: 3, seconds: 0.1 } as const;
  const { attempts } = await runCell(cell, { next: () => PURCHASE, buy });
  expect(most).toBe(3);
  expect(attempts.length).toBeGreaterThanOrEqual(6);
});

test('latencies are told in milliseconds with three digits', () => {
  const figures = latencyFigures(Array.from({ length: 1_000 }, (_, index) => index + 1));
  expect(figures.count).toBe(1_000);
  expect(figures.p50).toBeCloseTo(500, -1);
  expect(figures.p99).toBeCloseTo(990, -1);
  expect(figures.max).toBeCloseTo(1_000, -1);
  expect(latencyFigures([])).toEqual({ count: 0, p50: 0, p99: 0, p999: 0, max: 0 });
});

describe('confirms, out of the metrics of the exporter', () => {
  const LABELS = 'method="POST",process="wl-gateway"';
  const metrics = (fast: number, slow: number, aborted: number): Web => {
    const line = (kind: string, labels: string, value: number): string =>
      `http_request_duration_seconds_${kind}{${labels}} ${value}`;
    const of = (route: string, status: string): string =>
      `route="${route}",status="${status}",${LABELS}`;
    const confirm = of('/api/v2/trader/purchase', '200');
    const lost = of('/api/v2/trader/purchase', 'aborted');
    const text = [
      line('bucket', `le="0.1",${confirm}`, fast),
      line('bucket', `le="0.5",${confirm}`, fast),
      line('bucket', `le="1",${confirm}`, fast + slow),
      line('bucket', `le="+Inf",${confirm}`, fast + slow),
      line('count', confirm, fast + slow),
      line('bucket', `le="0.5",${lost}`, 0),
      line('bucket', `le="1",${lost}`, aborted),
      line('bucket', `le="+Inf",${lost}`, aborted),
      line('count', lost, aborted),
      line('count', of('/api/v2/trader/purchase/preflight', '200'), 77),
      'process_cpu_seconds_total 3',
    ].join('\n');
    const answer = { status: 200, body: undefined, text, headers: {} };
    return { base: '', ask: async () => answer } as unknown as Web;
  };

  test('are counted between two readings', async () => {
    const before = await readConfirms(metrics(100, 0, 0));
    const figures = confirmsBetween(before, await readConfirms(metrics(1_100, 0, 0)));
    expect(figures).toMatchObject({ total: 1_000, withinSlo: 1, errorShare: 0 });
    expect(figures.p99Ms).toBeCloseTo(99, 5);
    expect(meetsSlo(figures)).toBe(true);
  });

  test('that the importer gave up are errors', async () => {
    const before = await readConfirms(metrics(0, 0, 0));
    const figures = confirmsBetween(before, await readConfirms(metrics(990, 0, 10)));
    expect(figures).toMatchObject({ total: 1_000, errorShare: 0.01 });
    expect(meetsSlo(figures)).toBe(false);
  });

  test('of which more than one in a hundred is slow miss the SLO', async () => {
    const before = await readConfirms(metrics(0, 0, 0));
    const figures = confirmsBetween(before, await readConfirms(metrics(980, 20, 0)));
    expect(figures.p99Ms).toBeCloseTo(750, 5);
    expect(meetsSlo(figures)).toBe(false);
    expect(meetsSlo(confirmsBetween(before, before))).toBe(false);
  });
});

test('CPU is told by process, and what others used apart', () => {
  const watched = [{ name: 'client', pid: process.pid, withChildren: false }];
  const before = readCpu(watched);
  // No /proc on this system: then there is nothing to compare.
  if (before === undefined) return;
  const until = performance.now() + 200;
  while (performance.now() < until);
  const use = cpuBetween(before, readCpu(watched));
  expect(use?.byProcess.get('client')).toBeGreaterThan(0);
  expect(use?.foreignShare).toBeGreaterThanOrEqual(0);
  expect(use?.foreignShare).toBeLessThanOrEqual(1);
});

describe('the targets', () => {
  const row = (system: Measured['system'], cell: string, p50: number): Measured => ({
    ...{ system, cell, confirmed: 1, perSecond: 1, errors: new Map(), cpu: undefined },
    latency: { count: 1, p50, p99: p50, p999: p50, max: p50 },
    confirm: { total: 100, p99Ms: 40, withinSlo: 1, errorShare: 0 },
    verification: { checked: 1, wrong: [], confirmedLater: 0 },
  });
  const names = planOf({ help: false, quick: true }).cells.map(({ name }) => name);
  const rows = (ratio: number): Measured[] =>
    names.flatMap((name) => [row('plain', name, 5), row('workflow', name, 5 * ratio)]);

  test('are judged on the cells of the plan', () => {
    expect(targetsOf(rows(12)).map(({ met }) => met)).toEqual([true, true]);
    expect(targetsOf(rows(12.1)).map(({ met }) => met)).toEqual([false, true]);
  });

  test('are not met by cells that did not run', () => {
    expect(targetsOf([]).map(({ met }) => met)).toEqual([false, false]);
  });
});
