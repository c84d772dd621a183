import { randomUUID } from 'node:crypto';
import { sql, type Insertable, type InsertObject, type Kysely, type Transaction } from 'kysely';
import type { Relationship } from '../../../domain/policy/relationship.ts';
import { CAPACITY_REFUSALS } from '../../../domain/purchase/admission.ts';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import {
  preflightAmount,
  refusePreflight,
  type PreflightFacts,
} from '../../../domain/purchase/preflight.ts';
import { recordPreflight } from '../../../domain/purchase/record.ts';
import type { RecordedDecision } from '../../../domain/purchase/recorded.ts';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { formatRate } from '../../../domain/shared/fx.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { minor, type Minor } from '../../../domain/shared/money.ts';
import { inTransaction, sqlState } from '../../pool.ts';
import { readPolicy, readRelationship } from '../governance.ts';
import type { HoldTable, WlTables } from '../schema.ts';
import { expireDue } from './expire.ts';
import { answerOf, expireIfDue, lockHold, recordMove, type HoldRow } from './row.ts';

/** The exporter's own facts and limits, from its configuration. */
export interface ExporterSettings {
  readonly wlId: string;
  readonly currency: string;
  readonly holdTtlSeconds: number;
  readonly approvalTtlSeconds: number;
  readonly holdsPerImporter: number;
  readonly holdsPerBuyer: number;
}

export interface PreflightRequest {
  readonly requester: string;
  /** Exactly one of the two: a hold made for a request id is bound by its first confirm. */
  readonly tradeId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly originOfferId: string;
  readonly expectedUnitPrice: Minor;
  readonly quantity: number;
  readonly requesterTraderId: string;
  readonly buyerRef?: string | undefined;
  readonly buyerMasked: string;
  readonly correlationId: string;
}

const UNIQUE_VIOLATION = '23505';

/**
 * Decides a preflight once for its trade id and stores what it answered. A repeat gets the row's
 * state. A refusal for capacity first expires the holds that are due, then decides once more.
 */
export async function preflight(
  db: Kysely<WlTables>,
  settings: ExporterSettings,
  request: PreflightRequest,
): Promise<TraderAnswer> {
  const first = await decideOrRepeat(db, settings, request, 'MAY_EXPIRE_FIRST');
  if (first !== 'EXPIRE_FIRST') return answerOf(first);
  await expireDue(db, { offerId: request.originOfferId });
  await expireDue(db, { requester: request.requester });
  const second = await decideOrRepeat(db, settings, request, 'FINAL');
  invariant(second !== 'EXPIRE_FIRST', 'the second decision is final');
  return answerOf(second);
}

type Round = 'MAY_EXPIRE_FIRST' | 'FINAL';

async function decideOrRepeat(
  db: Kysely<WlTables>,
  settings: ExporterSettings,
  request: PreflightRequest,
  round: Round,
): Promise<HoldRow | 'EXPIRE_FIRST'> {
  try {
    return await inTransaction(db, async (tx) => {
      const known = await repeat(tx, request);
      return known ?? decide(tx, settings, request, round);
    });
  } catch (error) {
    // A twin committed the row between our look and our insert: its answer is the answer.
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    const known = await inTransaction(db, (tx) => repeat(tx, request));
    if (known === undefined) throw error;
    return known;
  }
}

async function repeat(
  tx: Transaction<WlTables>,
  request: PreflightRequest,
): Promise<HoldRow | undefined> {
  const { requester, tradeId, requestId } = request;
  if (tradeId !== undefined) {
    const locked = await lockHold(tx, { requester, tradeId });
    return locked && expireIfDue(tx, locked);
  }
  const row = await tx
    .selectFrom('hold')
    .select('hold_id')
    .where('requester', '=', requester)
    .where('request_id', '=', requestId ?? null)
    .executeTakeFirst();
  const locked = row && (await lockHold(tx, { requester, holdId: row.hold_id }));
  return locked && expireIfDue(tx, locked);
}

interface Decision {
  readonly refusal: RefusalCode | undefined;
  readonly offerId: string | undefined;
  readonly facts: PreflightFacts;
}

async function decide(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  request: PreflightRequest,
  round: Round,
): Promise<HoldRow | 'EXPIRE_FIRST'> {
  const decision = await look(tx, settings, request);
  const { refusal, facts } = decision;
  const made: RecordedDecision = {
    step: 'preflight',
    facts: recordPreflight(facts, settings.currency),
  };
  if (refusal !== undefined) {
    if (round === 'MAY_EXPIRE_FIRST' && CAPACITY_REFUSALS.has(refusal)) return 'EXPIRE_FIRST';
    return insertHold(tx, { ...base(settings, request, decision), state: 'REJECTED' }, made);
  }
  const amount = preflightAmount(facts);
  invariant(amount !== undefined, 'an admitted offer has a price');
  const row = {
    ...base(settings, request, decision),
    state: 'HELD' as const,
    amount_minor: amount,
    expires_at: sql<Date>`clock() + ${settings.holdTtlSeconds} * interval '1 second'`,
  };
  await admit(tx, request, decision, { holdId: row.hold_id, amount });
  return insertHold(tx, row, made);
}

/** Reads and locks in the order offer, pair, and asks the domain in the order of RULES.md 2. */
async function look(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  request: PreflightRequest,
): Promise<Decision> {
  const { requester } = request;
  const policy = await readPolicy(tx, settings.wlId);
  const relationship = await readRelationship(tx, settings.wlId, requester);
  const offer = await tx
    .selectFrom('offer')
    .selectAll()
    .where('offer_id', '=', request.originOfferId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  const pair = await lockPair(tx, requester);
  const facts = await readFacts(tx, request, relationship);
  const decided = {
    policy,
    relationship,
    partner: requester,
    signalDisabled: pair.signal_disabled,
    offer: offer && {
      categoryId: offer.category_id,
      entityId: offer.entity_id,
      status: offer.status,
      createdAt: offer.created_at.getTime(),
      unitPrice: minor(offer.unit_price_minor),
      stock: offer.stock,
      used: offer.used,
    },
    quantity: request.quantity,
    expectedUnitPrice: request.expectedUnitPrice,
    openHolds: { importer: facts.importerHolds, buyer: facts.buyerHolds },
    caps: { importer: settings.holdsPerImporter, buyer: settings.holdsPerBuyer },
    windowAmount: minor(facts.windowMinor),
    exposure: minor(pair.exposure_minor),
    now: facts.now.getTime(),
  };
  return { refusal: refusePreflight(decided), offerId: offer?.offer_id, facts: decided };
}

async function lockPair(
  tx: Transaction<WlTables>,
  partner: string,
): Promise<{ exposure_minor: bigint; signal_disabled: boolean }> {
  const read = () =>
    tx
      .selectFrom('pair')
      .select(['exposure_minor', 'signal_disabled'])
      .where('partner', '=', partner)
      .forNoKeyUpdate()
      .executeTakeFirst();
  const known = await read();
  if (known !== undefined) return known;
  await tx
    .insertInto('pair')
    .values({ partner })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const made = await read();
  invariant(made !== undefined, 'a pair row was just made sure of');
  return made;
}

interface PairFacts {
  readonly now: Date;
  readonly importerHolds: number;
  readonly buyerHolds: number;
  readonly windowMinor: bigint;
}

/**
 * Counts in a statement of its own, after the pair's lock: it sees all that committed before. A hold
 * that was let go of has moved nothing and leaves its window again; a reversed one stays in it.
 *
 * The clock is volatile: compared with it as it stands, an index is read from its beginning. Read in
 * a subselect it is asked once, and bounds the index to the window. The release of a hold is looked
 * up by its key for the same reason: as NOT EXISTS the planner joins all that were ever released.
 */
async function readFacts(
  tx: Transaction<WlTables>,
  request: PreflightRequest,
  relationship: Relationship | undefined,
): Promise<PairFacts> {
  const window = relationship?.velocity?.windowSeconds ?? 0;
  const { rows } = await sql<PairFacts>`
    SELECT clock() AS now,
           count(*)::integer AS "importerHolds",
           (count(*) FILTER (WHERE buyer_ref = ${request.buyerRef ?? null}::text))::integer
             AS "buyerHolds",
           CASE WHEN ${window}::integer = 0 THEN 0::bigint ELSE (
             SELECT coalesce(sum(delta_minor), 0)::bigint FROM exposure_journal AS held
              WHERE partner = ${request.requester} AND kind = 'HOLD'
                AND at > (SELECT clock() - ${window}::integer * interval '1 second')
                AND (SELECT released.entry_id FROM exposure_journal AS released
                      WHERE released.partner = held.partner AND released.kind = 'RELEASE'
                        AND released.reference = held.reference) IS NULL) END AS "windowMinor"
      FROM hold
     WHERE requester = ${request.requester} AND state IN ('HELD', 'PENDING_APPROVAL')`.execute(tx);
  invariant(rows[0] !== undefined, 'an aggregate answers one row');
  return rows[0];
}

/** Moves both counters by guarded updates, the pair last, with their journals (RULES.md 2). */
async function admit(
  tx: Transaction<WlTables>,
  request: PreflightRequest,
  { facts: { relationship }, offerId }: Decision,
  { holdId, amount }: { readonly holdId: string; readonly amount: bigint },
): Promise<void> {
  invariant(relationship !== undefined && offerId !== undefined, 'an admission has its facts');
  const { quantity, requester } = request;
  const stock = await sql`
    WITH moved AS (
      UPDATE offer SET used = used + ${quantity}, updated_at = clock()
       WHERE offer_id = ${offerId} AND used + ${quantity} <= stock RETURNING used, stock)
    INSERT INTO stock_journal (offer_id, kind, reference, used_delta, stock_delta, used, stock)
    SELECT ${offerId}, 'HOLD', ${holdId}, ${quantity}::integer, 0, used, stock
      FROM moved`.execute(tx);
  invariant(stock.numAffectedRows === 1n, 'stock was there under the lock');
  const { limit, limitMode, revision } = relationship;
  const exposure = await sql`
    WITH moved AS (
      UPDATE pair SET exposure_minor = exposure_minor + ${amount}::bigint
       WHERE partner = ${requester}
         AND (${limitMode} = 'SOFT' OR exposure_minor + ${amount}::bigint <= ${limit}::bigint)
      RETURNING exposure_minor)
    INSERT INTO exposure_journal (partner, kind, reference, delta_minor, exposure_minor,
           limit_minor, limit_mode, relationship_revision)
    SELECT ${requester}::uuid, 'HOLD', ${holdId}, ${amount}::bigint, exposure_minor,
           ${limit}::bigint, ${limitMode}, ${revision}::integer
      FROM moved`.execute(tx);
  invariant(exposure.numAffectedRows === 1n, 'headroom was there under the lock');
}

function base(
  settings: ExporterSettings,
  request: PreflightRequest,
  decision: Decision,
): Omit<Insertable<HoldTable>, 'state'> {
  const { refusal, offerId, facts } = decision;
  const { policy, relationship, offer } = facts;
  return {
    hold_id: randomUUID(),
    requester: request.requester,
    trade_id: request.tradeId ?? null,
    request_id: request.requestId ?? null,
    reason: refusal ?? null,
    version: 1,
    offer_id: offerId ?? null,
    quantity: request.quantity,
    unit_price_minor: offer?.unitPrice ?? null,
    amount_minor: null,
    currency: settings.currency,
    fx_rate: relationship === undefined ? null : formatRate(relationship.fxRate),
    policy_revision: policy?.revision ?? null,
    relationship_revision: relationship?.revision ?? null,
    buyer_ref: request.buyerRef ?? null,
    requester_trader_id: request.requesterTraderId,
    buyer_masked: request.buyerMasked,
    expires_at: null,
    confirmed_at: null,
    decided_by: null,
    correlation_id: request.correlationId,
  };
}

async function insertHold(
  tx: Transaction<WlTables>,
  values: InsertObject<WlTables, 'hold'>,
  decision: RecordedDecision,
): Promise<HoldRow> {
  const row = await tx.insertInto('hold').values(values).returningAll().executeTakeFirstOrThrow();
  await recordMove(tx, row, { from: 'NEW', actor: `wl:${row.requester}`, decision });
  return row;
}
