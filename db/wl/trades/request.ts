import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import { recordRequest } from '../../../domain/purchase/record.ts';
import type { RecordedDecision } from '../../../domain/purchase/recorded.ts';
import { refuseRequest, requestCost, type RequestFacts } from '../../../domain/purchase/request.ts';
import type { TradeState } from '../../../domain/purchase/trade.ts';
import type { WlPolicy } from '../../../domain/policy/relationship.ts';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { parseFactor, type Rate } from '../../../domain/shared/fx.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { COMMISSION_CURRENCY, minor } from '../../../domain/shared/money.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import { readPolicy } from '../governance.ts';
import { memberAccount } from '../ledger.ts';
import type { ImportedOfferTable, WlTables } from '../schema.ts';
import { writeImporterEvent } from './events.ts';
import { readTrade, type TradeRow } from './row.ts';

/** A new purchase in place of a rejected one: who wanted it and why stands in the audit. */
export interface Rerun {
  readonly of: string;
  readonly actor: string;
  readonly reason: string;
}

const MS_PER_SECOND = 1_000;

export interface PurchaseRequest {
  readonly wlId: string;
  /** New and unique: it becomes the trade's id unless the key names an earlier one. */
  readonly tradeId: string;
  readonly accountId: string;
  readonly offerId: string;
  readonly quantity: number;
  readonly route: string;
  readonly key?: { readonly value: string; readonly fingerprint: string } | undefined;
  readonly expectedUnitPriceMinor?: bigint | undefined;
  readonly givenHoldId?: string | undefined;
  readonly rerun?: Rerun | undefined;
  readonly coolDownSeconds: number;
  readonly correlationId: string;
}

export interface EarlierPurchase {
  readonly tradeId: string;
  readonly state: TradeState;
}

export type RequestOutcome =
  | { readonly kind: 'REQUESTED' | 'REPEATED'; readonly trade: TradeRow }
  | {
      readonly kind: 'REFUSED';
      readonly trade: TradeRow;
      readonly earlier?: EarlierPurchase | undefined;
    }
  | { readonly kind: 'MISMATCH' }
  | { readonly kind: 'UNKNOWN' };

/**
 * The one transaction in front of a purchase (RULES.md 4): key, cool-down, privilege and balance
 * checks under the account's lock, terms frozen, trade REQUESTED. A refusal commits a trade that is
 * born REJECTED, so that its key never buys later; an unknown account or offer makes no trade.
 */
export async function requestPurchase(
  db: Kysely<WlTables>,
  request: PurchaseRequest,
): Promise<RequestOutcome> {
  const policy = await readPolicy(db, request.wlId);
  return inTransaction(db, async (tx) => {
    const offer = await readOffer(tx, request);
    if (offer === undefined) return { kind: 'UNKNOWN' };
    const known = await claimKey(tx, request);
    if (known !== undefined) return known;
    const account = await lockAccount(tx, request.accountId);
    if (account === undefined) return { kind: 'UNKNOWN' };
    const standing = await readStanding(tx, request);
    const facts = requestFacts({ request, policy, offer, account, standing });
    const refusal = refuseRequest(facts);
    const trade = await insertTrade(tx, { request, offer, account, facts }, refusal);
    if (refusal === undefined) return { kind: 'REQUESTED', trade };
    return refusal === 'COOL_DOWN'
      ? { kind: 'REFUSED', trade, earlier: standing.earlier }
      : { kind: 'REFUSED', trade };
  });
}

/** Claims the key for this trade, or says what the same key was used for before (RULES.md 7). */
async function claimKey(
  tx: Transaction<WlTables>,
  request: PurchaseRequest,
): Promise<RequestOutcome | undefined> {
  const { route, accountId: account, key, tradeId } = request;
  if (key === undefined) return undefined;
  const claimed = await tx
    .insertInto('idempotency_key')
    .values({ route, account, key: key.value, fingerprint: key.fingerprint, subject_id: tradeId })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (claimed.numInsertedOrUpdatedRows === 1n) return undefined;
  const before = await tx
    .selectFrom('idempotency_key')
    .select(['fingerprint', 'subject_id'])
    .where('route', '=', route)
    .where('account', '=', account)
    .where('key', '=', key.value)
    .executeTakeFirstOrThrow();
  if (before.fingerprint !== key.fingerprint) return { kind: 'MISMATCH' };
  const trade = await readTrade(tx, before.subject_id);
  invariant(trade !== undefined, 'a key and its trade are written together');
  return { kind: 'REPEATED', trade };
}

type Offer = Selectable<ImportedOfferTable> & {
  /** Set while a signal has stopped the trade with the offer's exporter. */
  readonly signal_disabled: boolean | null;
};

async function readOffer(
  tx: Transaction<WlTables>,
  { offerId, wlId }: PurchaseRequest,
): Promise<Offer | undefined> {
  return tx
    .selectFrom('imported_offer')
    .leftJoin('signal_pair', (join) =>
      join.onRef('signal_pair.src', '=', 'imported_offer.exporter').on('dst', '=', wlId),
    )
    .selectAll('imported_offer')
    .select('signal_pair.disabled as signal_disabled')
    .where('offer_id', '=', offerId)
    .executeTakeFirst();
}

interface Account {
  readonly buy_offer: boolean;
  readonly status: string;
  readonly contact_masked: string;
}

async function lockAccount(
  tx: Transaction<WlTables>,
  accountId: string,
): Promise<Account | undefined> {
  return tx
    .selectFrom('account')
    .select(['buy_offer', 'status', 'contact_masked'])
    .where('account_id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

interface Standing {
  readonly funds: ReadonlyMap<string, bigint>;
  readonly earlier: (EarlierPurchase & { readonly at: number }) | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Balances and the purchase that a cool-down counts, in one look under the account's lock. */
async function readStanding(
  tx: Transaction<WlTables>,
  request: PurchaseRequest,
): Promise<Standing> {
  const { rows } = await sql<{
    currency: string;
    amount: bigint;
    now: Date;
    earlier: { tradeId: string; state: TradeState; at: number } | null;
  }>`
    SELECT currency, amount_minor AS amount, clock() AS now, (
      SELECT jsonb_build_object('tradeId', trade_id, 'state', state,
               'at', ceil(extract(epoch FROM created_at) * 1000)) FROM trade
       WHERE account_id = ${request.accountId} AND offer_id = ${request.offerId}
         AND state NOT IN ('REJECTED', 'COMPENSATED')
         AND created_at > (SELECT clock() - ${request.coolDownSeconds}::integer * interval '1 second')
       ORDER BY created_at DESC LIMIT 1) AS earlier
      FROM (SELECT ${COMMISSION_CURRENCY}::text AS currency, 0::bigint AS amount_minor
            UNION ALL
            SELECT currency, amount_minor FROM balance
             WHERE account = ${memberAccount(request.accountId)}) AS funds`.execute(tx);
  const [first] = rows;
  invariant(first !== undefined, 'the currency of commissions is always asked for');
  return {
    funds: new Map(rows.map((row) => [row.currency, row.amount])),
    earlier: first.earlier ?? undefined,
    now: first.now.getTime(),
  };
}

interface Looked {
  readonly request: PurchaseRequest;
  readonly policy: WlPolicy | undefined;
  readonly offer: Offer;
  readonly account: Account;
  readonly standing: Standing;
}

function requestFacts({ request, policy, offer, account, standing }: Looked): RequestFacts {
  const { expectedUnitPriceMinor: expected, coolDownSeconds } = request;
  const { earlier, funds, now } = standing;
  return {
    account: { active: account.status === 'ACTIVE', mayBuy: account.buy_offer },
    policy,
    signalDisabled: offer.signal_disabled === true,
    givenHold: request.givenHoldId !== undefined,
    quantity: request.quantity,
    offer: {
      originUnitPrice: minor(offer.origin_unit_price_minor),
      fxRate: storedRate(offer.fx_rate),
      unitPrice: minor(offer.unit_price_minor),
      commissionRate: storedRate(offer.commission_rate),
      relationshipRevision: offer.relationship_revision,
    },
    expectedUnitPrice: expected === undefined ? undefined : minor(expected),
    coolDownUntil: earlier && earlier.at + coolDownSeconds * MS_PER_SECOND,
    now,
    funds: minor(funds.get(offer.currency) ?? 0n),
    fees: minor(funds.get(COMMISSION_CURRENCY) ?? 0n),
  };
}

function storedRate(text: string): Rate {
  const rate = parseFactor(text);
  invariant(rate.ok, 'a stored rate has at most eight decimals');
  return rate.value;
}

interface Decided extends Pick<Looked, 'request' | 'offer' | 'account'> {
  readonly facts: RequestFacts;
}

async function insertTrade(
  tx: Transaction<WlTables>,
  { request, offer, account, facts }: Decided,
  refusal: RefusalCode | undefined,
): Promise<TradeRow> {
  const cost = requestCost(facts);
  const state = refusal === undefined ? ('REQUESTED' as const) : ('REJECTED' as const);
  const trade = await tx
    .with('made', (query) =>
      query
        .insertInto('trade')
        .values({
          trade_id: request.tradeId,
          account_id: request.accountId,
          exporter: offer.exporter,
          offer_id: offer.offer_id,
          origin_offer_id: offer.origin_offer_id,
          offer_title: offer.title,
          offer_category: offer.category_name,
          seller_name: offer.entity_name,
          quantity: request.quantity,
          origin_unit_price_minor: offer.origin_unit_price_minor,
          origin_currency: offer.origin_currency,
          fx_rate: offer.fx_rate,
          unit_price_minor: offer.unit_price_minor,
          amount_minor: cost.amount,
          currency: offer.currency,
          commission_minor: cost.commission,
          policy_revision: facts.policy?.revision ?? 0,
          relationship_revision: offer.relationship_revision,
          state,
          reason: refusal ?? null,
          version: 1,
          given_hold_id: request.givenHoldId ?? null,
          answered_price_minor: refusal === 'PRICE_CHANGED' ? offer.unit_price_minor : null,
          buyer_masked: account.contact_masked,
          correlation_id: request.correlationId,
          rerun_of: request.rerun?.of ?? null,
        })
        .returningAll(),
    )
    .with('recorded', (query) =>
      query.insertInto('trade_transition').values({
        trade_id: request.tradeId,
        version: 1,
        from_state: 'NEW',
        to_state: state,
        step: 'request',
        reason: refusal ?? null,
        actor: `member:${request.accountId}`,
        inputs: JSON.stringify(decisionOf(facts, offer)),
      }),
    )
    .selectFrom('made')
    .selectAll()
    .executeTakeFirstOrThrow();
  await writeImporterEvent(tx, trade, 'request');
  if (request.rerun !== undefined) await auditRerun(tx, trade, request.rerun);
  return trade;
}

function decisionOf(facts: RequestFacts, offer: Offer): RecordedDecision {
  const currencies = { currency: offer.currency, originCurrency: offer.origin_currency };
  return { step: 'request', facts: recordRequest(facts, currencies) };
}

async function auditRerun(
  tx: Transaction<WlTables>,
  trade: TradeRow,
  { of, actor, reason }: Rerun,
): Promise<void> {
  await appendAudit(tx, {
    actor,
    source: 'support',
    action: 'purchase.rerun',
    subject: of,
    before: null,
    after: { tradeId: trade.trade_id, reason },
    correlationId: trade.correlation_id,
  });
}
