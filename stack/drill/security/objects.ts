import { randomUUID } from 'node:crypto';
import { CP, EXPORTER, IMPORTER } from '../../parties.ts';
import type { Attack } from './attack.ts';
import { memberHeaders, person, supportToken } from './callers.ts';
import { forge } from './forge.ts';
import type { Knock } from './knock.ts';
import { buyOne, fieldsOf, openShop, statesOf } from './purchases.ts';
import type { Bought } from './purchases.ts';
import { strangersToken } from './range.ts';
import type { Range } from './range.ts';

const NOT_FOUND = '404 NOT_FOUND';
const SUBJECT = '403 CERTIFICATE_SUBJECT';
const SCOPES = ['offers:sync', 'trader:purchase', 'trader:decision'];

/** Others' things by their right ids (OWASP API 1): a trade, a hold, an account, a registration. */
export async function objectAttacks(range: Range): Promise<readonly Attack[]> {
  const { buyers, offers } = await openShop(range);
  const [owner, other] = buyers;
  if (owner === undefined || other === undefined) throw new Error('the shop has buyers');
  const bought = await buyOne(range, { buyer: owner, offer: offers[0] });
  return [
    ...(await membersAttacks(range, bought, memberHeaders(other))),
    ...strangersAtTheExporter(range, bought),
    ...strangersAtTheControlPlane(range),
    {
      name: 'the purchase that all of them were after',
      expected: ['CONFIRMED and CAPTURED'],
      send: () => statesOf(range, bought),
    },
  ];
}

interface Ask extends Knock {
  readonly name: string;
  readonly expected: string | readonly string[];
}

const asAttack =
  ({ http }: Range) =>
  ({ name, expected, ...call }: Ask): Attack => ({
    ...{ name, expected: typeof expected === 'string' ? [expected] : expected },
    send: async () => (await http.knock(call)).outcome,
  });

async function membersAttacks(
  range: Range,
  { tradeId, buyer }: Bought,
  otherHeaders: Readonly<Record<string, string>>,
): Promise<readonly Attack[]> {
  const own = memberHeaders(buyer);
  const elsewhere = await supportToken(range, await person(range, ['support']), EXPORTER.wlId);
  const path = `/api/v2/purchases/${tradeId}`;
  const reverse = { method: 'POST', path: `${path}/reverse`, body: { reason: 'not mine' } };
  const keyed = { ...otherHeaders, 'idempotency-key': randomUUID() };
  const party = IMPORTER;
  const mixed = { ...own, 'x-account-token': otherHeaders['x-account-token'] ?? '' };
  const asks: readonly Ask[] = [
    { name: 'a purchase by its member', expected: '200', party, path, headers: own },
    { name: "another member's purchase", expected: NOT_FOUND, party, path, headers: otherHeaders },
    {
      ...{ name: "another member's purchase, its progress", expected: NOT_FOUND },
      ...{ party, path: `${path}/workflow`, headers: otherHeaders },
    },
    {
      ...{ name: "another member's purchase, reversed", expected: [NOT_FOUND, '403 FORBIDDEN'] },
      ...{ party, ...reverse, headers: keyed },
    },
    {
      ...{ name: "a member's id with another's token", expected: '401 TOKEN_INVALID' },
      ...{ party, path, headers: mixed },
    },
    {
      ...{ name: 'a purchase by a support token of the exporter', expected: '403 TOKEN_AUDIENCE' },
      ...{ party, path, bearer: elsewhere },
    },
  ];
  return asks.map(asAttack(range));
}

/** A third white label with a certificate of our authority, and a token that it would never get. */
function strangersAtTheExporter(range: Range, { tradeId, holdId }: Bought): readonly Attack[] {
  const as = range.credentials.stranger;
  const bearer = strangersToken(range, SCOPES);
  const party = EXPORTER;
  const trades = '/api/v2/trader/purchases';
  const decision = { tradeId, status: 'CANCELLED', currency: 'XEX' };
  const hold = {
    ...{ requesterTraderId: 'x', originOfferId: 'x', expectedUnitPrice: '1.00', quantity: 1 },
    ...{ requestId: randomUUID(), clientBuyerMasked: 'x***' },
  };
  const asks: readonly Ask[] = [
    { name: "another's trade", expected: NOT_FOUND, party, as, path: `${trades}/${tradeId}` },
    {
      ...{ name: "another's trade, with a token", expected: NOT_FOUND },
      ...{ party, as, bearer, path: `${trades}/${tradeId}` },
    },
    {
      ...{ name: "another's hold", expected: NOT_FOUND },
      ...{ party, as, path: `/api/v2/trader/holds/${holdId}` },
    },
    {
      ...{ name: "another's trade, reversed", expected: NOT_FOUND, party, as },
      ...{ method: 'POST', path: `${trades}/${tradeId}/reverse`, body: { reason: 'mine' } },
    },
    {
      ...{ name: "another's trade, approved", expected: '403 SELF_APPROVAL', party, as, bearer },
      ...{ method: 'POST', path: `${trades}/${tradeId}/approve` },
    },
    {
      ...{ name: 'a hold in the name of another', expected: ['403 *', '422 *'], party, as, bearer },
      ...{ method: 'POST', path: '/api/v2/trader/purchase/preflight' },
      body: { ...hold, requesterWlId: IMPORTER.wlId },
    },
    {
      ...{ name: "a decision on another's trade", expected: NOT_FOUND, party: IMPORTER, as },
      ...{ method: 'POST', path: `${trades}/${tradeId}/decision`, body: decision },
    },
  ];
  const told = (name: string, call: Knock, expected: string): Attack => ({
    ...{ name, expected: [expected] },
    send: async () => {
      const { status, reason } = fieldsOf(await range.http.knock(call));
      return [status, reason].filter(Boolean).join(' ');
    },
  });
  const confirm = { tradeId, holdId, quantity: 1, unitPrice: '20.00' };
  return [
    ...asks.map(asAttack(range)),
    // The row of the stranger's own by that trade id: nothing was held in it.
    told(
      "another's hold, confirmed under the same trade id",
      { party, as, method: 'POST', path: '/api/v2/trader/purchase', body: confirm },
      'REJECTED HOLD_EXPIRED',
    ),
    told(
      "another's trade, cancelled: a row of the stranger's own",
      { party, as, method: 'POST', path: `${trades}/${randomUUID()}/cancel`, body: { holdId } },
      'CANCELLED CANCELLED',
    ),
  ];
}

function strangersAtTheControlPlane(range: Range): readonly Attack[] {
  const { credentials, keys, claims, strangerId, thumbprints } = range;
  const as = credentials.stranger;
  const cnf = { 'x5t#S256': thumbprints.stranger };
  const scope = 'policies:read telemetry:write signals:ack';
  const bearer = forge({
    claims: { ...claims.wl(), sub: strangerId, scope, cnf },
    key: keys.stranger,
  });
  const party = CP;
  const of = `/wls/${IMPORTER.wlId}`;
  const peer = { targetWlId: IMPORTER.wlId, scopes: ['trader:purchase'] };
  const post = (path: string, body?: unknown): Knock => ({
    ...{ party, as, bearer, method: 'POST', path },
    ...(body !== undefined && { body }),
  });
  const get = (path: string): Knock => ({ party, as, bearer, path });
  const asks: readonly Ask[] = [
    { name: "another's token", expected: SUBJECT, ...post(`${of}/token`) },
    { name: "another's peer token", expected: SUBJECT, ...post(`${of}/peer-token`, peer) },
    { name: "another's secrets", expected: SUBJECT, ...post(`${of}/secrets`) },
    {
      ...{ name: "another's keys, rotated", expected: ['401 *', '403 *'] },
      ...post(`${of}/keys/rotate`),
    },
    {
      ...{ name: "another's key, revoked", expected: ['401 *', '403 *'] },
      ...post(`${of}/keys/${keys.importer.kid}/revoke`),
    },
    {
      ...{ name: "another's key, revoked as an own one", expected: NOT_FOUND },
      ...{ party, as, method: 'POST' },
      path: `/wls/${strangerId}/keys/${keys.importer.kid}/revoke`,
    },
    {
      ...{ name: 'a peer token without a relationship', expected: '403 RELATIONSHIP_MISSING' },
      ...post(`/wls/${strangerId}/peer-token`, peer),
    },
    {
      ...{ name: 'a peer token to approve at another', expected: ['403 *', '422 *'] },
      ...post(`/wls/${strangerId}/peer-token`, { ...peer, scopes: ['trader:approve'] }),
    },
    { name: "another's policies", expected: ['403 *'], ...get(`${of}/policies`) },
    {
      ...{ name: 'the relationship of two others', expected: ['403 *', '404 *'] },
      ...get(`/relationships/${EXPORTER.wlId}/${IMPORTER.wlId}`),
    },
    {
      ...{ name: "another's balance", expected: ['403 *', '404 *'] },
      ...get(`/reports/trade-balance?wlId=${IMPORTER.wlId}`),
    },
    {
      ...{ name: 'a signal of others, acked', expected: NOT_FOUND },
      ...post(`/imbalance/signals/${randomUUID()}/ack`, { status: 'APPLIED' }),
    },
  ];
  return [...asks.map(asAttack(range)), told(range, post('/telemetry/events', others()))];
}

/** An event in another's name is set aside, whoever signed it. */
function told({ http }: Range, call: Knock): Attack {
  return {
    name: "an event in another's name",
    expected: ['QUARANTINED', 'REJECTED', '403'],
    send: async () => {
      const { status, text } = await http.knock(call);
      const { results = [] } = JSON.parse(text) as { results?: { result: string }[] };
      return results[0]?.result ?? String(status);
    },
  };
}

const others = (): object => ({
  ...{ eventId: randomUUID(), type: 'TRADER_PURCHASE', schemaVersion: 1, wlId: IMPORTER.wlId },
  ...{
    occurredAt: new Date().toISOString(),
    correlationId: randomUUID(),
    data: {},
    signature: 'x',
  },
});
