import { readDocument, saveDocument } from '../../db/wl/control-tokens.ts';
import { storeBatch, openEventDays } from '../../db/cp/telemetry/intake.ts';
import type { EventType } from '../../domain/telemetry/events.ts';
import type { Json } from '../../domain/shared/canonical.ts';
import {
  EXPORTER,
  IMPORTER,
  registerBoth,
  startControlPlane,
  type Stage,
  type StageOptions,
} from '../cp/stage.ts';
import { ISSUER } from '../wl/tokens.ts';
import { startPurchaseBench, type PurchaseBench } from './purchase-bench.ts';
import type { WhiteLabel } from './white-label.ts';

/** A Control Plane and two white labels that know each other, with everything real. */
export interface DeskBench {
  readonly cp: Stage;
  readonly bench: PurchaseBench;
  /** Brings the Control Plane what both outboxes hold, as their relays do. */
  carry(): Promise<void>;
  stop(): Promise<void>;
}

export async function startDeskBench(
  options: Pick<StageOptions, 'mount'> = {},
): Promise<DeskBench> {
  const cp = await startControlPlane({ issuer: ISSUER, ...options });
  const bench = await startPurchaseBench({ pki: cp.pki });
  await registerBoth(cp);
  await openEventDays(cp.db, new Date());
  const { body } = await cp.ask({ path: '/.well-known/jwks.json' });
  for (const [wlId, party] of partiesOf(bench)) {
    await cp.db
      .updateTable('wl')
      .set({ peer_url: party.url, currency: party.config.wl.currency })
      .where('id', '=', wlId)
      .execute();
    const { db } = party.node.database;
    const known = (await readDocument(db, 'jwks'))?.document as { keys: object[] };
    const { keys } = body as { keys: object[] };
    await saveDocument(db, 'jwks', { keys: [...known.keys, ...keys] } as never);
  }
  return {
    ...{ cp, bench },
    async carry() {
      for (const [wlId, party] of partiesOf(bench)) await carryOf(cp, wlId, party);
    },
    async stop() {
      await bench.stop();
      await cp.stop();
    },
  };
}

function partiesOf({ importer, exporter }: PurchaseBench): [string, WhiteLabel][] {
  return [
    [IMPORTER, importer],
    [EXPORTER, exporter],
  ];
}

async function carryOf(cp: Stage, wlId: string, { node }: WhiteLabel): Promise<void> {
  const { db } = node.database;
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where('sent_at', 'is', null)
    .orderBy('event_id')
    .execute();
  if (rows.length === 0) return;
  await storeBatch(cp.db, {
    ...{ wlId, correlationId: 'test', refused: [] },
    verified: rows.map((row) => ({
      kid: 'test',
      event: {
        eventId: row.event_id,
        type: row.type as EventType,
        schemaVersion: 1,
        occurredAt: row.occurred_at.toISOString(),
        ...{ wlId, correlationId: row.correlation_id, signature: 'test' },
        data: row.data as Json,
      },
    })),
  });
  const ids = rows.map((row) => row.event_id);
  await db
    .updateTable('outbox')
    .set({ sent_at: new Date(), result: 'ACCEPTED' })
    .where('event_id', 'in', ids)
    .execute();
}
