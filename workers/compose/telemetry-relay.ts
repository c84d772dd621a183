import type { Kysely } from 'kysely';
import { createTelemetryClient } from '../../activities/clients/telemetry.ts';
import { createTelemetryRelayActivities } from '../../activities/telemetry/relay.ts';
import { registeredEventKey } from '../../activities/telemetry/signing-key.ts';
import { outboxLag } from '../../db/wl/outbox.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import type { WlConfig } from '../../runtime/config.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { TelemetryRelayActivities } from '../../workflows/telemetry-relay/contract.ts';
import type { WlNode } from './wl-node.ts';

export interface RelayParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly stopping: AbortSignal;
  /** Tests see a run end. */
  readonly runMs?: number;
}

/** The relay of a WL's events, with its figures at /metrics. */
export function telemetryRelayActivities(
  config: Pick<WlConfig, 'wl' | 'cpUrl'>,
  { database, agent, tokens }: WlNode,
  { log, metrics, stopping, runMs }: RelayParts,
): TelemetryRelayActivities {
  const { db, sealer } = database;
  const delivered = metrics.counter({
    name: 'outbox_delivered_total',
    help: 'Events that the Control Plane has answered, by what became of them',
    labelNames: ['result'],
  });
  measureOutbox(db, metrics);
  return createTelemetryRelayActivities({
    ...{ db, wlId: config.wl.id, tokens, log, stopping },
    telemetry: createTelemetryClient({ agent, cpUrl: config.cpUrl }),
    signingKey: () => registeredEventKey(db, sealer),
    count: (result, events) => delivered.inc({ result }, events),
    ...(runMs !== undefined && { runMs }),
  });
}

/** Read when somebody looks, so that the figures are true while the relay is not running too. */
function measureOutbox(db: Kysely<WlTables>, metrics: Metrics): void {
  metrics.watch(
    {
      name: 'outbox_lag_seconds',
      help: 'Age of the oldest event that the Control Plane has not answered; 0 where none waits',
    },
    async () => (await outboxLag(db)).lagSeconds,
  );
  metrics.watch(
    { name: 'outbox_unsent', help: 'Events that the Control Plane has not answered yet' },
    async () => (await outboxLag(db)).unsent,
  );
}
