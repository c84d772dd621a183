import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Kysely } from 'kysely';
import { createAgent } from '../../activities/clients/agent.ts';
import { createPolicyRevisionActivities } from '../../activities/policy-revision/activities.ts';
import { createSettlementActivities } from '../../activities/settlement/activities.ts';
import { createSignalActivities } from '../../activities/signals/activities.ts';
import { createLooker } from '../../activities/work/looker.ts';
import { createWorkStarter } from '../../activities/work/starter.ts';
import { createWorkSweepActivities } from '../../activities/work/sweep.ts';
import type { CpApiDeps } from '../../api/cp/deps.ts';
import { createGuards } from '../../api/cp/guards.ts';
import { pullRoute } from '../../api/cp/policies/pull.ts';
import { relationshipRoutes } from '../../api/cp/relationships/routes.ts';
import { settlementRoutes } from '../../api/cp/settlements/routes.ts';
import { signalRoutes } from '../../api/cp/signals/routes.ts';
import { telemetryRoutes } from '../../api/cp/telemetry/routes.ts';
import { createSigner } from '../../api/cp/tokens/signer.ts';
import type { Route } from '../../api/http/route.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { readWl } from '../../db/cp/wl.ts';
import { finishWork } from '../../db/cp/work-order.ts';
import type { Sealer } from '../../db/sealed.ts';
import type { Logger } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import type { TlsMaterial } from '../../runtime/tls.ts';
import type { TokenVerifier } from '../../runtime/tokens.ts';
import { ISSUER } from '../../test/wl/tokens.ts';
import { COMPENSATION_PLAN } from '../../workflows/compensation-plan/contract.ts';
import { SETTLEMENT_DELIVERY } from '../../workflows/settlement-delivery/contract.ts';
import { SIGNAL_DISPATCH } from '../../workflows/signal-dispatch/contract.ts';
import { engineClient } from '../engine/client.ts';
import type { Activities, Engine } from '../engine/engine.ts';
import { labelOf } from '../faults.ts';
import type { Markers } from '../markers.ts';
import type { Stage } from '../party.ts';

/** What the Control Plane does in a seed that it governs: its routes and its worker's steps. */
export interface Office {
  readonly routes: readonly Route[];
  readonly activities: Activities;
  /** Starts what commits have ordered; a process that ends here leaves it to the sweep. */
  startOrders(): Promise<void>;
  /** One run of the schedule that starts what was left behind. */
  sweep(): Promise<void>;
  /** Tells workflows that their rows have changed. */
  tell(workflowIds: readonly string[]): Promise<void>;
  /** An order whose workflow the double does not run is done. */
  finish(workflowId: string): Promise<void>;
  close(): Promise<void>;
}

export interface OfficeOptions {
  /** With fault points. */
  readonly db: Kysely<CpSchema>;
  readonly sealer: Sealer;
  readonly verifier: TokenVerifier;
  readonly tls: TlsMaterial;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly stage: () => Stage;
  readonly markers: Markers;
}

/** What the double runs of the Control Plane's workflows. */
const TYPES: ReadonlySet<string> = new Set([
  SIGNAL_DISPATCH,
  SETTLEMENT_DELIVERY,
  COMPENSATION_PLAN,
]);
const CONNECTIONS = 8;
/** As in production (DESIGN.md 7): policies may be late by so much. */
const DRIFT_SECONDS = 300;
/** What fails is part of the plan. */
const SILENT = new DefaultLogger('ERROR');

/** Composes API and worker of the Control Plane as its processes do, on the double of the engine. */
export function openOffice(options: OfficeOptions): Office {
  const { db, sealer, verifier, tls, clock, log, stage, markers } = options;
  const client = doubledClient(stage);
  const work = { kick: () => stage().onOrders() };
  const look = (ids: readonly string[]): void => stage().onLook(ids);
  const agent = createAgent({
    ...{ tls, connections: CONNECTIONS },
    points: (point, facts) => stage().faults.pass(point, labelOf('cp', point, facts), facts.send),
  });
  const signer = createSigner({ db, sealer, issuer: ISSUER, clock });
  // Of what the API is composed of, these routes need no more.
  const deps = { db, sealer, work, verifier, signer, signals: { look } } as unknown as CpApiDeps;
  const guards = createGuards({ db, verifier });
  const starter = createWorkStarter({ db, client, log });
  const peerUrlOf = async (wlId: string): Promise<string | undefined> =>
    (await readWl(db, sealer, wlId))?.peerUrl ?? undefined;
  const { sweepWork } = createWorkSweepActivities({ db, starter, log });
  return {
    routes: [
      pullRoute(deps, guards),
      ...relationshipRoutes(deps, guards),
      ...settlementRoutes(deps, guards),
      ...signalRoutes(deps, guards),
      ...telemetryRoutes(deps, guards),
    ],
    activities: markers.payloads(
      'control plane',
      inContext({
        ...createSettlementActivities({ db, work }),
        ...createPolicyRevisionActivities({
          ...{ db, agent, peerUrlOf, work, driftSeconds: DRIFT_SECONDS, onDrift: () => undefined },
        }),
        ...createSignalActivities({
          ...{ db, sealer, profile: 'local', agent, look, work },
          metrics: createMetrics({ process: 'cp-worker', nodeFigures: false }),
        }),
      }),
    ),
    async startOrders() {
      const starts = createWorkStarter({ db, client, log });
      starts.kick();
      await starts.settle();
    },
    sweep: async () => void (await environment().run(sweepWork)),
    async tell(workflowIds) {
      const looker = createLooker({ client, log });
      looker.look(workflowIds);
      await looker.settle();
    },
    finish: (workflowId) => finishWork(db, workflowId),
    close: () => agent.close(),
  };
}

const environment = (): MockActivityEnvironment =>
  new MockActivityEnvironment(undefined, { logger: SILENT });

/** Steps ask the SDK for their run, which a worker gives them. */
function inContext(activities: object): Activities {
  const entries = Object.entries(activities as Activities).map(([name, step]) => [
    name,
    (input: never) => environment().run(step, input),
  ]);
  return Object.fromEntries(entries) as Activities;
}

/** The engine as API and worker see it; a revision's workflow is only noted: both sides pull. */
function doubledClient(stage: () => Stage): () => Client {
  const doubled = engineClient({
    types: TYPES,
    engine: () => stage().control as Engine,
    pass: (point, label) => stage().faults.pass(point, `cp ${label}`),
    onOther: async () => undefined,
  }) as Client;
  const start = (type: string, options: { readonly workflowId: string }): Promise<unknown> =>
    TYPES.has(type)
      ? doubled.workflow.start(type, options as never)
      : stage().onOther(options.workflowId);
  const workflow = { ...doubled.workflow, start };
  return () => ({ workflow }) as unknown as Client;
}
