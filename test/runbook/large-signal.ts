import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { OFFERS_AT_ONCE } from '../../db/wl/signals.ts';
import { CP, EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { eventually } from '../stack/setup.ts';
import type { Stage } from './stage.ts';

// Under the minute after which it would be sent again.
const ACKED_MS = 50_000;

interface Delivery {
  readonly state: string;
  readonly ack_kind: string | null;
  readonly offers_changed: number | null;
  readonly statuses: readonly (number | null)[];
}

/** Off and on again: each time the importer answers 202, and its worker acks when the last one is done. */
export async function largeSignal(stage: Stage): Promise<void> {
  await addOffers(stage);
  for (const [action, isOn] of [
    ['DISABLE', false],
    ['ENABLE', true],
  ] as const) {
    const before = await countEligible(stage);
    const signalId = await send(stage, action);
    const delivery = () => deliveryOf(stage, signalId, IMPORTER.wlId);
    await eventually('it is acked', async () => (await delivery()).state === 'ACKED', ACKED_MS);
    const { offers_changed: changed, ...rest } = await delivery();
    expect(rest).toEqual({ state: 'ACKED', ack_kind: 'EXPLICIT', statuses: [202] });
    expect(changed).toBeGreaterThan(OFFERS_AT_ONCE);
    const after = await countEligible(stage);
    expect(isOn ? after : before).toBeGreaterThan(OFFERS_AT_ONCE);
    expect(isOn ? before : after).toBe(0);
    // The exporter has nothing to switch off: its answer is the ack.
    const other = () => deliveryOf(stage, signalId, EXPORTER.wlId);
    await eventually('the exporter acks', async () => (await other()).state === 'ACKED', ACKED_MS);
    expect(await other()).toMatchObject({
      ...{ state: 'ACKED', ack_kind: 'BODY', statuses: [200] },
    });
  }
}

/** Copies of one offer that can be bought, under names of their own. */
async function addOffers(stage: Stage): Promise<void> {
  await stage.rows(
    IMPORTER,
    `INSERT INTO imported_offer (exporter, origin_offer_id, title, category_id, category_name,
         entity_id, entity_name, origin_unit_price_minor, origin_currency, fx_rate,
         commission_rate, unit_price_minor, currency, available, eligible, lifecycle_status,
         relationship_revision)
     SELECT exporter, 'copy-' || n, title, category_id, category_name, entity_id, entity_name,
         origin_unit_price_minor, origin_currency, fx_rate, commission_rate, unit_price_minor,
         currency, available, eligible, lifecycle_status, relationship_revision
       FROM (SELECT * FROM imported_offer WHERE eligible LIMIT 1) AS one,
            generate_series(1, $1::integer) AS n`,
    [OFFERS_AT_ONCE + 1],
  );
}

async function send(stage: Stage, action: 'DISABLE' | 'ENABLE'): Promise<string> {
  const { id } = await stage.stack.web(CP).need<{ id: string }>('/imbalance/signals', {
    method: 'POST',
    bearer: stage.masterToken,
    headers: { 'idempotency-key': randomUUID() },
    body: { src: EXPORTER.wlId, dst: IMPORTER.wlId, action, reason: 'a test of many offers' },
  });
  return id;
}

async function deliveryOf(stage: Stage, signalId: string, wlId: string): Promise<Delivery> {
  const [row] = await stage.rows<Delivery>(
    CP,
    `SELECT state, ack_kind, offers_changed, ARRAY(SELECT status FROM signal_attempt AS attempt
         WHERE attempt.signal_id = delivery.signal_id AND attempt.wl_id = delivery.wl_id
         ORDER BY attempt) AS statuses
       FROM signal_delivery AS delivery WHERE signal_id = $1 AND wl_id = $2`,
    [signalId, wlId],
  );
  if (row === undefined) throw new Error('the signal has no such delivery');
  return row;
}

async function countEligible(stage: Stage): Promise<number> {
  const text = 'SELECT count(*)::integer AS count FROM imported_offer WHERE eligible';
  const [row] = await stage.rows<{ count: number }>(IMPORTER, text);
  return row?.count ?? 0;
}
