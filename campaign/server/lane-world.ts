import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import {
  connectTemporal,
  installRuntime,
  type TemporalConnection,
} from '../../runtime/temporal.ts';
import { ensureBundles } from '../../stack/bundles/bundles.ts';
import { openGround, type Ground, type Slug } from '../ground.ts';
import type { SeedEngine, Stage } from '../party.ts';
import { runSeed, type Outcome } from '../run-seed.ts';
import type { Script } from '../script.ts';
import { realClient } from './client.ts';
import { Hosts } from './hosts.ts';
import type { Watch } from './watch.ts';
import { RealSchedule, SPEED } from './real-schedule.ts';

export interface LaneOptions {
  readonly lane: number;
  /** Of the engine's server. */
  readonly address: string;
  readonly bundles: string;
  /** Over the times that fit a script. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly watch?: Watch;
}

/** Two white labels of one lane, with databases, processes and namespaces of their own. */
export interface Lane {
  readonly ground: Ground;
  run(script: Script): Promise<Outcome>;
  /** Processes of workers that were killed and stopped so far. */
  /** Epoch ms of the last death of a process in the script that ran last. */
  lastKilledAt(): number | undefined;
  historyLength(slug: Slug, workflowId: string): Promise<number>;
  lost(): { readonly killed: number; readonly stopped: number };
  close(): Promise<void>;
}

const SLUGS = ['importer', 'exporter'] as const;

export const namespaceOf = (slug: Slug, lane: number): string => `${slug}-${lane}`;

/** What production waits for, divided by the speed of a script; calls have time to spare. */
const TIMES = {
  HOLD_TTL_SECONDS: '3',
  APPROVAL_TTL_SECONDS: '6',
  LEARN_BACKOFF_MS: '50',
  LEARN_BACKOFF_MAX_MS: '2000',
  PARK_AFTER_SECONDS: '4',
  REQUESTED_MAX_SECONDS: '4',
  PREFLIGHT_TIMEOUT_MS: '5000',
  CONFIRM_TIMEOUT_MS: '5000',
  BUY_DEADLINE_MS: '1500',
  BREAKER_HALF_OPEN_MS: '100',
};

export async function openLane(options: LaneOptions): Promise<Lane> {
  const { lane, address, bundles, variables } = options;
  const log = pino({ level: 'silent' });
  installRuntime(log);
  const paths = await ensureBundles(bundles);
  const connect = (slug: Slug): Promise<TemporalConnection> =>
    connectTemporal({ address, namespace: namespaceOf(slug, lane), log });
  const engines = { importer: await connect('importer'), exporter: await connect('exporter') };
  const ground = await openGround(bundles, {
    variables: (slug) => ({
      ...TIMES,
      ...variables,
      WORKFLOW_BUNDLE: paths.wl,
      TEMPORAL_NAMESPACE: namespaceOf(slug, lane),
    }),
    makeClient: (slug, asked) => realClient(engines[slug].client, asked),
  });
  return laneOf({ ground, engines, address, watch: options.watch });
}

interface LaneParts {
  readonly ground: Ground;
  readonly engines: Readonly<Record<Slug, TemporalConnection>>;
  readonly address: string;
  readonly watch: Watch | undefined;
}

function laneOf({ ground, engines, address, watch }: LaneParts): Lane {
  let failed: unknown;
  let stage: Stage | undefined;
  const hostsOf = (slug: Slug): Hosts =>
    new Hosts({
      ...{ slug, address, watch, moment: () => stage },
      environment: ground.environments[slug],
      onPull: async () => stage?.onPull(slug),
      onError: (error) => void (failed ??= error),
    });
  const hosts = { importer: hostsOf('importer'), exporter: hostsOf('exporter') };
  const scaled = scaledGround(ground, (entered) => void (stage = entered));
  const { importer, exporter } = hosts;
  return {
    ground,
    lost: () => ({
      killed: importer.counts.killed + exporter.counts.killed,
      stopped: importer.counts.stopped + exporter.counts.stopped,
    }),
    lastKilledAt: () => {
      const times = SLUGS.map((slug) => hosts[slug].lastKilledAt ?? 0);
      return Math.max(...times) || undefined;
    },
    async historyLength(slug, workflowId) {
      const handle = engines[slug].client.workflow.getHandle(workflowId);
      return (await handle.describe()).historyLength;
    },
    async run(script) {
      for (const slug of SLUGS) hosts[slug].lastKilledAt = undefined;
      await Promise.all(SLUGS.map((slug) => hosts[slug].ready()));
      const outcome = await runSeed(scaled, script, {
        schedule: new RealSchedule(),
        engines: {
          importer: engineOf(engines.importer, importer),
          exporter: engineOf(engines.exporter, exporter),
        },
        async end() {
          stage = undefined;
          await Promise.all(SLUGS.map((slug) => endAll(engines[slug].client)));
        },
      });
      if (failed !== undefined) throw failed;
      return outcome;
    },
    async close() {
      await Promise.all(SLUGS.map((slug) => hosts[slug].close()));
      await ground.close();
      for (const slug of SLUGS) await engines[slug].connection.close();
    },
  };
}

/** Tells of each stage that is entered, and scales what a script says of a clock's error. */
function scaledGround(ground: Ground, onEnter: (stage: Stage) => void): Ground {
  const { clock } = ground;
  return {
    ...ground,
    clock: { ...clock, skew: (slug, ms) => clock.skew(slug, Math.round(ms / SPEED)) },
    enter(stage) {
      onEnter(stage);
      ground.enter(stage);
    },
  };
}

function engineOf({ client, namespace }: TemporalConnection, hosts: Hosts): SeedEngine {
  const before = { ...hosts.counts };
  return {
    counts: {
      get tasks() {
        return hosts.counts.tasks - before.tasks;
      },
      get replays() {
        return hosts.counts.replays - before.replays;
      },
    },
    crash: (forMs) => hosts.crash(forMs / SPEED),
    async forget(workflowId) {
      const workflowExecution = { workflowId };
      await client.workflowService
        .deleteWorkflowExecution({ namespace, workflowExecution })
        // What the engine does not know it has forgotten already.
        .catch(() => undefined);
    },
    openIds: () => openIds(client),
  };
}

const RUNNING = "ExecutionStatus='Running'";

async function openIds(client: Client): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { workflowId } of client.workflow.list({ query: RUNNING })) ids.add(workflowId);
  return ids;
}

async function endAll(client: Client): Promise<void> {
  for (const workflowId of await openIds(client)) {
    await client.workflow
      .getHandle(workflowId)
      .terminate('the seed is over')
      // It came to its end by itself.
      .catch(() => undefined);
  }
}
