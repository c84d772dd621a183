import { sql, type Kysely } from 'kysely';
import {
  isFinalDelivery,
  type DeliveryState,
  type SignalMessage,
} from '../../../domain/imbalance/signal.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { signalWorkflowId } from '../../../domain/work/orders.ts';
import { inTransaction } from '../../pool.ts';
import type { Sealer } from '../../sealed.ts';
import type { Author, CpSchema, CpTransaction } from '../schema.ts';
import { openColumn } from '../sealed-columns.ts';
import { finishWork } from '../work-order.ts';
import { acknowledge, auditAck, type Ack } from './acknowledge.ts';
import { holdOff, noteAnswer, noteFailure, notePause, type GatewayLimits } from './gateway.ts';

export interface Delivery {
  readonly signalId: string;
  readonly wlId: string;
}

/** How the WL is reached; without one of them nothing can be sent. */
export interface Endpoint {
  readonly peerUrl: string | undefined;
  readonly secret: string | undefined;
}

export type Begun =
  | { readonly kind: 'OVER'; readonly state: DeliveryState }
  | { readonly kind: 'HELD'; readonly waitMs: number; readonly message: SignalMessage }
  | {
      readonly kind: 'SEND';
      readonly attempt: number;
      readonly message: SignalMessage;
      readonly endpoint: Endpoint;
    };

/**
 * Opens an attempt: reads the delivery's row under its lock, which is the truth about whether
 * anything is to be sent, and counts. What is over is over for its work order, too.
 */
export function beginAttempt(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  { signalId, wlId, limits }: Delivery & { readonly limits: GatewayLimits },
): Promise<Begun> {
  return inTransaction(db, async (tx): Promise<Begun> => {
    const row = await tx
      .selectFrom('signal_delivery')
      .innerJoin('signal', 'signal.id', 'signal_delivery.signal_id')
      .selectAll('signal')
      .select(['state', 'attempts', 'signal.created_at as signalled_at'])
      .where('signal_id', '=', signalId)
      .where('wl_id', '=', wlId)
      .forNoKeyUpdate('signal_delivery')
      .executeTakeFirst();
    if (row === undefined || isFinalDelivery(row.state)) {
      await finishWork(tx, signalWorkflowId({ signalId, wlId }));
      // A registry that was reset has no such delivery any more.
      return { kind: 'OVER', state: row?.state ?? 'CANCELLED' };
    }
    const message: SignalMessage = {
      id: signalId,
      sequence: String(row.sequence),
      ...{ src: row.src, dst: row.dst, action: row.action, reason: row.reason },
      exposure: formatMinor(row.exposure_minor),
      limit: formatMinor(row.limit_minor),
      createdAt: row.signalled_at.toISOString(),
    };
    const waitMs = await holdOff(tx, wlId, limits);
    if (waitMs > 0) return { kind: 'HELD', waitMs, message };
    const endpoint = await readEndpoint(tx, sealer, wlId);
    const isSent = endpoint.peerUrl !== undefined && endpoint.secret !== undefined;
    const attempt = await countAttempt(tx, { signalId, wlId, isSent });
    return { kind: 'SEND', attempt, message, endpoint };
  });
}

async function countAttempt(
  tx: CpTransaction,
  { signalId, wlId, isSent }: Delivery & { readonly isSent: boolean },
): Promise<number> {
  const { attempts } = await tx
    .updateTable('signal_delivery')
    .set({
      attempts: sql`attempts + 1`,
      updated_at: sql`clock()`,
      ...(isSent && {
        first_sent_at: sql<Date>`coalesce(first_sent_at, clock())`,
        last_sent_at: sql<Date>`clock()`,
      }),
    })
    .where('signal_id', '=', signalId)
    .where('wl_id', '=', wlId)
    .returning('attempts')
    .executeTakeFirstOrThrow();
  return attempts;
}

export async function readEndpoint(
  db: Kysely<CpSchema> | CpTransaction,
  sealer: Sealer,
  wlId: string,
): Promise<Endpoint> {
  const row = await db
    .selectFrom('wl')
    .select(['peer_url', 'signal_secret_sealed'])
    .where('id', '=', wlId)
    .executeTakeFirst();
  return {
    peerUrl: row?.peer_url ?? undefined,
    secret: openColumn(sealer, 'wl.signal_secret_sealed', row?.signal_secret_sealed ?? null),
  };
}

export type AttemptOutcome =
  | { readonly kind: 'ACKED'; readonly ack: Omit<Ack, keyof Delivery> }
  /** 202: an explicit ack follows. */
  | { readonly kind: 'ACCEPTED' }
  | {
      readonly kind: 'FAILED';
      readonly failure: string;
      /** False where the gateway is well and only does not want this. */
      readonly isGatewayFailure: boolean;
      readonly pauseMs?: number | undefined;
    };

export interface EndedAttempt extends Delivery {
  readonly attempt: number;
  readonly startedAt: Date;
  readonly latencyMs: number;
  readonly status: number | undefined;
  readonly bodyMasked: string | undefined;
  readonly outcome: AttemptOutcome;
  readonly author: Author;
  readonly limits: GatewayLimits;
}

export interface Recorded {
  readonly state: DeliveryState;
  /** Deliveries that this ack has made pointless. */
  readonly superseded: readonly Delivery[];
  /** True where a dead gateway is back: what waits for it may go. */
  readonly recovered: boolean;
  /** True where people are told of the gateway: the caller kicks what that has ordered. */
  readonly told: boolean;
}

/** Writes down how an attempt ended, what it means for the delivery and for the gateway. */
export function recordAttempt(db: Kysely<CpSchema>, ended: EndedAttempt): Promise<Recorded> {
  const { signalId, wlId, outcome, author } = ended;
  return inTransaction(db, async (tx): Promise<Recorded> => {
    // Deliveries first, then the gateway, the audit's head last: one order for all (RULES.md 2).
    if (outcome.kind === 'ACKED') {
      const ack: Ack = { signalId, wlId, ...outcome.ack };
      const acked = await acknowledge(tx, ack);
      await insertAttempt(tx, ended);
      const recovered = await noteAnswer(tx, wlId, author.correlationId);
      await auditAck(tx, { ack, acked, author });
      return { ...acked, recovered, told: recovered };
    }
    const state = await noteState(tx, ended);
    await insertAttempt(tx, ended);
    return { state, superseded: [], ...(await noteGateway(tx, ended)) };
  });
}

async function noteState(tx: CpTransaction, ended: EndedAttempt): Promise<DeliveryState> {
  const { signalId, wlId, outcome } = ended;
  const { state } = await tx
    .updateTable('signal_delivery')
    .set({
      updated_at: sql`clock()`,
      ...(outcome.kind === 'ACCEPTED' && {
        state: sql<DeliveryState>`CASE state WHEN 'PENDING' THEN 'SENT' ELSE state END`,
      }),
    })
    .where('signal_id', '=', signalId)
    .where('wl_id', '=', wlId)
    .returning('state')
    .executeTakeFirstOrThrow();
  return state;
}

async function noteGateway(
  tx: CpTransaction,
  ended: EndedAttempt,
): Promise<Pick<Recorded, 'recovered' | 'told'>> {
  const { wlId, outcome, author, limits } = ended;
  const { correlationId } = author;
  if (outcome.kind === 'FAILED') {
    const { failure, isGatewayFailure, pauseMs } = outcome;
    const died =
      isGatewayFailure && (await noteFailure(tx, wlId, { failure, correlationId, limits }));
    const recovered = !isGatewayFailure && (await noteAnswer(tx, wlId, correlationId));
    if (pauseMs !== undefined) await notePause(tx, wlId, pauseMs);
    return { recovered, told: died || recovered };
  }
  const recovered = await noteAnswer(tx, wlId, correlationId);
  return { recovered, told: recovered };
}

async function insertAttempt(tx: CpTransaction, ended: EndedAttempt): Promise<void> {
  const { signalId, wlId, attempt, outcome } = ended;
  await tx
    .insertInto('signal_attempt')
    .values({
      ...{ signal_id: signalId, wl_id: wlId, attempt },
      started_at: ended.startedAt,
      latency_ms: ended.latencyMs,
      status: ended.status ?? null,
      failure: outcome.kind === 'FAILED' ? outcome.failure : null,
      body_masked: ended.bodyMasked ?? null,
    })
    .execute();
}
