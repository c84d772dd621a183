import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inTransaction } from '../../../db/pool.ts';
import { lockPair } from '../../../db/cp/pair.ts';
import { createSignal } from '../../../db/cp/signals/create.ts';
import type { Json } from '../../../domain/shared/canonical.ts';
import { EXPORTER, IMPORTER, registerBoth, startControlPlane, type Stage } from '../stage.ts';
import { eventOf, send, sender, type Sender } from './events.ts';

const START_MS = 60_000;
const PAIR = { src: EXPORTER, dst: IMPORTER };
const author = { actor: 'test', source: 'test', correlationId: 'test' };

let stage: Stage;
let exporter: Sender;
let importer: Sender;
beforeAll(async () => {
  stage = await startControlPlane({});
  await registerBoth(stage);
  exporter = await sender(stage, EXPORTER);
  importer = await sender(stage, IMPORTER);
}, START_MS);
afterAll(() => stage.stop());

async function signal(): Promise<string> {
  return inTransaction(stage.db, async (tx) => {
    await lockPair(tx, PAIR);
    const { id } = await createSignal(tx, {
      ...{ pair: PAIR, action: 'DISABLE', origin: 'AUTOMATIC', reason: 'LIMIT_EXCEEDED', author },
      ...{ exposureMinor: 2n, limitMinor: 1n, causedAt: new Date() },
    });
    return id;
  });
}

const AT = '2026-07-01T12:00:00.250Z';
const dataOf = (signalId: string, change: object = {}): Json => ({
  ...{ signalId, sequence: '1', ...PAIR, action: 'DISABLE', status: 'APPLIED' },
  ...{ receivedAt: '2026-07-01T12:00:00.200Z', appliedAt: AT, offersOffAt: AT, offersChanged: 7 },
  ...change,
});

async function tell(who: Sender, data: Json): Promise<void> {
  const [told] = await send(stage, who, [eventOf(who, { type: 'signal.applied', data })]);
  expect(told).toMatchObject({ result: 'ACCEPTED' });
}

const deliveries = (signalId: string) =>
  stage.db
    .selectFrom('signal_delivery')
    .select(['wl_id', 'state', 'applied_at', 'offers_changed'])
    .where('signal_id', '=', signalId)
    .orderBy('wl_id')
    .execute();

test('the stamp of a WL lands on its own delivery, once, and moves no state', async () => {
  const id = await signal();
  await tell(importer, dataOf(id));
  await tell(importer, dataOf(id, { appliedAt: '2026-07-01T13:00:00.000Z', offersChanged: 1 }));
  const untouched = { state: 'PENDING', applied_at: null, offers_changed: null };
  const stamped = { state: 'PENDING', applied_at: new Date(AT), offers_changed: 7 };
  expect(await deliveries(id)).toEqual(
    [
      { wl_id: IMPORTER, ...stamped },
      { wl_id: EXPORTER, ...untouched },
    ].toSorted((a, b) => (a.wl_id < b.wl_id ? -1 : 1)),
  );
});

test('what was stale took no effect, and an unknown signal changes nothing', async () => {
  const id = await signal();
  await tell(exporter, dataOf(id, { status: 'STALE', offersChanged: 0 }));
  await tell(exporter, dataOf('11111111-1111-4111-8111-111111111111'));
  const rows = await deliveries(id);
  expect(rows.map((row) => row.applied_at)).toEqual([null, null]);
});
