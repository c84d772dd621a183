import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Fault } from '../../campaign/faults.ts';
import { judgeSettlements } from '../../campaign/governance/judge.ts';
import { openGround, type Ground } from '../../campaign/ground.ts';
import { PRIVATE } from '../../campaign/markers.ts';
import { runSeed, type Outcome } from '../../campaign/run-seed.ts';
import type { Operation, Script } from '../../campaign/script.ts';
import { BUNDLES } from '../support/bundles.ts';

/** Three databases and two bundles, on however busy a machine. */
const GROUND_MS = 300_000;
/** A buyer must not be refused because the machine is busy. */
const PATIENT = { variables: () => ({ BUY_DEADLINE_MS: '3000' }) };
jest.setTimeout(180_000);

let ground: Ground;
beforeAll(async () => void (ground = await openGround(BUNDLES, PATIENT)), GROUND_MS);
afterAll(() => ground.close());

const BUY: Operation = { kind: 'buy', member: 0, offer: 0, quantity: 1, atMs: 0 };

const governed = (operations: readonly Operation[], faults: readonly Fault[] = []): Script => ({
  ...{ seed: 1, isGoverned: true, operations, faults },
  offers: [{ stock: 5, priceMinor: 80_00 }],
  ...{ fundsMinor: [1_000_00], limitAmount: '1000.00', fxRate: '0.5025' },
});

const holds = (outcome: Outcome): Outcome => {
  expect(outcome.broken).toEqual([]);
  return outcome;
};

async function deliveries(): Promise<string[]> {
  const { rows } = await sql<{ text: string }>`
    SELECT concat_ws(' ', action, state, ack_kind, attempts) AS text
      FROM signal_delivery JOIN signal ON id = signal_id ORDER BY sequence, wl_id`.execute(
    ground.controlPlane.db,
  );
  return rows.map(({ text }) => text);
}

test('a signal whose ack is lost is sent again and takes effect once', async () => {
  const lost: Fault = { point: 'call.answered', label: 'cp signal', nth: 1, action: 'lose' };
  const stop: Operation = { kind: 'signal', action: 'DISABLE', atMs: 1_000 };
  const script = governed([stop, { ...BUY, atMs: 20_000 }], [lost]);
  const { trades, scanned } = holds(await runSeed(ground, script));
  expect(trades).toEqual({ REJECTED: 1 });
  expect((await deliveries()).toSorted()).toEqual(['DISABLE ACKED BODY 1', 'DISABLE ACKED BODY 2']);
  expect(scanned.get('10')).toBeGreaterThanOrEqual(6);
});

test('a signal that arrives after a newer one changes nothing', async () => {
  const late = (nth: number): Fault => ({
    ...{ point: 'call.send', label: 'cp signal', nth, action: 'late', ms: 30_000 },
  });
  const script = governed(
    [
      { kind: 'signal', action: 'DISABLE', atMs: 1_000 },
      // Not at the same moment, whose operations come in any order.
      { kind: 'signal', action: 'ENABLE', atMs: 1_001 },
      { ...BUY, atMs: 60_000 },
    ],
    [late(1), late(2)],
  );
  const { trades } = holds(await runSeed(ground, script));
  expect(trades).toEqual({ CONFIRMED: 1 });
  const { rows } = await sql<{ text: string }>`
    SELECT concat(action, ' ', status) AS text FROM signal ORDER BY sequence`.execute(
    ground.databases.importer.db,
  );
  expect(rows.map(({ text }) => text)).toEqual(['DISABLE STALE', 'ENABLE APPLIED']);
});

test('a settlement is booked once by both sides, however often it is asked for and pulled', async () => {
  const lost = (nth: number): Fault => ({
    ...{ point: 'call.answered', label: 'importer pull', nth, action: 'lose' },
  });
  const asked: Fault = {
    ...{ point: 'client.answered', label: 'client settle', nth: 1, action: 'lose' },
  };
  const settle: Operation = { kind: 'settle', percent: 37, again: true, atMs: 20_000 };
  const faults = [lost(1), lost(2), lost(3), asked];
  const { trades, scanned } = holds(await runSeed(ground, governed([BUY, settle], faults)));
  expect(trades).toEqual({ CONFIRMED: 1 });
  // Once in each ledger, and twice in the journal of the Control Plane.
  expect(scanned.get('settlements')).toBe(4);
  await ground.databases.importer.db.transaction().execute(async (tx) => {
    // As a replica: rows that are only ever added are protected by triggers.
    await sql`SET LOCAL session_replication_role = replica`.execute(tx);
    await sql`UPDATE posting SET origin_minor = origin_minor + 1
               WHERE account LIKE 'payable:%'`.execute(tx);
  });
  const { broken } = await judgeSettlements(ground, [{ key: 'k', id: 'gone', state: 'PENDING' }]);
  expect(broken).toEqual([
    '7 settlement gone: told PENDING, and it does not exist',
    expect.stringContaining('is due at the importer, booked is PAYER'),
  ]);
});

test('a pull that wakes beside another one books a settlement no second time', async () => {
  const stop: Fault = {
    ...{ point: 'call.answered', label: 'importer pull', nth: 1, action: 'stop', ms: 25_000 },
  };
  const settle: Operation = { kind: 'settle', percent: 100, again: false, atMs: 20_000 };
  const { happened, scanned } = holds(await runSeed(ground, governed([BUY, settle], [stop])));
  expect(happened.get('call.answered stop')).toBe(1);
  expect(scanned.get('settlements')).toBe(4);
});

test('a limit that the exposure is over stops the pair by itself, and a settlement frees it', async () => {
  const script = governed([
    BUY,
    { kind: 'limit', amount: '60.00', atMs: 15_000 },
    { ...BUY, member: 1, atMs: 30_000 },
    { kind: 'settle', percent: 100, again: false, atMs: 40_000 },
    { ...BUY, member: 2, atMs: 70_000 },
    { kind: 'limit', amount: '1000.00', atMs: 65_000 },
  ]);
  const { trades, scanned } = holds(
    await runSeed(ground, { ...script, fundsMinor: [1_000_00, 1_000_00, 1_000_00] }),
  );
  expect(trades).toEqual({ CONFIRMED: 2, REJECTED: 1 });
  expect(scanned.get('15')).toBeGreaterThan(100);
  const { db } = ground.databases.exporter;
  await sql`UPDATE hold SET buyer_masked = ${PRIVATE.importer.email}`.execute(db);
  ground.markers.look('a log', PRIVATE.exporter.name);
  const { broken } = await ground.markers.take(ground);
  expect(broken).toEqual([
    expect.stringContaining('15 a log shows private data: Rui Zorbexport'),
    expect.stringMatching(/^15 table hold of the exporter shows .*ana\.quillampor@example\.com/),
  ]);
  expect(new Set(await deliveries())).toEqual(
    new Set(['DISABLE ACKED BODY 1', 'ENABLE ACKED BODY 1']),
  );
});

test('orders of a Control Plane that died behind its commit are found by its sweep', async () => {
  const refused = (nth: number): Fault => ({
    ...{ point: 'engine.ask', label: 'cp start signalDispatch', nth, action: 'refuse' },
  });
  const stop: Operation = { kind: 'signal', action: 'DISABLE', atMs: 1_000 };
  const { happened } = holds(await runSeed(ground, governed([stop], [refused(1)])));
  expect(happened.get('engine.ask refuse')).toBe(1);
  expect(await deliveries()).toHaveLength(2);
  expect((await deliveries()).every((text) => text.startsWith('DISABLE ACKED'))).toBe(true);
});
