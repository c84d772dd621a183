import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { beating } from '../../activities/beating.ts';
import { createControlPlaneClient } from '../../activities/clients/control-plane.ts';
import { createExporterOffersClient } from '../../activities/clients/exporter-offers.ts';
import { createKeySource, type KeySource } from '../../activities/clients/jwks.ts';
import { createTokenStore, type TokenStore } from '../../activities/clients/tokens.ts';
import {
  createGovernanceActivities,
  type GovernanceDeps,
} from '../../activities/governance/activities.ts';
import type { RefusedHead } from '../../activities/governance/deps.ts';
import { createOfferActivities } from '../../activities/offers/activities.ts';
import { createSyncStarter, type SyncStarter } from '../../activities/upkeep/sync-starter.ts';
import type { Sealer } from '../../db/sealed.ts';
import type { OfferSyncResult } from '../../workflows/offer-sync/contract.ts';
import type { PolicySyncResult } from '../../workflows/policy-sync/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import type { TestWl } from './database.ts';
import type { Identity } from './node.ts';

export interface BackgroundOptions {
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly bundle: { readonly codePath: string };
  readonly wl: TestWl;
  readonly sealer: Sealer;
  readonly identity: Identity;
  readonly own: { readonly wlId: string; readonly currency: string };
  readonly cpUrl: string;
  readonly peerUrl: string;
}

export interface Background {
  readonly client: Client;
  readonly syncs: SyncStarter;
  readonly tokens: TokenStore;
  readonly keys: KeySource;
  readonly governance: GovernanceDeps;
  readonly refusedHeads: readonly RefusedHead[];
  /** Runs a workflow on the background queue and answers its result. */
  policySync(): Promise<PolicySyncResult>;
  offerSync(): Promise<OfferSyncResult>;
  importNow(): Promise<OfferSyncResult>;
  stop(): Promise<void>;
}

const QUIET = pino({ level: 'silent' });

/** A WL's background worker with its clients, in the test's process. */
export async function startBackground(options: BackgroundOptions): Promise<Background> {
  const { wl, sealer, own, cpUrl, peerUrl, namespace } = options;
  const { agent, tls } = options.identity;
  const thumbprint = (): string => options.identity.thumbprint;
  const { db } = wl;
  const log = QUIET;
  const clock = (): Date => new Date();
  const controlPlane = createControlPlaneClient({
    ...{ agent, cpUrl, wlId: own.wlId, authorities: () => tls.ca },
  });
  const tokens = createTokenStore({ db, sealer, clock, log, thumbprint });
  const keys = createKeySource({ db, controlPlane, clock, log });
  const refusedHeads: RefusedHead[] = [];
  const onHeadRefused = (head: RefusedHead): void => void refusedHeads.push(head);
  const common = { db, sealer, controlPlane, keys, own };
  const governance = { ...common, log, peerUrl, cpUrl, clock, onHeadRefused, thumbprint };
  const connection = await NativeConnection.connect({ address: options.temporalAddress });
  const client = new Client({ connection, namespace });
  const exporterOffers = createExporterOffersClient(agent);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: BACKGROUND_QUEUE,
    workflowBundle: options.bundle,
    activities: {
      ...beating(createGovernanceActivities(governance)),
      ...beating(createOfferActivities({ db, own, exporterOffers, tokens })),
    },
  });
  const running = worker.run();
  const syncs = createSyncStarter(() => client);
  let runs = 0;
  const run = async <T>(workflow: string): Promise<T> => {
    runs += 1;
    const workflowId = `test/${workflow}/${runs}`;
    const result: unknown = await client.workflow.execute(workflow, {
      workflowId,
      taskQueue: BACKGROUND_QUEUE,
    });
    return result as T;
  };
  return {
    ...{ client, syncs, tokens, keys, governance, refusedHeads },
    policySync: () => run('policySync'),
    offerSync: () => run('offerSync'),
    importNow: () => run('importNow'),
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}
