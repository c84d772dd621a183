import { randomUUID } from 'node:crypto';
import { beginReversal } from '../../../db/wl/trades/reversal.ts';
import { reversalWorkflowId } from '../../../workflows/reversal/contract.ts';
import { answering, answerLost, rewritten, swallowed } from '../../support/fault-proxy.ts';
import type { PurchaseBench } from '../../support/purchase-bench.ts';
import { EXPORTER } from '../../wl/documents.ts';
import { bought, boughtUntil, requested, type Scenario } from './scenario.ts';

/** A quarter of an hour of waits, each skipped in up to a second. */
const QUARTER_SKIPPED_MS = 60_000;
const GARBAGE = { hello: 'world' };
export const FIRST = { actor: 'operator-1', reason: 'the books were compared by telephone' };
export const SECOND = { actor: 'operator-2', reason: 'I have seen it too' };

/** Every answer about the trade says another price than the one that was agreed. */
export async function differing(bench: PurchaseBench): Promise<string> {
  const cheaper = rewritten((body) => ({ ...body, unitPrice: '79.99' }));
  for (const call of ['confirm', 'status', 'cancel'] as const) bench.network.on(call, cheaper);
  return boughtUntil(bench, 'NEEDS_ATTENTION');
}

/** Whether the confirm has its effect or not, nothing that comes back is an answer. */
export async function garbled(bench: PurchaseBench, effect: 'CAPTURED' | 'NONE'): Promise<string> {
  bench.network.on('confirm', effect === 'CAPTURED' ? answerLost : swallowed, 2);
  bench.network.on('status', answering(200, GARBAGE));
  bench.network.on('cancel', answering(200, GARBAGE));
  return boughtUntil(bench, 'NEEDS_ATTENTION');
}

/** The exporter is gone after the hold, for longer than a quarter of an hour. */
export async function unresolved(bench: PurchaseBench): Promise<string> {
  const { tradeId } = await requested(bench);
  for (const call of ['confirm', 'status', 'cancel'] as const) {
    bench.network.on(call, answering(503));
  }
  await bench.startSkipping(tradeId);
  await bench.until(tradeId, 'NEEDS_ATTENTION', QUARTER_SKIPPED_MS);
  return tradeId;
}

/**
 * The exporter answers nothing but a cancel, and that from when somebody has acted: the purchase
 * goes on asking by itself, and must not be done before the person is.
 */
export function cancelOnceAsked(
  { network, importer }: PurchaseBench,
  { tradeId, action }: { readonly tradeId: string; readonly action: string },
): void {
  network.on('status', answering(503));
  network.on('cancel', async (call) => {
    const asked = await importer.node.database.db
      .selectFrom('audit')
      .select('seq')
      .where('subject', '=', tradeId)
      .where('action', '=', action)
      .executeTakeFirst();
    return asked === undefined ? answering(503)(call) : call.forward();
  });
}

export function cancelOnceAbandoned(bench: PurchaseBench, tradeId: string): void {
  cancelOnceAsked(bench, { tradeId, action: 'purchase.abandon' });
}

/** Captured, but before we have learned it somebody has had it reversed. */
export async function reversedBehindOurBack(bench: PurchaseBench): Promise<string> {
  bench.network.on('confirm', answerLost, 2);
  for (const call of ['status', 'cancel'] as const) bench.network.on(call, answering(503));
  const tradeId = await boughtUntil(bench, 'UNCERTAIN');
  await bench.importer.node.exporter.reverse(EXPORTER, tradeId, 'a mistake');
  bench.network.heal();
  await bench.until(tradeId, 'NEEDS_ATTENTION');
  return tradeId;
}

export async function overridden(
  bench: PurchaseBench,
  tradeId: string,
  outcome: 'CONFIRMED' | 'COMPENSATED',
): Promise<void> {
  const { updates } = bench.importer.node.engine;
  await updates.resolve(tradeId, { ...FIRST, outcome });
  await updates.confirm(tradeId, SECOND);
}

async function healed(bench: PurchaseBench, tradeId: string): Promise<void> {
  bench.network.heal();
  await bench.finished(tradeId);
}

const PARKED = { state: 'NEEDS_ATTENTION', end: healed } as const;

const parked: readonly Scenario[] = [
  { ...PARKED, reason: 'TERMS_DIFFER', from: 'confirm', run: differing },
  {
    ...{ ...PARKED, reason: 'TERMS_DIFFER', from: 'learn', variant: 'learned' },
    async run(bench) {
      bench.network.on('confirm', answerLost, 2);
      bench.network.on(
        'status',
        rewritten((body) => ({ ...body, unitPrice: '79.99' })),
      );
      return boughtUntil(bench, 'NEEDS_ATTENTION');
    },
  },
  { ...PARKED, reason: 'UNRESOLVED', from: 'learn', run: unresolved },
  {
    ...{ ...PARKED, reason: 'ANSWER_INVALID', from: 'confirm' },
    async run(bench) {
      const elsewhere = rewritten((body) => ({ ...body, tradeId: randomUUID() }));
      for (const call of ['confirm', 'status'] as const) bench.network.on(call, elsewhere);
      return boughtUntil(bench, 'NEEDS_ATTENTION');
    },
  },
  {
    ...{ ...PARKED, reason: 'ANSWER_INVALID', from: 'learn', variant: 'learned' },
    run: (bench) => garbled(bench, 'CAPTURED'),
  },
  {
    ...{ ...PARKED, reason: 'REVERSED_UNEXPECTEDLY', from: 'learn' },
    run: reversedBehindOurBack,
    async end(bench, tradeId) {
      await overridden(bench, tradeId, 'COMPENSATED');
      await bench.finished(tradeId);
    },
  },
];

const resolved: readonly Scenario[] = [
  {
    ...{ state: 'CONFIRMED', reason: null, from: 'learn', variant: 'unparked' },
    async run(bench) {
      const tradeId = await differing(bench);
      await healed(bench, tradeId);
      return tradeId;
    },
  },
  {
    ...{ state: 'CONFIRMED', reason: null, from: 'override', variant: 'overridden' },
    async run(bench) {
      const tradeId = await garbled(bench, 'CAPTURED');
      await overridden(bench, tradeId, 'CONFIRMED');
      await healed(bench, tradeId);
      return tradeId;
    },
  },
  {
    ...{ state: 'COMPENSATED', reason: 'CANCELLED', from: 'override', variant: 'overridden' },
    async run(bench) {
      const tradeId = await garbled(bench, 'NONE');
      await overridden(bench, tradeId, 'COMPENSATED');
      await healed(bench, tradeId);
      return tradeId;
    },
  },
];

const reversed = (variant: 'parked' | undefined): Scenario => ({
  ...{ state: 'REVERSED', reason: null, from: 'reversal', workflow: 'reversal' },
  ...(variant !== undefined && { variant }),
  async run(bench) {
    const tradeId = await bought(bench);
    const { node, temporal } = bench.importer;
    await beginReversal(node.database.db, {
      tradeId,
      ...{ actor: 'operator-1', reason: 'the seller has closed', correlationId: 'test' },
      key: { route: 'reverse', value: tradeId, fingerprint: tradeId },
    });
    if (variant === 'parked') bench.network.on('reverse', answering(200, GARBAGE), 1);
    await node.starter.startReversal({ tradeId, exporter: EXPORTER });
    await temporal.client.workflow.getHandle(reversalWorkflowId(tradeId)).result();
    return tradeId;
  },
});

export const PARKED_AND_RESOLVED: readonly Scenario[] = [
  ...parked,
  ...resolved,
  reversed(undefined),
  reversed('parked'),
];
