import { createApprovalRelayActivities } from '../activities/approval-relay/activities.ts';
import { createOwnRenewalActivities } from '../activities/certificate-renewal/own.ts';
import { createAgent } from '../activities/clients/agent.ts';
import {
  createPolicyRevisionActivities,
  type PolicyRevisionDeps,
} from '../activities/policy-revision/activities.ts';
import { createReconcileActivities } from '../activities/reconcile/activities.ts';
import { createRetentionActivities } from '../activities/retention/activities.ts';
import { createSettlementActivities } from '../activities/settlement/activities.ts';
import { createSnapshotActivities } from '../activities/snapshot/activities.ts';
import { ensureSchedules, type UpkeepSchedule } from '../activities/upkeep/schedules.ts';
import { createWorkStarter, type WorkStarter } from '../activities/work/starter.ts';
import { createWorkSweepActivities } from '../activities/work/sweep.ts';
import { revokedSet } from '../db/cp/certificate.ts';
import { CP_MIGRATIONS } from '../db/cp/migrations.ts';
import type { CpSchema } from '../db/cp/schema.ts';
import { replaceSnapshot } from '../db/cp/snapshot.ts';
import { readWl } from '../db/cp/wl.ts';
import { readCpConfig, type CpConfig } from '../runtime/config.ts';
import type { Logger } from '../runtime/log.ts';
import { CERTIFICATE_RENEWAL } from '../workflows/certificate-renewal/contract.ts';
import { CP_TASK_QUEUE } from '../workflows/policy-revision/contract.ts';
import { RECONCILE } from '../workflows/reconcile/contract.ts';
import { RETENTION } from '../workflows/retention/contract.ts';
import { APPROVAL_REMINDER } from '../workflows/approval-reminder/contract.ts';
import { WORK_SWEEP } from '../workflows/work-sweep/contract.ts';
import { linkEngine } from './compose/engine-link.ts';
import { openPartyDatabase, type PartyDatabase } from './compose/party-database.ts';
import { alertActivities } from './compose/alert-activities.ts';
import { measurePolicyDrift } from './compose/policy-drift.ts';
import { createWorkerParts, run, serveHealth } from './compose/process.ts';
import { signalActivities } from './compose/signal-activities.ts';
import { openRevocations, openTls } from './compose/transport.ts';
import { workflowBundle } from './compose/workflow-bundle.ts';

const NAME = 'cp-worker';
// Nudges to one WL are rare and short; a burst after a mass change queues for a moment.
const CONNECTIONS_PER_WL = 4;
/** Days are turned by date; an hour bounds how much one run has to forget. */
const RETENTION_SECONDS = 3_600;
// People are told at half of a day: a minute sooner or later is nothing.
const APPROVAL_REMINDER_SECONDS = 60;

/**
 * Workflow tasks that run at once; more wait at the engine, where waiting costs nothing. A signal's
 * first attempt runs inside its task: with the default of 40, a burst of a thousand signals made
 * tasks late, each late one was given out again and sent its signal again, and the queue never
 * drained.
 */
const RUNNING_WORKFLOWS = 16;
/**
 * Waits of slow gateways are activities. As many as the database has connections to give, and some
 * that only wait for an answer.
 */
const RUNNING_ACTIVITIES = 32;

/** Runs the Control Plane's workflows; its listener serves only /metrics, /readyz and /healthz. */
async function main(): Promise<void> {
  const config = readCpConfig(process.env);
  const parts = await createWorkerParts(NAME, config);
  const { log, shutdown } = parts;
  const database = await openPartyDatabase<CpSchema>(config, {
    ...parts,
    migrations: CP_MIGRATIONS,
  });
  shutdown.add('database', database.close);
  const transport = {
    tls: openTls(config, parts),
    revocations: await openRevocations(() => revokedSet(database.db), parts),
  };
  const agent = createAgent({
    ...transport,
    connections: CONNECTIONS_PER_WL,
    ...{ tracing: parts.tracing, points: parts.points },
  });
  shutdown.add('agent', () => agent.close());
  const work = createWorkStarter({ db: database.db, client: () => link.client(), log });
  const drift = {
    driftSeconds: config.policyDriftSeconds,
    onDrift: measurePolicyDrift(parts.metrics, database.db),
  };
  const client = () => link.client();
  const activities = {
    ...cpActivities(database, { agent, work, log, drift }),
    ...signalActivities(config, { ...parts, database, client, work, transport }),
    ...alertActivities(config, { ...parts, database }),
    ...createRetentionActivities({ db: database.db, eventDays: config.eventDays }),
    ...createOwnRenewalActivities({
      ...{ db: database.db, agent, work, cpUrl: config.cpUrl, clock: () => new Date() },
      files: config.listen.certificates,
    }),
  };
  const link = linkEngine(config, {
    ...parts,
    workers: async () => {
      const bundle = await workflowBundle('cp', config.workflowBundle, log);
      return [
        {
          taskQueue: CP_TASK_QUEUE,
          workflowBundle: bundle,
          activities,
          maxConcurrentWorkflowTaskExecutions: RUNNING_WORKFLOWS,
          maxConcurrentActivityTaskExecutions: RUNNING_ACTIVITIES,
        },
      ];
    },
    onConnected: (client) => ensureSchedules(client, schedulesOf(config)),
  });
  await serveHealth(config, parts);
}

interface CpParts {
  readonly agent: ReturnType<typeof createAgent>;
  readonly work: WorkStarter;
  readonly log: Logger;
  readonly drift: Pick<PolicyRevisionDeps, 'driftSeconds' | 'onDrift'>;
}

function cpActivities(
  { db, sealer }: PartyDatabase<CpSchema>,
  { agent, work, log, drift }: CpParts,
) {
  const peerUrlOf = async (wlId: string): Promise<string | undefined> =>
    (await readWl(db, sealer, wlId))?.peerUrl ?? undefined;
  return {
    ...createSettlementActivities({ db, work }),
    ...createApprovalRelayActivities({ db, agent, peerUrlOf, work }),
    ...createWorkSweepActivities({ db, starter: work, log }),
    ...createReconcileActivities({ db, work, log }),
    ...createPolicyRevisionActivities({ db, agent, peerUrlOf, work, ...drift }),
    ...createSnapshotActivities({
      agent,
      peerUrlOf,
      store: (request) => replaceSnapshot(db, request),
    }),
  };
}

/** What nobody asks for at a certain moment; a crash leaves the rest to these too. */
function schedulesOf({ schedules }: CpConfig): UpkeepSchedule[] {
  return [
    {
      id: 'work-sweep',
      workflow: WORK_SWEEP,
      everySeconds: schedules.workSweepSeconds,
      taskQueue: CP_TASK_QUEUE,
    },
    {
      id: 'approval-reminder',
      workflow: APPROVAL_REMINDER,
      everySeconds: APPROVAL_REMINDER_SECONDS,
      taskQueue: CP_TASK_QUEUE,
    },
    {
      id: 'reconcile',
      workflow: RECONCILE,
      everySeconds: schedules.reconcileSeconds,
      taskQueue: CP_TASK_QUEUE,
    },
    {
      id: 'retention',
      workflow: RETENTION,
      everySeconds: RETENTION_SECONDS,
      taskQueue: CP_TASK_QUEUE,
    },
    {
      id: 'certificate-renewal',
      workflow: CERTIFICATE_RENEWAL,
      everySeconds: schedules.certificateCheckSeconds,
      taskQueue: CP_TASK_QUEUE,
    },
  ];
}

run(NAME, main);
