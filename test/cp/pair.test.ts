import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { evaluatePair, lockPair } from '../../db/cp/pair.ts';
import type { Author } from '../../db/cp/schema.ts';
import { unstartedWork } from '../../db/cp/work-order.ts';
import { inTransaction } from '../../db/pool.ts';
import {
  EXPORTER,
  IMPORTER,
  auditOf,
  pairPath,
  registerBoth,
  startControlPlane,
  type Stage,
} from './stage.ts';

const PAIR = { src: EXPORTER, dst: IMPORTER };
const LONG = 60_000;
let stage: Stage;
let kicks = 0;

beforeAll(async () => {
  stage = await startControlPlane({ work: { kick: () => void (kicks += 1) } });
  await registerBoth(stage);
}, LONG);
afterAll(() => stage.stop());

const put = (body: object) =>
  stage.ask({
    method: 'PUT',
    path: pairPath(EXPORTER, IMPORTER),
    body: { updatedBy: 'ana', updatedSource: 'test', ...body },
    token: stage.master,
  });

const author = (): Author => ({
  actor: 'control-plane',
  source: 'test',
  correlationId: randomUUID(),
});

/** As an intake does it: moves the figures, then judges. */
const export_ = (minorUnits: bigint) =>
  inTransaction(stage.db, async (tx) => {
    await lockPair(tx, PAIR);
    await tx.updateTable('pair').set({ exports_minor: minorUnits }).execute();
    return evaluatePair(tx, PAIR, { author: author(), at: new Date() });
  });

const signals = () => stage.db.selectFrom('signal').selectAll().orderBy('sequence').execute();

/** A pair far below its limit, whatever the test before left. */
beforeEach(async () => {
  await put({ limitAmount: '1000.00' });
  await export_(0n);
});

describe('a pair is judged where its balance or its limit moves', () => {
  test('above the limit: one DISABLE, a delivery and an order for each side, one audit row', async () => {
    const before = (await signals()).length;
    expect(await export_(1_000_00n)).toBeUndefined();
    expect(await export_(1_000_01n)).toBe('DISABLE');
    expect(await export_(1_500_00n)).toBeUndefined();
    const made = (await signals()).slice(before);
    expect(made).toMatchObject([
      { action: 'DISABLE', origin: 'AUTOMATIC', exposure_minor: 100_001n, limit_minor: 100_000n },
    ]);
    const [signal] = made;
    const deliveries = await stage.db
      .selectFrom('signal_delivery')
      .selectAll()
      .where('signal_id', '=', signal?.id ?? '')
      .orderBy('wl_id')
      .execute();
    expect(deliveries.map(({ wl_id, state }) => [wl_id, state])).toEqual([
      [IMPORTER, 'PENDING'],
      [EXPORTER, 'PENDING'],
    ]);
    const ordered = (await unstartedWork(stage.db, 1_000)).map(({ workflowId }) => workflowId);
    expect(ordered).toEqual(
      expect.arrayContaining([EXPORTER, IMPORTER].map((wl) => `signal/${signal?.id}/${wl}`)),
    );
    const audit = await auditOf(stage, `signal/${EXPORTER}/${IMPORTER}`);
    expect(audit.at(0)).toMatchObject({ action: 'signal.created', actor: 'control-plane' });
  });

  test('a limit that is cut below the exposure disables in the same request, and starts the work', async () => {
    await export_(700_00n);
    const before = kicks;
    expect((await put({ limitAmount: '650.00' })).status).toBe(200);
    expect((await signals()).at(-1)).toMatchObject({ action: 'DISABLE', limit_minor: 65_000n });
    expect(kicks).toBeGreaterThan(before);
    // 700 of 770 is more than 90 %, of 778 it is less.
    await put({ limitAmount: '770.00' });
    expect((await signals()).at(-1)).toMatchObject({ action: 'DISABLE' });
    await put({ limitAmount: '778.00' });
    expect((await signals()).at(-1)).toMatchObject({ action: 'ENABLE', origin: 'AUTOMATIC' });
  });

  test('the alert comes once a crossing', async () => {
    const alerts = async () =>
      (await stage.db.selectFrom('notification').selectAll().execute()).filter(
        ({ kind }) => kind === 'IMBALANCE',
      ).length;
    const before = await alerts();
    for (const exposure of [800_00n, 850_00n, 990_00n]) await export_(exposure);
    expect(await alerts()).toBe(before + 1);
    await export_(100_00n);
    await export_(900_00n);
    expect(await alerts()).toBe(before + 2);
  });

  test('twenty intakes at once make one signal, and numbers have no gaps', async () => {
    const before = (await signals()).length;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => export_(1_200_00n)));
    expect(outcomes.filter((outcome) => outcome === 'DISABLE')).toHaveLength(1);
    const all = await signals();
    expect(all).toHaveLength(before + 1);
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => BigInt(index + 1)));
  });

  test('strangers have no pair', async () => {
    const stranger = { src: randomUUID(), dst: IMPORTER };
    const cause = { author: author(), at: new Date() };
    const judged = inTransaction(stage.db, (tx) => evaluatePair(tx, stranger, cause));
    expect(await judged).toBeUndefined();
  });
});
