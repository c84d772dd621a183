import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Fault } from '../../campaign/faults.ts';
import { compareEvents } from '../../campaign/control-plane.ts';
import { openGround, type Ground } from '../../campaign/ground.ts';
import { judgeHistory, type Entry } from '../../campaign/history.ts';
import { renderProgress } from '../../campaign/progress.ts';
import { add, readRecord, writeRecord } from '../../campaign/record.ts';
import { runSeed, type Outcome } from '../../campaign/run-seed.ts';
import { scriptOf, type Script } from '../../campaign/script.ts';
import { shrink } from '../../campaign/shrink.ts';
import { addTo, renderCampaign, type KeptCampaign } from '../../campaign/states.ts';
import { BUNDLES } from '../support/bundles.ts';

const SCRIPTS = new URL('./scripts/', import.meta.url);

describe('scripts', () => {
  test('the same seed is the same script, and another seed another', () => {
    expect(scriptOf(7)).toEqual(scriptOf(7));
    expect(scriptOf(8)).not.toEqual(scriptOf(7));
  });

  test('what does not matter to a failure is left out of it', async () => {
    const script = { ...scriptOf(2), faults: [...scriptOf(2).faults, CULPRIT] };
    const isBroken = async ({ faults, operations }: Script): Promise<boolean> =>
      faults.includes(CULPRIT) && operations[0]?.kind === 'buy';
    const least = await shrink(script, isBroken);
    expect(least.faults).toEqual([CULPRIT]);
    expect(least.operations.filter(({ kind }) => kind !== 'nothing')).toHaveLength(1);
  });
});

const CULPRIT: Fault = { point: 'call.send', label: 'importer confirm', nth: 1, action: 'lose' };

describe('what clients were told', () => {
  const entry = (change: Partial<Entry>): Entry => ({
    ...{ operation: 0, kind: 'buy', key: 'k' },
    outcome: { status: 200, tradeId: 't', public: 'CONFIRMED' },
    ...change,
  });

  test('holds where the books say the same or more', () => {
    const pending = entry({ outcome: { status: 202, tradeId: 't', public: 'PENDING' } });
    const books = new Map([['t', 'REVERSED']]);
    expect(judgeHistory([pending, entry({ kind: 'repeat' })], books)).toEqual([]);
    expect(judgeHistory([entry({ outcome: 'unknown' })], new Map())).toEqual([]);
  });

  test('is broken by a trade that is gone, that went back, or that has a twin', () => {
    expect(judgeHistory([entry({})], new Map())).toEqual([
      '7 trade t: told CONFIRMED, and it does not exist',
    ]);
    expect(judgeHistory([entry({})], new Map([['t', 'REJECTED']]))).toEqual([
      '7 trade t: told CONFIRMED, and it is REJECTED',
    ]);
    const early = entry({ stood: 'PENDING' });
    expect(judgeHistory([early], new Map([['t', 'CONFIRMED']]))).toEqual([
      '7 trade t: told CONFIRMED when it was PENDING',
    ]);
    const twin = entry({ outcome: { status: 200, tradeId: 'u', public: 'CONFIRMED' } });
    const books = new Map([
      ['t', 'CONFIRMED'],
      ['u', 'CONFIRMED'],
    ]);
    expect(judgeHistory([entry({}), twin], books)).toEqual([
      '8 key of operation 0: first t, then u',
    ]);
  });
});

test('a run says how fast it is and when it will be over', () => {
  const now = new Date('2026-01-01T10:00:00');
  expect(renderProgress({ done: 50, of: 1_050, broken: 0, elapsedMs: 25_000 }, now)).toBe(
    '50 of 1050: 0 broken, 2.00 seeds/s, 9 min left, over at 10:08',
  );
});

test('seeds of other sources are counted apart, and each seed once on the same ones', () => {
  const outcome = (seed: number): Outcome => ({
    ...{ seed, broken: [], trades: { CONFIRMED: 1 }, refusals: {}, tasks: 1, replays: 0 },
    ...{ settledInMs: 0, happened: new Map(), passings: new Map(), scanned: new Map() },
  });
  const kept: KeptCampaign = { next: 1, states: [] };
  for (const seed of [1, 2, 4, 3, 2]) addTo(kept, 'old', outcome(seed));
  expect(addTo(kept, 'new', outcome(4))).toBe(true);
  expect(addTo(kept, 'new', outcome(4))).toBe(false);
  expect(kept.next).toBe(5);
  expect(renderCampaign(kept, 'new').split('\n').slice(0, 3)).toEqual([
    '4 seeds, of which 1 on this state',
    '  state old: 4 seeds (1 to 4), 0 broken',
    '  state new, this one: 1 seeds (4), 0 broken',
  ]);
});

test('an event that was never sent, came twice, or was never written is found', () => {
  const [sent, taken] = [
    { id: 'a', text: 'x', result: 'ACCEPTED' },
    { id: 'a', text: 'x' },
  ];
  expect(compareEvents([sent], [taken])).toEqual([]);
  expect(compareEvents([{ ...sent, result: null }], [])).toEqual(['event a was never sent']);
  expect(compareEvents([sent], [taken, taken])).toEqual(['event a came 2 times, told ACCEPTED']);
  expect(compareEvents([sent], [{ ...taken, text: 'y' }])).toEqual(['event a is y, sent as x']);
  expect(compareEvents([], [taken])).toEqual(['event a was never written']);
});

/** Three databases and a bundle, on however busy a machine. */
const GROUND_MS = 300_000;
const SEEDS_MS = 180_000;
jest.setTimeout(SEEDS_MS);

describe('seeds', () => {
  let ground: Ground;
  beforeAll(async () => void (ground = await openGround(BUNDLES)), GROUND_MS);
  afterAll(() => ground.close());

  const plain = (faults: readonly Fault[], kinds = ['buy']): Script => ({
    ...{ seed: 1, faults, limitAmount: '1000.00', fundsMinor: [1_000_00] },
    offers: [{ stock: 5, priceMinor: 10_00 }],
    operations: kinds.map((kind, index) => ({
      ...({ kind, member: 0, offer: 0, quantity: 1, of: 0, decision: 'approve' } as object),
      atMs: index * 5_000,
    })) as unknown as Script['operations'],
  });

  const holds = (outcome: Outcome): Outcome => {
    expect(outcome.broken).toEqual([]);
    return outcome;
  };

  test('a worker that dies with its task unrecorded is replaced, and each step counts once', async () => {
    const label = 'importer purchase';
    const kill: Fault = { point: 'task.recorded', label, nth: 1, action: 'kill' };
    const { trades, happened, tasks } = holds(await runSeed(ground, plain([kill])));
    expect(trades).toEqual({ CONFIRMED: 1 });
    expect(happened.get('task.recorded kill')).toBe(1);
    expect(tasks).toBeGreaterThan(1);
  });

  test('a confirm whose answer is lost, twice, is learned of', async () => {
    const label = 'importer confirm';
    const lost = [1, 2].map((nth): Fault => ({
      point: 'call.answered',
      label,
      nth,
      action: 'lose',
    }));
    const { trades, happened } = holds(await runSeed(ground, plain(lost)));
    expect(happened.get('call.answered lose')).toBe(2);
    expect(trades).toEqual({ CONFIRMED: 1 });
  });

  test('a preflight whose answer is lost is asked once more in the same step', async () => {
    const label = 'importer preflight';
    const lost: Fault = { point: 'call.answered', label, nth: 1, action: 'lose' };
    const { trades, passings } = holds(await runSeed(ground, plain([lost])));
    expect(trades).toEqual({ CONFIRMED: 1 });
    // Reserve, fund, confirm, settle: the budget of the second try was once no whole number.
    expect(passings.get('task.local')).toBe(4);
    expect(passings.get('call.send')).toBeGreaterThanOrEqual(3);
  });

  test('a confirm that waits for a lock until its hold is over is refused', async () => {
    const faults: Fault[] = [
      { point: 'call.send', label: 'importer confirm', nth: 1, action: 'double' },
      {
        ...{ point: 'transaction.commit', label: 'exporter transaction', nth: 2 },
        ...{ action: 'fail', ms: 95_000 },
      },
    ];
    expect(holds(await runSeed(ground, plain(faults))).trades).toEqual({ COMPENSATED: 1 });
  });

  test('a report whose answer is lost is sent again, and counted once', async () => {
    const label = 'importer report';
    const lost: Fault = { point: 'call.answered', label, nth: 1, action: 'lose' };
    const { happened, scanned } = holds(await runSeed(ground, plain([lost])));
    expect(happened.get('call.answered lose')).toBe(1);
    expect(scanned.get('11')).toBeGreaterThan(2);
  });

  test('a purchase is bought and reversed on the double as on the engine', async () => {
    const script = plain([], ['buy', 'reverse']);
    expect(holds(await runSeed(ground, script)).trades).toEqual({ REVERSED: 1 });
  });

  test('a few seeds of the campaign break nothing', async () => {
    for (const seed of [5, 6]) holds(await runSeed(ground, scriptOf(seed)));
  });

  test('every script that once broke a rule holds', async () => {
    const files = (await readdir(SCRIPTS)).filter((name) => name.endsWith('.json'));
    for (const file of files) {
      const script = JSON.parse(await readFile(new URL(file, SCRIPTS), 'utf8')) as Script;
      holds(await runSeed(ground, script));
    }
  });

  test('the record of a campaign is kept between runs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xpory-campaign-'));
    try {
      const path = join(folder, 'record.json');
      const record = await readRecord(path);
      add(record, await runSeed(ground, plain([])));
      await writeRecord(path, record);
      expect(await readRecord(path)).toMatchObject({ next: 2, seeds: 1, trades: { CONFIRMED: 1 } });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
