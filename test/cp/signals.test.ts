import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signalWorkflowId } from '../../workflows/signal-dispatch/contract.ts';
import { eventually } from '../stack/setup.ts';
import { LONG, startSignalStage, type Pair, type SignalStage } from './signals-stage.ts';

let stage: SignalStage;

beforeAll(async () => {
  stage = await startSignalStage();
}, LONG);
afterAll(() => stage.stop(), LONG);

const acked = (pair: Pair, kind = 'ACKED BODY') => ({ [pair.src]: kind, [pair.dst]: kind });

async function settled(signalId: string, withinMs = 30_000): Promise<void> {
  const isOpen = (state: string): boolean => state === 'PENDING' || state === 'SENT';
  await eventually(
    'every delivery is final',
    async () => !Object.values(await stage.states(signalId)).some(isOpen),
    withinMs,
  );
}

async function deliver(pair: Pair): Promise<string> {
  const signalId = await stage.signal(pair);
  await stage.start();
  await settled(signalId);
  return signalId;
}

test(
  '2xx: both sides have it, once, and the rows tell the way',
  async () => {
    const pair = await stage.newPair();
    const signalId = await deliver(pair);
    expect(await stage.states(signalId)).toEqual(acked(pair));
    expect(pair.exporter.effects).toHaveLength(1);
    expect(pair.importer.isDisabled(pair)).toBe(true);
    expect(pair.exporter.calls[0]?.webhookId).toBe(`${signalId}/${pair.src}`);
    const row = await stage.cp.db
      .selectFrom('signal_delivery')
      .selectAll()
      .where('signal_id', '=', signalId)
      .where('wl_id', '=', pair.src)
      .executeTakeFirstOrThrow();
    const { created_at: created, first_sent_at: sent, acked_at: ackedAt } = row;
    expect(row).toMatchObject({ attempts: 1, offers_changed: 3 });
    expect(sent?.getTime()).toBeGreaterThanOrEqual(created.getTime());
    expect(ackedAt?.getTime()).toBeGreaterThanOrEqual(sent?.getTime() ?? 0);
    expect(row.applied_at).not.toBeNull();
    const attempts = await stage.cp.db
      .selectFrom('signal_attempt')
      .selectAll()
      .where('signal_id', '=', signalId)
      .execute();
    expect(attempts).toHaveLength(2);
    expect(attempts[0]).toMatchObject({ attempt: 1, status: 200, failure: null });
    const id = signalWorkflowId({ signalId, wlId: pair.src });
    expect(await stage.client.workflow.getHandle(id).result()).toBe('ACKED');
    const order = await stage.cp.db
      .selectFrom('work_order')
      .select('done_at')
      .where('workflow_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(order.done_at).not.toBeNull();
  },
  LONG,
);
