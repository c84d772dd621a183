import { createHash, randomUUIDv7 } from 'node:crypto';
import type pg from 'pg';
import { commissionOf, parseFactor } from '../domain/shared/fx.ts';
import { minor } from '../domain/shared/money.ts';

/**
 * The rows of a purchase as a plain handler writes them: those of the importer's gateway, in the
 * same three commits, with as few statements as that takes. No workflow, no fence, no recovery.
 */

export interface PlainRequest {
  readonly key: string;
  readonly accountId: string;
  readonly token: string;
  readonly offerId: string;
  readonly quantity: number;
  readonly correlationId: string;
}

/** A trade as it stands between the commits. Amounts are decimal texts of minor units. */
export interface PlainTrade {
  readonly tradeId: string;
  readonly accountId: string;
  readonly exporter: string;
  readonly originOfferId: string;
  readonly originUnitPrice: string;
  readonly originCurrency: string;
  readonly quantity: number;
  readonly amount: string;
  readonly currency: string;
  readonly commission: string;
  readonly buyerMasked: string;
  readonly correlationId: string;
}

interface OfferRow {
  readonly exporter: string;
  readonly origin_offer_id: string;
  readonly origin_unit_price_minor: string;
  readonly origin_currency: string;
  readonly unit_price_minor: string;
  readonly currency: string;
  readonly commission_rate: string;
  readonly contact_masked: string;
  readonly token_hash: string;
}

const OFFER = `
  SELECT offer.*, account.contact_masked, account.token_hash
    FROM imported_offer AS offer, account
   WHERE offer.offer_id = $1 AND account.account_id = $2 AND account.buy_offer
     FOR NO KEY UPDATE OF account`;

const STANDING = `
  SELECT (SELECT count(*)::integer FROM balance WHERE account = 'member:' || $1
             AND ((currency = $2 AND amount_minor >= $3::bigint)
               OR (currency = 'BRL' AND amount_minor >= $4::bigint))) AS funded,
         EXISTS (SELECT FROM trade WHERE account_id = $1 AND offer_id = $5
             AND state NOT IN ('REJECTED', 'COMPENSATED')
             AND created_at > clock() - interval '60 seconds') AS cooling`;

const REQUEST = `
  WITH key AS (
    INSERT INTO idempotency_key (route, account, key, fingerprint, subject_id)
    VALUES ('checkout', $2, $3, $4, $1::text)),
  made AS (
    INSERT INTO trade (trade_id, account_id, exporter, offer_id, origin_offer_id, offer_title,
           offer_category, seller_name, quantity, origin_unit_price_minor, origin_currency, fx_rate,
           unit_price_minor, amount_minor, currency, commission_minor, policy_revision,
           relationship_revision, state, version, buyer_masked, correlation_id)
    SELECT $1::uuid, $2, exporter, offer_id, origin_offer_id, title, category_name, entity_name,
           $6::integer, origin_unit_price_minor, origin_currency, fx_rate, unit_price_minor,
           $7::bigint, currency, $8::bigint, (SELECT revision FROM wl_policy WHERE wl_id = $9::uuid),
           relationship_revision, 'REQUESTED', 1, $10, $11
      FROM imported_offer WHERE offer_id = $5)
  INSERT INTO trade_transition (trade_id, version, from_state, to_state, step, actor)
  VALUES ($1::uuid, 1, 'NEW', 'REQUESTED', 'request', 'member:' || $2)`;

const DEBIT = `
  UPDATE balance SET amount_minor = amount_minor - $3::bigint
   WHERE account = 'member:' || $1 AND currency = $2`;

const FUND = `
  WITH entry AS (
    INSERT INTO ledger_transaction (key, kind, trade_id) VALUES ($1 || ':fund', 'FUND', $1::uuid)
    RETURNING transaction_id),
  lines AS (
    INSERT INTO posting (transaction_id, account, currency, amount_minor)
    SELECT transaction_id, line.* FROM entry, (VALUES
      ('member:' || $2, $3, -$4::bigint), ('member:' || $2, 'BRL', -$5::bigint),
      ('suspense', $3, $4::bigint), ('suspense', 'BRL', $5::bigint)) AS line),
  moved AS (
    UPDATE trade SET state = 'FUNDED', version = 2, hold_id = $6::uuid, updated_at = clock()
     WHERE trade_id = $1::uuid AND state = 'REQUESTED' RETURNING trade_id)
  INSERT INTO trade_transition (trade_id, version, from_state, to_state, step, actor)
  SELECT trade_id, 2, 'REQUESTED', 'FUNDED', 'fund', 'plain' FROM moved`;

const EXPOSURE = `
  WITH moved AS (
    INSERT INTO pair (partner, exposure_minor) VALUES ($2::uuid, -$3::bigint)
    ON CONFLICT (partner)
    DO UPDATE SET exposure_minor = pair.exposure_minor + excluded.exposure_minor
    RETURNING exposure_minor)
  INSERT INTO exposure_journal (partner, kind, reference, delta_minor, exposure_minor)
  SELECT $2::uuid, 'IMPORT_SETTLED', $1, -$3::bigint, exposure_minor FROM moved`;

const SETTLE = `
  WITH entry AS (
    INSERT INTO ledger_transaction (key, kind, trade_id, counterpart)
    VALUES ($1 || ':settle', 'SETTLE', $1::uuid, $2::uuid) RETURNING transaction_id),
  lines AS (
    INSERT INTO posting
           (transaction_id, account, currency, amount_minor, origin_minor, origin_currency)
    SELECT transaction_id, line.* FROM entry, (VALUES
      ('suspense', $3, -$4::bigint, NULL::bigint, NULL),
      ('suspense', 'BRL', -$5::bigint, NULL, NULL),
      ('commission', 'BRL', $5::bigint, NULL, NULL),
      ('payable:' || $2, $3, $4::bigint, $6::bigint, $7)) AS line),
  moved AS (
    UPDATE trade SET state = 'CONFIRMED', version = 3, exporter_answer = $8::jsonb,
           updated_at = clock()
     WHERE trade_id = $1::uuid AND state = 'FUNDED' RETURNING trade_id),
  event AS (
    INSERT INTO outbox (event_id, type, correlation_id, data)
    VALUES (uuidv7(), 'TRADER_PURCHASE', $9, $10::jsonb))
  INSERT INTO trade_transition (trade_id, version, from_state, to_state, step, actor)
  SELECT trade_id, 3, 'FUNDED', 'CONFIRMED', 'settle', 'plain' FROM moved`;

/** Prepared once a connection, as the gateway's statements are. */
const NAMES = { OFFER, STANDING, REQUEST, DEBIT, FUND, EXPOSURE, SETTLE } as const;

type Values = readonly (string | number)[];

async function run<R extends pg.QueryResultRow>(
  client: pg.PoolClient,
  name: keyof typeof NAMES,
  values: Values,
): Promise<pg.QueryResult<R>> {
  return client.query<R>({ name: `plain-${name}`, text: NAMES[name], values: [...values] });
}

async function commit<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** First commit: the key, the frozen terms, and the checks under the account's lock. */
export async function requestPlain(
  pool: pg.Pool,
  wlId: string,
  request: PlainRequest,
): Promise<PlainTrade> {
  const { key, accountId, offerId, quantity, correlationId } = request;
  return commit(pool, async (client) => {
    const offer = (await run<OfferRow>(client, 'OFFER', [offerId, accountId])).rows[0];
    if (offer === undefined || offer.token_hash !== sha256(request.token)) {
      throw new Error('no such offer or account');
    }
    const rate = parseFactor(offer.commission_rate);
    if (!rate.ok) throw new Error('no commission rate');
    const amount = BigInt(offer.unit_price_minor) * BigInt(quantity);
    const commission = commissionOf(minor(amount), rate.value);
    const standing = await run<{ funded: number; cooling: boolean }>(client, 'STANDING', [
      ...[accountId, offer.currency, String(amount), String(commission), offerId],
    ]);
    if (standing.rows[0]?.funded !== 2 || standing.rows[0].cooling) throw new Error('refused');
    const tradeId = randomUUIDv7();
    const fingerprint = sha256(JSON.stringify({ offerId, quantity }));
    await run(client, 'REQUEST', [
      ...[tradeId, accountId, key, fingerprint, offerId, quantity],
      ...[String(amount), String(commission), wlId, offer.contact_masked, correlationId],
    ]);
    return {
      ...{ tradeId, accountId, quantity, correlationId },
      exporter: offer.exporter,
      originOfferId: offer.origin_offer_id,
      originUnitPrice: offer.origin_unit_price_minor,
      originCurrency: offer.origin_currency,
      amount: String(amount),
      currency: offer.currency,
      commission: String(commission),
      buyerMasked: offer.contact_masked,
    };
  });
}

/** Second commit: buyer to suspense. */
export async function fundPlain(pool: pg.Pool, trade: PlainTrade, holdId: string): Promise<void> {
  const { tradeId, accountId, currency, amount, commission } = trade;
  await commit(pool, async (client) => {
    await run(client, 'DEBIT', [accountId, 'BRL', commission]);
    await run(client, 'DEBIT', [accountId, currency, amount]);
    await run(client, 'FUND', [tradeId, accountId, currency, amount, commission, holdId]);
  });
}

/** Third commit: suspense to payable and commission, the event; then whoever waits is told. */
export async function settlePlain(
  pool: pg.Pool,
  trade: PlainTrade,
  answer: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { tradeId, exporter, currency, amount, commission } = trade;
  const origin = String(BigInt(trade.originUnitPrice) * BigInt(trade.quantity));
  await commit(pool, async (client) => {
    await run(client, 'EXPOSURE', [tradeId, exporter, amount]);
    await run(client, 'SETTLE', [
      ...[tradeId, exporter, currency, amount, commission, origin, trade.originCurrency],
      ...[
        JSON.stringify(answer),
        trade.correlationId,
        JSON.stringify({ ...trade, role: 'IMPORTER' }),
      ],
    ]);
  });
  await pool.query({
    name: 'plain-NOTIFY',
    text: "SELECT pg_notify('trade_moved', $1)",
    values: [tradeId],
  });
}
