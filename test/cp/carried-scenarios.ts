import { randomUUID } from 'node:crypto';
import { raiseNotification } from '../../db/cp/notification.ts';
import { inTransaction } from '../../db/pool.ts';
import {
  POLICY_REVISION,
  CP_TASK_QUEUE,
  type PolicyRevisionInput,
} from '../../workflows/policy-revision/contract.ts';
import { eventually, freePort } from '../stack/setup.ts';
import type { PullingWl } from '../support/pulling-wl.ts';
import type { EngineStage } from './engine-stage.ts';
import { EXPORTER, IMPORTER } from './stage.ts';

/** What the scenarios play on: two white labels that pull, and are registered. */
export interface CarriedStage {
  readonly stage: EngineStage;
  readonly exporter: PullingWl;
  readonly importer: PullingWl;
  /** A webhook that takes everything. */
  readonly hookUrl: string;
}

export interface CarriedScenario {
  /** `<workflow>/<version>/<path>`: where its history is kept. */
  readonly golden: string;
  /** Runs it to its end; answers the workflow's id. */
  readonly run: (on: CarriedStage) => Promise<string>;
}

const LATE_MS = 60_000;
const DAY_AND_MORE_MS = 90_000_000;

/** Every way in which a revision and an alert end. */
export const CARRIED_SCENARIOS: readonly CarriedScenario[] = [
  {
    golden: 'policy-revision/v1/APPLIED',
    run: async (on) => over(on, (await revise(on, {})).revision),
  },
  {
    golden: 'policy-revision/v1/APPLIED.late',
    async run(on) {
      on.exporter.answer(503);
      const { revision } = await revise(on, { skipTime: true });
      const isTold = async (): Promise<boolean> => {
        const query = on.stage.cp.db.selectFrom('revision_applied').select('stale_at');
        const rows = await query.where('revision', '=', revision).execute();
        return rows.every((row) => row.stale_at !== null);
      };
      await eventually('people are told', isTold, LATE_MS);
      on.exporter.answer(202);
      await on.exporter.pull();
      return over(on, revision);
    },
  },
  {
    golden: 'policy-revision/v1/NOT_APPLIED',
    async run(on) {
      const { client } = on.stage;
      on.exporter.answer(503);
      const input = await revise(on, { skipTime: true });
      // A run of the same revision that was committed more than a day ago.
      const committedAt = new Date(Date.now() - DAY_AND_MORE_MS).toISOString();
      const workflowId = `${input.revision}/old`;
      const args = [{ ...input, committedAt }];
      await client.workflow.start(POLICY_REVISION, {
        ...{ taskQueue: CP_TASK_QUEUE, workflowId, args },
      });
      await over(on, workflowId);
      on.exporter.answer(202);
      await on.exporter.pull();
      await over(on, input.revision);
      return workflowId;
    },
  },
  {
    golden: 'policy-revision/v1/NUDGED',
    async run(on) {
      const { cp, work } = on.stage;
      const { kid } = await cp.db
        .selectFrom('signing_key')
        .select('kid')
        .where('wl_id', '=', IMPORTER)
        .where('state', '=', 'NEXT')
        .executeTakeFirstOrThrow();
      const path = `/wls/${IMPORTER}/keys/${kid}/revoke`;
      await cp.ask({ method: 'POST', path, token: cp.master });
      await work.settle();
      return over(on, `keys/${IMPORTER}/${kid}`);
    },
  },
  {
    golden: 'policy-revision/v1/NOT_CONNECTED',
    async run(on) {
      const { cp, work } = on.stage;
      const id = randomUUID();
      const wl = { id, name: 'wl-third', status: 'active' };
      await cp.ask({ method: 'POST', path: '/admin/api/wls', body: wl, token: cp.master });
      const path = `/admin/api/wls/${id}/policies`;
      await cp.ask({ method: 'PUT', path, body: { importEnabled: true }, token: cp.master });
      await work.settle();
      const { revision } = await cp.ordered();
      return over(on, revision);
    },
  },
  {
    golden: 'alert-delivery/v1/SENT',
    run: async (on) => over(on, await alert(on, on.hookUrl)),
  },
  {
    golden: 'alert-delivery/v1/FAILED',
    run: async (on) => over(on, await alert(on, `https://alerts.localhost:${await freePort()}/`)),
  },
  {
    golden: 'alert-delivery/v1/CANCELLED',
    async run(on) {
      const { stage } = on;
      await stage.stopWorker();
      const workflowId = await alert(on, on.hookUrl);
      await putTargets(stage, []);
      await stage.startWorker();
      return over(on, workflowId);
    },
  },
];

async function over({ stage }: CarriedStage, workflowId: string): Promise<string> {
  await stage.client.workflow.getHandle(workflowId).result();
  return workflowId;
}

let delay = 0;

async function revise(
  { stage }: CarriedStage,
  { skipTime = false }: { readonly skipTime?: boolean },
): Promise<PolicyRevisionInput> {
  stage.skipTime(skipTime);
  delay += 1;
  await stage.cp.ask({
    ...{ method: 'PUT', path: `/admin/api/wls/${EXPORTER}/policies`, token: stage.cp.master },
    body: { exportDelaySeconds: delay },
  });
  await stage.work.settle();
  stage.skipTime(false);
  return stage.cp.ordered();
}

async function putTargets({ cp }: EngineStage, targets: object[]): Promise<void> {
  const path = '/admin/api/alert-targets';
  const put = { method: 'PUT', path, body: { targets }, token: cp.master } as const;
  const { status, text } = await cp.ask(put);
  if (status !== 200) throw new Error(text);
}

/** A notification to one webhook, started with its time skipped. */
async function alert({ stage }: CarriedStage, url: string): Promise<string> {
  await putTargets(stage, [{ kind: 'WEBHOOK', url }]);
  await inTransaction(stage.cp.db, (tx) =>
    raiseNotification(tx, {
      ...{ kind: 'KEYS', severity: 'CRITICAL', title: 'A key needs a person' },
      ...{ subject: `wl/${EXPORTER}`, details: { wlId: EXPORTER }, correlationId: 'c-recorded' },
      dedupeKey: `recorded/${randomUUID()}`,
    }),
  );
  stage.skipTime(true);
  stage.work.kick();
  await stage.work.settle();
  stage.skipTime(false);
  const row = await stage.cp.db
    .selectFrom('work_order')
    .select('workflow_id')
    .where('workflow', '=', 'alertDelivery')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return row.workflow_id;
}
