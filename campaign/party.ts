import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createApprovalActivities } from '../activities/approval/activities.ts';
import { createImporterClient } from '../activities/approval/importer.ts';
import { createReversalActivities } from '../activities/reversal/activities.ts';
import { createApp } from '../api/http/app.ts';
import { createRateLimiters } from '../api/http/rate-limit.ts';
import { WL_DOCUMENT, wlRoutes } from '../api/wl/app.ts';
import { readWlConfig, type WlConfig } from '../runtime/config.ts';
import { createHealth } from '../runtime/health.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { wlApiDeps } from '../workers/compose/wl-api.ts';
import { openWlNode, type WlNode } from '../workers/compose/wl-node.ts';
import { APPROVAL_WORKFLOW } from '../workflows/approval/contract.ts';
import { PURCHASE_WORKFLOW } from '../workflows/purchase/contract.ts';
import { REVERSAL_WORKFLOW } from '../workflows/reversal/contract.ts';
import { engineClient, type EngineClientOptions } from './engine/client.ts';
import type { Activities, Engine } from './engine/engine.ts';
import { labelOf, type Faults } from './faults.ts';
import type { Foundation, Slug } from './ground.ts';
import type { Schedule } from './schedule.ts';

/** What a seed asks of the engine itself, beside what the product asks of it. */
export interface SeedEngine {
  readonly counts: { readonly tasks: number; readonly replays: number };
  crash(forMs: number): void;
  forget(workflowId: string): void | Promise<void>;
  openIds(): ReadonlySet<string> | Promise<ReadonlySet<string>>;
}

/** What is in force for the seed that runs now. */
export interface Stage {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly engines: Readonly<Record<Slug, SeedEngine>>;
  /** The Control Plane's, in a seed that it governs. */
  readonly control?: SeedEngine | undefined;
  /** The product asks for a pull. */
  readonly onPull: (slug: Slug) => Promise<void>;
  /** The Control Plane has ordered work, wants workflows to look, or starts another's workflow. */
  readonly onOrders: () => void;
  readonly onLook: (workflowIds: readonly string[]) => void;
  readonly onOther: (workflowId: string) => Promise<void>;
}

/** One white label: its own parts and routes, on the double of the engine. */
export interface CampaignParty {
  readonly slug: Slug;
  readonly config: WlConfig;
  readonly node: WlNode;
  readonly activities: Activities;
  readonly url: string;
  close(): Promise<void>;
}

export interface PartyOptions {
  readonly foundation: Foundation;
  readonly slug: Slug;
  readonly stage: () => Stage;
  /** In place of the double's. */
  readonly makeClient?: MakeClient | undefined;
}

export type MakeClient = (
  slug: Slug,
  options: Omit<EngineClientOptions, 'engine'>,
) => ReturnType<typeof engineClient>;

/** What a script's engine runs; a start of another is only noted. */
export const TYPES: ReadonlySet<string> = new Set([
  PURCHASE_WORKFLOW,
  REVERSAL_WORKFLOW,
  APPROVAL_WORKFLOW,
]);
const GRACE_MS = 5_000;
/** On the campaign's clock: as long as the product's buyers wait (RULES.md 5). */
const BUYER_WAITS_MS = 2_000;

/** Puts a white label together as its processes do, with points and a clock of the campaign. */
export async function openParty(options: PartyOptions): Promise<CampaignParty> {
  const { foundation, slug, stage } = options;
  const { log, clock, markers } = foundation;
  const config = readWlConfig(foundation.environments[slug]);
  const shutdown = createShutdown({ log, graceMs: GRACE_MS });
  const health = createHealth({ log });
  const metrics = createMetrics({ process: slug, nodeFigures: false });
  const asked: Omit<EngineClientOptions, 'engine'> = {
    types: TYPES,
    pass: (point, label) => stage().faults.pass(point, `${slug} ${label}`),
    onOther: () => stage().onPull(slug),
  };
  const client =
    options.makeClient?.(slug, asked) ??
    // Without a client of its own a stage has the double behind it.
    engineClient({ ...asked, engine: () => stage().engines[slug] as Engine });
  const node: WlNode = await openWlNode(config, {
    ...{ name: slug, log, health, metrics, shutdown },
    client: () => client as never,
    clock: () => new Date(clock.now()),
    // The real server's time passes by itself.
    ...(options.makeClient === undefined && {
      timer: (ms, run) => stage().schedule.sleep(Math.min(ms, BUYER_WAITS_MS), run),
    }),
    points: (point, facts) => stage().faults.pass(point, labelOf(slug, point, facts), facts.send),
  });
  const app = createApp({
    routes: wlRoutes(wlApiDeps(config, node, metrics)),
    ...{ log, metrics, health, document: WL_DOCUMENT },
    limiters: createRateLimiters(config.rateLimits),
    checkResponses: true,
  });
  const watched = markers.answering(slug, app);
  const handler: RequestListener = (request, response) =>
    stage().schedule.serve(`${slug} answers`, () => watched(request, response));
  const { ca, cert, key } = node.tls.current();
  const server = createServer(
    { ca, cert, key, requestCert: true, rejectUnauthorized: false },
    handler,
  );
  await new Promise<void>((resolve) => {
    server.listen(config.listen.tlsPort, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...{ slug, config, node },
    activities: markers.payloads(slug, activitiesOf(node, log)),
    url: `https://${config.listen.tlsHost}:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await shutdown.run('the seed is over');
    },
  };
}

/** The activities of a white label that a script comes by. */
export function activitiesOf(node: WlNode, log: Foundation['log']): Activities {
  const { database, agent, exporter, board, peerUrl } = node;
  const { db } = database;
  return {
    ...node.purchaseActivities,
    ...createApprovalActivities({ db, log, importers: createImporterClient({ agent, peerUrl }) }),
    ...createReversalActivities({ db, exporter, log, announce: (row) => board.announce(row) }),
  };
}
