import { randomUUID } from 'node:crypto';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { answerLost, gate, swallowed, type Fault } from '../../support/fault-proxy.ts';
import type { PurchaseBench } from '../../support/purchase-bench.ts';
import { EXPORTER } from '../../wl/documents.ts';
import { dropRelationship, givenHold } from './refusals.ts';
import { bought, boughtUntil, requested, type Scenario } from './scenario.ts';

/** What happens at the exporter while a confirm is on its way. */
type Interference = (bench: PurchaseBench, tradeId: string) => Promise<void>;

const blocked: Interference = (bench) => bench.govern({ relationship: { status: 'BLOCKED' } });
const cancelled: Interference = async (bench, tradeId) => {
  await bench.importer.node.exporter.cancel(EXPORTER, tradeId);
};
const expired: Interference = (bench) =>
  bench.moveClock(bench.exporter, bench.exporter.settings.holdTtlSeconds);

/**
 * The confirm stands before the exporter until the interference is through. Where its answer, and
 * that of its retry, is lost, the same refusal is learned.
 */
const refusedAtConfirm =
  (reason: RefusalCode, interfere: Interference) =>
  (from: 'confirm' | 'learn'): Scenario => ({
    state: 'COMPENSATED',
    ...{ reason, from },
    ...(from === 'learn' && { variant: 'learned' }),
    async run(bench) {
      const { tradeId } = await requested(bench);
      await interfered(bench, { tradeId, from, interfere: () => interfere(bench, tradeId) });
      return tradeId;
    },
    end: (bench) => restore(bench, reason),
  });

interface Interfered {
  readonly tradeId: string;
  readonly from: 'confirm' | 'learn';
  readonly interfere: () => Promise<void>;
}

async function interfered(bench: PurchaseBench, what: Interfered): Promise<void> {
  const held = gate('BEFORE');
  const lost: Fault = async (intercepted) => {
    await held.fault(intercepted);
    return 'BREAK';
  };
  bench.network.on('confirm', what.from === 'learn' ? lost : held.fault, 2);
  await bench.start(what.tradeId);
  await held.reached;
  await what.interfere();
  held.open();
  await bench.finished(what.tradeId);
}

async function restore(bench: PurchaseBench, reason: RefusalCode): Promise<void> {
  await bench.govern({});
  if (reason !== 'HOLD_EXPIRED') return;
  await bench.moveClock(bench.exporter, -bench.exporter.settings.holdTtlSeconds);
}

const takenHold = (from: 'confirm' | 'learn'): Scenario => ({
  state: 'COMPENSATED',
  reason: 'HOLD_TAKEN',
  from,
  ...(from === 'learn' && { variant: 'learned' }),
  async run(bench) {
    const given = await givenHold(bench);
    const tradeId = await bench.request(given.buyer, given, { givenHoldId: given.holdId });
    const { exporter } = bench.importer.node;
    const interfere = async (): Promise<void> => {
      await exporter.cancel(EXPORTER, randomUUID(), given.holdId);
    };
    await interfered(bench, { tradeId, from, interfere });
    return tradeId;
  },
});

const refused = (['confirm', 'learn'] as const).flatMap((from) => [
  refusedAtConfirm('HOLD_EXPIRED', expired)(from),
  refusedAtConfirm('RELATIONSHIP_BLOCKED', blocked)(from),
  refusedAtConfirm('RELATIONSHIP_MISSING', dropRelationship)(from),
  takenHold(from),
]);

const confirmed: readonly Scenario[] = [
  { state: 'CONFIRMED', reason: null, from: 'confirm', run: (bench) => bought(bench) },
  {
    ...{ state: 'CONFIRMED', reason: null, from: 'confirm', variant: 'given-hold' },
    async run(bench) {
      const given = await givenHold(bench);
      const tradeId = await bench.request(given.buyer, given, { givenHoldId: given.holdId });
      await bench.start(tradeId);
      await bench.finished(tradeId);
      return tradeId;
    },
  },
  {
    ...{ state: 'CONFIRMED', reason: null, from: 'learn', variant: 'learned' },
    async run(bench) {
      bench.network.on('confirm', answerLost, 2);
      return bought(bench);
    },
  },
];

const unclear: readonly Scenario[] = [
  refusedAtConfirm('CANCELLED', cancelled)('confirm'),
  {
    ...{ state: 'COMPENSATED', reason: 'CANCELLED', from: 'learn', variant: 'learned' },
    async run(bench) {
      bench.network.on('confirm', swallowed, 2);
      return bought(bench);
    },
  },
  {
    ...{ state: 'UNCERTAIN', reason: null, from: 'confirm' },
    async run(bench) {
      for (const call of ['confirm', 'status', 'cancel'] as const)
        bench.network.on(call, swallowed);
      const tradeId = await boughtUntil(bench, 'UNCERTAIN');
      return tradeId;
    },
    async end(bench, tradeId) {
      bench.network.heal();
      await bench.finished(tradeId);
    },
  },
];

const MANUAL = { relationship: { approval: { mode: 'MANUAL', aboveAmount: '0.00' } } } as const;

/** A purchase that a person at the exporter has to decide. */
export async function waiting(bench: PurchaseBench): Promise<string> {
  await bench.govern(MANUAL);
  const tradeId = await boughtUntil(bench, 'AWAITING_APPROVAL');
  await bench.govern({});
  return tradeId;
}

const APPROVAL = { from: 'approval' } as const;

const decided: readonly Scenario[] = [
  {
    ...{ ...APPROVAL, state: 'AWAITING_APPROVAL', reason: null },
    run: waiting,
    async end(bench, tradeId) {
      await bench.decide(tradeId, 'approve');
      await bench.finished(tradeId);
    },
  },
  {
    ...{ ...APPROVAL, state: 'CONFIRMED', reason: null, variant: 'approved' },
    approval: 'CONFIRMED.none',
    async run(bench) {
      const tradeId = await waiting(bench);
      await bench.decide(tradeId, 'approve');
      await bench.finished(tradeId);
      return tradeId;
    },
  },
  {
    ...{ ...APPROVAL, state: 'COMPENSATED', reason: 'MANUAL_REJECT' },
    approval: 'REJECTED.MANUAL_REJECT',
    async run(bench) {
      const tradeId = await waiting(bench);
      await bench.decide(tradeId, 'reject');
      await bench.finished(tradeId);
      return tradeId;
    },
  },
  {
    ...{ ...APPROVAL, state: 'COMPENSATED', reason: 'RELATIONSHIP_BLOCKED', variant: 'approval' },
    approval: 'REJECTED.RELATIONSHIP_BLOCKED',
    async run(bench) {
      const tradeId = await waiting(bench);
      await bench.govern({ relationship: { status: 'BLOCKED' } });
      await bench.decide(tradeId, 'approve');
      await bench.finished(tradeId);
      await bench.govern({});
      return tradeId;
    },
  },
  {
    ...{ ...APPROVAL, state: 'COMPENSATED', reason: 'APPROVAL_EXPIRED' },
    approval: 'REJECTED.APPROVAL_EXPIRED',
    run: (bench) => withDeadline(bench, waiting),
  },
  {
    ...{ ...APPROVAL, state: 'COMPENSATED', reason: 'CANCELLED', variant: 'deadline' },
    approval: 'CANCELLED.CANCELLED',
    // The exporter's clock is behind: at our deadline it would still wait, so it is told to cancel.
    async run(bench) {
      const tradeId = await withDeadline(bench, async () => {
        const begun = await waiting(bench);
        await bench.moveClock(bench.exporter, -CLOCK_BEHIND_SECONDS);
        return begun;
      });
      await bench.moveClock(bench.exporter, CLOCK_BEHIND_SECONDS);
      return tradeId;
    },
  },
];

const DEADLINE_SECONDS = 2;
const CLOCK_BEHIND_SECONDS = 60;

async function withDeadline(
  bench: PurchaseBench,
  begin: (bench: PurchaseBench) => Promise<string>,
): Promise<string> {
  const { settings } = bench.exporter;
  const before = settings.approvalTtlSeconds;
  settings.approvalTtlSeconds = DEADLINE_SECONDS;
  const tradeId = await begin(bench);
  settings.approvalTtlSeconds = before;
  await bench.finished(tradeId);
  return tradeId;
}

export const ANSWERS: readonly Scenario[] = [...confirmed, ...refused, ...unclear, ...decided];
