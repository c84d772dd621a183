import { approvalRelayId } from '../../../workflows/approval-relay/contract.ts';
import { eventually } from '../../stack/setup.ts';
import { IMPORTER } from '../stage.ts';
import type { ApprovalBench } from './bench.ts';

export interface ApprovalScenario {
  /** `<workflow>/<version>/<path>`: where its history is kept. */
  readonly golden: string;
  readonly title: string;
  /** Runs it to its end and answers the workflow's id. */
  readonly run: (bench: ApprovalBench) => Promise<{ workflowId: string; tradeId: string }>;
  readonly result: unknown;
  /** State, outcome and reason of the decision's row. */
  readonly row: readonly (string | null)[];
}

/** Each skip of time takes the engine up to a second. */
const SOON_MS = 60_000;

type Verb = 'approve' | 'reject';

/** A decision by the routes of the Control Plane. */
export async function decide({ cp }: ApprovalBench, tradeId: string, verb: Verb, token?: string) {
  return cp.ask({
    method: 'POST',
    path: `/admin/api/approvals/${tradeId}/${verb}`,
    body: verb === 'reject' ? { reason: 'stock is damaged' } : {},
    token: token ?? cp.master,
  });
}

async function relayed(bench: ApprovalBench, tradeId: string, verb: Verb) {
  const { status, text } = await decide(bench, tradeId, verb);
  if (status !== 200) throw new Error(text);
  const workflowId = approvalRelayId({ importer: IMPORTER, tradeId });
  await bench.start(workflowId);
  return { workflowId, tradeId };
}

/** What became of decisions on their way, one scenario a way. */
export const APPROVAL_SCENARIOS: readonly ApprovalScenario[] = [
  {
    golden: 'approval-relay/v1/SETTLED.CONFIRMED',
    title: 'an approval is carried to the exporter, which captures',
    run: async (bench) => relayed(bench, await bench.waiting(), 'approve'),
    result: { state: 'SETTLED', status: 'CONFIRMED' },
    row: ['SETTLED', 'CONFIRMED', null],
  },
  {
    golden: 'approval-relay/v1/SETTLED.REJECTED',
    title: 'a rejection is carried with its reason',
    run: async (bench) => relayed(bench, await bench.waiting(), 'reject'),
    result: { state: 'SETTLED', status: 'REJECTED' },
    row: ['SETTLED', 'REJECTED', 'MANUAL_REJECT'],
  },
  {
    golden: 'approval-relay/v1/SETTLED.exporter-first',
    title: 'the exporter’s own decision came first and is the outcome',
    async run(bench) {
      const tradeId = await bench.waiting();
      bench.exporter.rows.set(tradeId, { status: 'REJECTED', reason: 'MANUAL_REJECT' });
      return relayed(bench, tradeId, 'approve');
    },
    result: { state: 'SETTLED', status: 'REJECTED' },
    row: ['SETTLED', 'REJECTED', 'MANUAL_REJECT'],
  },
  {
    golden: 'approval-relay/v1/SETTLED.after-outage',
    title: 'an exporter that is out of order, or lets nobody in, is asked until it answers',
    async run(bench) {
      const tradeId = await bench.waiting();
      bench.exporter.failures.push(0, 503, 429, 500, 403, 401);
      return relayed(bench, tradeId, 'approve');
    },
    result: { state: 'SETTLED', status: 'CONFIRMED' },
    row: ['SETTLED', 'CONFIRMED', null],
  },
  {
    golden: 'approval-relay/v1/SETTLED.lost-answer',
    title: 'an answer that was lost with the worker is asked for again, and decides nothing twice',
    async run(bench) {
      const tradeId = await bench.waiting();
      bench.exporter.failures.push(500);
      const before = bench.exporter.calls.length;
      const started = await relayed(bench, tradeId, 'approve');
      await eventually('asked once', () => bench.exporter.calls.length > before, SOON_MS);
      await bench.stopWorker();
      // The decision took effect there, and nobody here has heard of it.
      bench.exporter.rows.set(tradeId, { status: 'CONFIRMED' });
      await bench.startWorker();
      return started;
    },
    result: { state: 'SETTLED', status: 'CONFIRMED' },
    row: ['SETTLED', 'CONFIRMED', null],
  },
  {
    golden: 'approval-relay/v1/REFUSED.NOT_FOUND',
    title: 'an exporter that knows no such purchase ends it, and people are told',
    async run(bench) {
      const tradeId = await bench.waiting();
      bench.exporter.rows.delete(tradeId);
      return relayed(bench, tradeId, 'approve');
    },
    result: { state: 'REFUSED', status: 'NOT_FOUND' },
    row: ['REFUSED', 'NOT_FOUND', null],
  },
];
