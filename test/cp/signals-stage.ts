import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createAlertActivities } from '../../activities/alerts/activities.ts';
import { createAgent } from '../../activities/clients/agent.ts';
import {
  createSignalActivities,
  type DispatchLimits,
  type SignalDeps,
} from '../../activities/signals/activities.ts';
import { createSignalTestActivities } from '../../activities/signals/test.ts';
import { createLooker } from '../../activities/work/looker.ts';
import { createWorkSweepActivities } from '../../activities/work/sweep.ts';
import { createWorkStarter, type WorkStarter } from '../../activities/work/starter.ts';
import { testGateway } from '../../api/cp/signals/gateway-test.ts';
import { inTransaction } from '../../db/pool.ts';
import { lockPair } from '../../db/cp/pair.ts';
import { createSignal } from '../../db/cp/signals/create.ts';
import type { SignalAction } from '../../domain/imbalance/verdict.ts';
import { createLogger } from '../../runtime/log.ts';
import { createMetrics, type Metrics } from '../../runtime/metrics.ts';
import { publicLookup } from '../../runtime/public-url.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import type { TlsMaterial } from '../../runtime/tls.ts';
import type { TemporalHandle } from '../../stack/temporal/temporal.ts';
import { CP_TASK_QUEUE } from '../../workflows/policy-revision/contract.ts';
import type { SignalDispatchActivities } from '../../workflows/signal-dispatch/contract.ts';
import { eventually, testFolder } from '../stack/setup.ts';
import { startDoubleWl, type DoubleWl } from '../support/double-wl.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { pairPath, startControlPlane, type Ask, type Stage } from './stage.ts';
import { testBundle } from '../support/bundles.ts';

export const LONG = 90_000;
const NAMESPACE = 'cp';
const SETTLED_MS = 30_000;

/**
 * The engine skips a workflow's time, but not the database's, so a circuit closes at once; each skip
 * takes about a second, so the waits grow fast.
 */
export const QUICK: Partial<DispatchLimits> = {
  closedMs: 1,
  closedMaxMs: 1,
  probeMs: 200,
  backoffMs: 30_000,
};

export interface Pair {
  readonly src: string;
  readonly dst: string;
}

export interface SignalStage {
  readonly cp: Stage;
  readonly temporal: TemporalHandle;
  readonly client: Client;
  readonly metrics: Metrics;
  /** The steps that ran, with what came of them. */
  readonly steps: { readonly wlId: string; readonly waitMs: number; readonly detail: string }[];
  /** Kinds of the notifications that alert targets got, in their order; a target is set by a test. */
  readonly alerts: string[];
  /** A registered white label with a double behind its endpoint. */
  newWl(options?: NewWl): Promise<DoubleWl & { readonly certificate: TlsMaterial }>;
  /** Two of them that trade in both directions. */
  newPair(): Promise<Pair & { readonly exporter: DoubleWl; readonly importer: DoubleWl }>;
  relate(pair: Pair): Promise<void>;
  /** A signal of the pair, committed; its workflows are started by `start`. */
  signal(pair: Pair, action?: SignalAction): Promise<string>;
  /** Starts what is ordered, with the workflows' time skipped. */
  start(): Promise<void>;
  states(signalId: string): Promise<Readonly<Record<string, string>>>;
  /** Signals, starts, and waits until every delivery is final; answers the signal's id. */
  deliver(pair: Pair, action?: SignalAction): Promise<string>;
  settled(signalId: string, withinMs?: number): Promise<void>;
  /** Failures of the attempts to one WL, in their order; null where one was answered well. */
  failures(signalId: string, wlId: string): Promise<(string | null)[]>;
  notices(wlId: string): Promise<string[]>;
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  stop(): Promise<void>;
}

export interface NewWl {
  readonly host?: string;
  /** What the double shows; of our authority and for its host unless told. */
  readonly tls?: TlsMaterial;
  readonly hasEndpoint?: boolean;
}

/** Control Plane, engine and a worker with the activities of cp-worker, in this process. */
export async function startSignalStage(
  limits = QUICK,
  engine: Readonly<Record<string, number>> = {},
): Promise<SignalStage> {
  const folder = await testFolder();
  const log = createLogger({ name: 'test', level: 'silent' });
  installRuntime(log);
  const temporal = await startTestTemporal(folder.path, [NAMESPACE], engine);
  const connection = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: NAMESPACE });
  const looker = createLooker({ client: () => client, log });
  const kicks: { work?: WorkStarter } = {};
  const cp = await startControlPlane({
    work: { kick: () => kicks.work?.kick() },
    signals: { look: looker.look, test: (input) => testGateway(client, input) },
  });
  const work = createWorkStarter({ db: cp.db, client: () => skipping(connection), log });
  kicks.work = work;
  const metrics = createMetrics({ process: 'test', nodeFigures: false });
  const agent = createAgent({
    tls: await cp.pki.issue({ sanUri: 'urn:xpory:cp' }),
    connections: 4,
    lookup: publicLookup('local'),
  });
  const { db, sealer } = cp;
  const look = looker.look;
  const deps: SignalDeps = { db, sealer, profile: 'local', agent, metrics, look, work, limits };
  const alerts: string[] = [];
  const steps: SignalStage['steps'] = [];
  const activities = {
    ...noting(createSignalActivities(deps), steps),
    ...createSignalTestActivities(deps),
    ...createWorkSweepActivities({ db, starter: work, log }),
    ...createAlertActivities({
      ...{ db, sealer, mail: undefined },
      webhook: async ({ notification }) => void alerts.push(notification.kind),
    }),
  };
  const workflowBundle = await testBundle('cp');
  const doubles: DoubleWl[] = [];
  let running: { readonly worker: Worker; readonly done: Promise<void> } | undefined;
  const startWorker = async (): Promise<void> => {
    const options = { connection, namespace: NAMESPACE, taskQueue: CP_TASK_QUEUE };
    const worker = await Worker.create({ ...options, workflowBundle, activities });
    running = { worker, done: worker.run() };
  };
  const stopWorker = async (): Promise<void> => {
    running?.worker.shutdown();
    await running?.done;
    running = undefined;
  };
  await startWorker();
  const newWl: SignalStage['newWl'] = async (options = {}) => {
    const double = await registerDouble(cp, options);
    doubles.push(double);
    return double;
  };
  const relate = (pair: Pair): Promise<void> => putRelationship(cp, pair);
  const signal: SignalStage['signal'] = (pair, action = 'DISABLE') =>
    commitSignal(cp, pair, action);
  const start = async (): Promise<void> => {
    work.kick();
    await work.settle();
  };
  const settled: SignalStage['settled'] = (signalId, withinMs = SETTLED_MS) =>
    eventually('every delivery is final', () => isSettled(cp, signalId), withinMs);
  return {
    ...{ cp, temporal, client, metrics, steps, alerts, newWl, relate, startWorker, stopWorker },
    async newPair() {
      const [exporter, importer] = [await newWl(), await newWl()];
      const pair = { src: exporter.wlId, dst: importer.wlId };
      await relate(pair);
      return { ...pair, exporter, importer };
    },
    ...{ signal, start, settled },
    states: (signalId) => statesOf(cp, signalId),
    failures: (signalId, wlId) => failuresOf(cp, signalId, wlId),
    notices: (wlId) => noticesOf(cp, wlId),
    async deliver(pair, action) {
      const signalId = await signal(pair, action);
      await start();
      await settled(signalId);
      return signalId;
    },
    async stop() {
      await stopWorker();
      await work.settle();
      await looker.settle();
      await agent.close();
      await Promise.all(doubles.map((double) => double.down()));
      await connection.close();
      await temporal.stop();
      await cp.stop();
      await folder.remove();
    },
  };
}

function noting(
  { deliverSignal }: SignalDispatchActivities,
  steps: SignalStage['steps'],
): SignalDispatchActivities {
  return {
    async deliverSignal(input) {
      const step = await deliverSignal(input);
      const { wlId } = input;
      if (step.kind === 'WAIT') steps.push({ wlId, waitMs: step.waitMs, detail: step.detail });
      return step;
    },
  };
}

export async function registerDouble(cp: Stage, options: NewWl) {
  const { host = `${randomUUID()}.localhost`, hasEndpoint = true } = options;
  const wlId = randomUUID();
  const certificate = await cp.certificate(wlId);
  const sanUri = `urn:xpory:wl:${wlId}`;
  const tls = options.tls ?? (await cp.pki.issue({ sanUri, dnsNames: [host] }));
  const secret = { now: '' };
  const double = await startDoubleWl({ wlId, tls, host, secret: () => secret.now });
  const wl = { id: wlId, name: `wl-${wlId}`, status: 'active' };
  await need(cp, { method: 'POST', path: '/admin/api/wls', body: wl, token: cp.master });
  const secrets = { method: 'POST', path: `/wls/${wlId}/secrets`, as: certificate } as const;
  secret.now = ((await need(cp, secrets)) as { signalSecret: string }).signalSecret;
  if (hasEndpoint) {
    await registerEndpoint(cp, { wlId, certificate, peerUrl: double.url });
  }
  return { ...double, certificate };
}

/** What a white label says of itself: where it is reached. */
export async function registerEndpoint(
  cp: Stage,
  wl: { readonly wlId: string; readonly certificate: TlsMaterial; readonly peerUrl: string },
): Promise<void> {
  const eventKeys = { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'e1', x: 'A'.repeat(43) }] };
  const body = { peerUrl: wl.peerUrl, currency: 'XEX', eventKeys };
  const path = `/wls/${wl.wlId}/endpoint`;
  await need(cp, { method: 'PUT', path, body, as: wl.certificate });
}

export async function putRelationship(cp: Stage, { src, dst }: Pair): Promise<void> {
  const body = { status: 'active', fxRate: 1, limitAmount: 1_000, updatedBy: 't' };
  await need(cp, { method: 'PUT', path: pairPath(src, dst), body, token: cp.master });
}

/** The body of an answer that says yes. */
export async function need(cp: Stage, request: Ask): Promise<unknown> {
  const { status, body, text } = await cp.ask(request);
  if (status >= 300) throw new Error(`${request.path}: ${status} ${text}`);
  return body;
}

export function commitSignal(cp: Stage, { src, dst }: Pair, action: SignalAction): Promise<string> {
  return inTransaction(cp.db, async (tx) => {
    await lockPair(tx, { src, dst });
    const signal = await createSignal(tx, {
      pair: { src, dst },
      action,
      origin: 'AUTOMATIC',
      reason: 'LIMIT_EXCEEDED',
      exposureMinor: 100_001n,
      limitMinor: 100_000n,
      author: { actor: 'test', source: 'test', correlationId: randomUUID() },
      causedAt: new Date(),
    });
    return signal.id;
  });
}

async function statesOf(cp: Stage, signalId: string): Promise<Record<string, string>> {
  const rows = await cp.db
    .selectFrom('signal_delivery')
    .select(['wl_id', 'state', 'ack_kind'])
    .where('signal_id', '=', signalId)
    .execute();
  return Object.fromEntries(
    rows.map(({ wl_id: id, state, ack_kind: kind }) => [
      id,
      kind === null ? state : `${state} ${kind}`,
    ]),
  );
}

async function isSettled(cp: Stage, signalId: string): Promise<boolean> {
  const states = Object.values(await statesOf(cp, signalId));
  return !states.some((state) => state === 'PENDING' || state === 'SENT');
}

async function failuresOf(cp: Stage, signalId: string, wlId: string): Promise<(string | null)[]> {
  const rows = await cp.db
    .selectFrom('signal_attempt')
    .select('failure')
    .where('signal_id', '=', signalId)
    .where('wl_id', '=', wlId)
    .orderBy('attempt')
    .execute();
  return rows.map(({ failure }) => failure);
}

async function noticesOf(cp: Stage, wlId: string): Promise<string[]> {
  const rows = await cp.db
    .selectFrom('notification')
    .select('kind')
    .where('subject', '=', `wl/${wlId}`)
    .orderBy('created_at')
    .execute();
  return rows.map(({ kind }) => kind);
}

/** Starts workflows with their time skipped (TEMPORAL.md, Tests); the client has no option yet. */
function skipping(connection: NativeConnection): Pick<Client, 'workflow'> {
  const start = async (
    workflow: string,
    { workflowId, args }: { workflowId: string; args: unknown[] },
  ): Promise<void> => {
    await connection.workflowService.startWorkflowExecution({
      namespace: NAMESPACE,
      workflowId,
      workflowType: { name: workflow },
      taskQueue: { name: CP_TASK_QUEUE },
      input: { payloads: args.map((arg) => defaultPayloadConverter.toPayload(arg)) },
      requestId: randomUUID(),
      timeSkippingConfig: { enabled: true },
    });
  };
  return { workflow: { start } } as unknown as Pick<Client, 'workflow'>;
}
