import type { Client } from '@temporalio/client';
import { createAgent, type AgentOptions } from '../../activities/clients/agent.ts';
import {
  createSignalActivities,
  DISPATCH_LIMITS,
  type SignalDeps,
} from '../../activities/signals/activities.ts';
import { createSignalTestActivities } from '../../activities/signals/test.ts';
import { createLooker } from '../../activities/work/looker.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import type { CpConfig } from '../../runtime/config.ts';
import { publicLookup } from '../../runtime/public-url.ts';
import type { PartyDatabase } from './party-database.ts';
import type { ProcessParts } from './process.ts';

/** Everything that signals need in a process that runs the Control Plane's workflows. */
export function signalActivities(
  { profile, peerNetworks }: Pick<CpConfig, 'profile' | 'peerNetworks'>,
  parts: Pick<ProcessParts, 'log' | 'shutdown' | 'metrics' | 'tracing' | 'points'> & {
    readonly database: PartyDatabase<CpSchema>;
    readonly client: () => Pick<Client, 'workflow'>;
    readonly work: SignalDeps['work'];
    readonly transport: Pick<AgentOptions, 'tls' | 'revocations'>;
  },
) {
  const { log, shutdown, metrics, database, client, work, transport } = parts;
  const looker = createLooker({ client, log });
  // Apart from the nudges' connections: a signal does not wait behind a slow answer to a nudge.
  const agent = createAgent({
    ...transport,
    ...{ tracing: parts.tracing, points: parts.points },
    connections: DISPATCH_LIMITS.callsAtOnce,
    lookup: publicLookup(profile, { admitted: peerNetworks }),
  });
  shutdown.add('signals', async () => {
    await looker.settle();
    await agent.close();
  });
  const { db, sealer } = database;
  const deps: SignalDeps = { db, sealer, profile, agent, metrics, work, look: looker.look };
  return { ...createSignalActivities(deps), ...createSignalTestActivities(deps) };
}
