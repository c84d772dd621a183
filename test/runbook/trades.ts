import { expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { BUYER, PENNILESS, QA_MEMBER, UNPRIVILEGED } from '../../stack/local-data/members.ts';
import { EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { eventually } from '../stack/setup.ts';
import {
  approverToken,
  askToBuy,
  balancesOf,
  buy,
  buyerToken,
  changeOffer,
  importedOffers,
  type BuyAnswer,
  type ImportedOffer,
  type Stage,
} from './stage.ts';

const APPROVAL_ABOVE = 1_000;
const PURCHASES = 20;
const PT_CONFIRMED = 'Compra confirmada.';
const PT_PENDING = 'Compra em processamento. Avisaremos assim que for concluída.';
/** RULES.md 8 gives these word by word. */
const PT_MESSAGES = {
  PRICE_CHANGED: 'O preço desta oferta foi atualizado. Atualize a página e tente novamente.',
  OUT_OF_STOCK: 'Oferta esgotada.',
  INSUFFICIENT_FUNDS: 'Saldo X$ insuficiente',
} as const;
const EN_MESSAGES = {
  PRICE_CHANGED: 'The price of this offer has changed. Reload the page and try again.',
  OUT_OF_STOCK: 'This offer is sold out.',
  INSUFFICIENT_FUNDS: 'Insufficient X$ balance',
  COOL_DOWN: 'You have just bought this offer. Check that purchase or wait a minute.',
  ACCOUNT_NOT_ALLOWED: 'Your account may not buy offers.',
} as const;
const ENGLISH = { 'Accept-Language': 'en' };
const BACKOFFICE = '/api/v2/backoffice/accounts';
const TRADER = '/api/v2/trader/purchases';

interface Pending {
  readonly items: readonly { readonly tradeId: string; readonly amount: string }[];
  readonly total: number;
}

/** Cheap ones that nobody else in these files buys or changes, from the end of the list. */
export async function spareOffers(stage: Stage, count: number): Promise<ImportedOffer[]> {
  const offers = await importedOffers(stage);
  const cheap = offers.filter(
    ({ eligible, available, unitPrice }) => eligible && available > 2 && Number(unitPrice) < 500,
  );
  return cheap.slice(-count);
}

/** Steps 7 and 8: twenty purchases, and the exporter's word on those that wait for it. */
export function purchaseSteps(stage: () => Stage): void {
  const answers: { readonly offer: ImportedOffer; readonly answer: BuyAnswer }[] = [];

  test('7: twenty offers are bought; what is above the threshold waits', async () => {
    const offers = (await importedOffers(stage())).filter((o) => o.eligible && o.available > 2);
    for (const offer of offers.slice(0, PURCHASES)) {
      const { status, body } = await askToBuy(stage(), BUYER, offer.offerId);
      const answer = body as BuyAnswer;
      const waits = Number(offer.unitPrice) > APPROVAL_ABOVE;
      expect(answer).toMatchObject({ ok: true, unitPrice: offer.unitPrice });
      expect([status, answer.status]).toEqual(waits ? [202, 'PENDING'] : [200, 'CONFIRMED']);
      expect(answer.statusUrl).toBe(waits ? `/api/v2/purchases/${answer.tradeId}` : undefined);
      expect(answer.msg).toBe(waits ? PT_PENDING : PT_CONFIRMED);
      answers.push({ offer, answer });
    }
    expect(answers).toHaveLength(PURCHASES);
    expect(pendingOf(answers).length).toBeGreaterThanOrEqual(4);
  });

  test('7: the same offer again within a minute names the earlier purchase', async () => {
    const [first] = answers;
    const again = await askToBuy(stage(), BUYER, first?.offer.offerId ?? '', ENGLISH);
    const earlier = { tradeId: first?.answer.tradeId, status: 'CONFIRMED' };
    const refusal = { ok: false, status: 'REJECTED', reason: 'COOL_DOWN', earlier };
    expect(again.body).toMatchObject({ ...refusal, msg: EN_MESSAGES.COOL_DOWN });
    const path = (again.body as { earlier: { statusUrl: string } }).earlier.statusUrl;
    const headers = { 'X-Account-Id': BUYER.accountId, 'X-Account-Token': BUYER.token };
    const found = await stage().stack.web(IMPORTER).need(path, { headers });
    expect(found).toMatchObject({ tradeId: first?.answer.tradeId, state: 'CONFIRMED' });
  });

  test('7: privileges and funds are put right by the back office', async () => {
    const [offer] = await spareOffers(stage(), 6);
    const id = offer?.offerId ?? '';
    const poor = await buy(stage(), PENNILESS, id);
    expect(poor).toMatchObject({
      reason: 'INSUFFICIENT_FUNDS',
      msg: PT_MESSAGES.INSUFFICIENT_FUNDS,
    });
    const poorEnglish = await buy(stage(), PENNILESS, id, ENGLISH);
    expect(poorEnglish.msg).toBe(EN_MESSAGES.INSUFFICIENT_FUNDS);
    const barred = await buy(stage(), UNPRIVILEGED, id, ENGLISH);
    expect(barred).toMatchObject({
      reason: 'ACCOUNT_NOT_ALLOWED',
      msg: EN_MESSAGES.ACCOUNT_NOT_ALLOWED,
    });
    const web = stage().stack.web(IMPORTER);
    const bearer = 'backoffice-importer';
    const account = `${BACKOFFICE}/${UNPRIVILEGED.accountId}`;
    await web.need(account, { method: 'PATCH', bearer, body: { buyOffer: true } });
    expect((await buy(stage(), UNPRIVILEGED, id)).status).toBe('CONFIRMED');
    for (const currency of ['XIM', 'BRL']) {
      const body = { amount: '1000.00', currency, note: 'Run book, step 7' };
      const call = { method: 'POST', bearer, body } as const;
      const headers = { 'Idempotency-Key': `step-7-${currency}` };
      await web.need(`${BACKOFFICE}/${PENNILESS.accountId}/credits`, { ...call, headers });
    }
    expect((await buy(stage(), PENNILESS, id)).status).toBe('CONFIRMED');
  });

  test('8: one is approved, one rejected, and two fewer wait', async () => {
    const bearer = await approverToken(stage());
    const web = stage().stack.web(EXPORTER, 'exporter');
    const pending = () => web.need<Pending>(`${TRADER}/pending`, { bearer });
    const before = await pending();
    const waiting = pendingOf(answers);
    expect(new Set(before.items.map(({ tradeId }) => tradeId))).toEqual(new Set(waiting));
    const [approved = '', rejected = ''] = waiting;
    const funds = await balancesOf(stage(), BUYER);
    const decide = (trade: string, verb: string, body: object) =>
      web.need(`${TRADER}/${trade}/${verb}`, { method: 'POST', bearer, body });
    const no = { reason: 'MANUAL_REJECT' };
    expect(await decide(approved, 'approve', {})).toMatchObject({ status: 'CONFIRMED' });
    expect(await decide(rejected, 'reject', no)).toMatchObject({ status: 'REJECTED', ...no });
    expect(await decide(rejected, 'approve', {})).toMatchObject({ status: 'REJECTED', ...no });
    await untilState(stage(), approved, 'CONFIRMED');
    const view = await untilState(stage(), rejected, 'COMPENSATED');
    expect(view).toMatchObject({ status: 'REJECTED', ...no });
    expect((await pending()).total).toBe(before.total - 2);
    // Total and commission come back; what was approved had left the account before.
    const back = (currency: string, amount: string) =>
      expect(Number(funds[currency] ?? '0') + Number(amount)).toBeCloseTo(Number(after[currency]));
    const after = await balancesOf(stage(), BUYER);
    back('XIM', view.amount);
    back('BRL', view.commission);
  });

  test("8: the buyer's token decides nothing: SELF_APPROVAL", async () => {
    const bearer = await buyerToken(stage());
    const web = stage().stack.web(EXPORTER, 'importer');
    const [, , open = ''] = pendingOf(answers);
    for (const path of [`${TRADER}/${open}/approve`, `${TRADER}/${open}/reject`]) {
      const refused = await web.ask(path, { method: 'POST', bearer, body: { reason: 'no' } });
      expect(refused.status).not.toBe(200);
    }
    const call = { method: 'POST', bearer, body: {} } as const;
    const refused = await web.ask(`${TRADER}/${open}/approve`, call);
    expect(refused).toMatchObject({ status: 403, body: { code: 'SELF_APPROVAL' } });
  });
}

const pendingOf = (all: readonly { readonly answer: BuyAnswer }[]): string[] =>
  all.filter(({ answer }) => answer.status === 'PENDING').map(({ answer }) => answer.tradeId);

interface View {
  readonly state: string;
  readonly amount: string;
  readonly commission: string;
}

export async function untilState(
  { stack }: Stage,
  tradeId: string,
  state: string,
  buyer: { readonly accountId: string; readonly token: string } = BUYER,
): Promise<View> {
  const headers = { 'X-Account-Id': buyer.accountId, 'X-Account-Token': buyer.token };
  const read = () => stack.web(IMPORTER).need<View>(`/api/v2/purchases/${tradeId}`, { headers });
  await eventually(`${tradeId} is ${state}`, async () => (await read()).state === state, 20_000);
  return read();
}

/** Step 10: refused before anything is paid. */
export function preflightSteps(stage: () => Stage): void {
  test('10: PRICE_CHANGED, OUT_OF_STOCK and HOLD_EXPIRED cost the buyer nothing', async () => {
    const funds = await balancesOf(stage(), QA_MEMBER);
    const [priced, soldOut, held] = await spareOffers(stage(), 3);
    if (priced === undefined || soldOut === undefined || held === undefined) throw new Error('few');
    await refused(stage(), priced, { reason: 'PRICE_CHANGED', change: { unitPrice: '499.99' } });
    await changeOffer(stage(), priced.originOfferId, { unitPrice: priced.originUnitPrice });
    await refused(stage(), soldOut, { reason: 'OUT_OF_STOCK', change: { available: 0 } });
    await changeOffer(stage(), soldOut.originOfferId, { available: soldOut.available });
    await holdExpired(stage(), held);
    expect(await balancesOf(stage(), QA_MEMBER)).toEqual(funds);
  });
}

interface Refused {
  readonly reason: 'PRICE_CHANGED' | 'OUT_OF_STOCK';
  readonly change: Readonly<Record<string, unknown>>;
}

async function refused(
  stage: Stage,
  offer: ImportedOffer,
  { reason, change }: Refused,
): Promise<void> {
  await changeOffer(stage, offer.originOfferId, change);
  const { status, body } = await askToBuy(stage, QA_MEMBER, offer.offerId);
  const expected = { ok: false, status: 'REJECTED', reason, msg: PT_MESSAGES[reason] };
  expect(status).toBe(200);
  expect(body).toMatchObject({ ...expected, unitPrice: change['unitPrice'] ?? offer.unitPrice });
  // The refusal's price has reached the store: only another change makes the next one differ.
  const next = reason === 'PRICE_CHANGED' ? { unitPrice: '498.99' } : change;
  await changeOffer(stage, offer.originOfferId, next);
  const english = await buy(stage, QA_MEMBER, offer.offerId, ENGLISH);
  expect(english).toMatchObject({ reason, msg: EN_MESSAGES[reason] });
}

async function holdExpired(stage: Stage, offer: ImportedOffer): Promise<void> {
  const { stack } = stage;
  const hold = await stack
    .web(EXPORTER, 'importer')
    .need<{ holdId: string; expiresAt: string }>('/api/v2/trader/purchase/preflight', {
      method: 'POST',
      bearer: await buyerToken(stage),
      body: {
        requestId: 'run-book-hold',
        requesterWlId: IMPORTER.wlId,
        requesterTraderId: 'trader-importer-1',
        originOfferId: offer.originOfferId,
        expectedUnitPrice: offer.originUnitPrice,
        quantity: 1,
        clientBuyerMasked: 'qa***@xpory.local',
      },
    });
  await delay(Math.max(0, Date.parse(hold.expiresAt) - Date.now()) + 50);
  const { accountId, token } = QA_MEMBER;
  const answer = await stack
    .web(IMPORTER)
    .need(`/api/v2/checkout/imported-offer/${offer.offerId}`, {
      method: 'POST',
      headers: { 'Idempotency-Key': 'run-book-hold' },
      body: { accountId, token, quantity: 1, holdId: hold.holdId },
    });
  const expected = { status: 'REJECTED', reason: 'HOLD_EXPIRED', unitPrice: offer.unitPrice };
  expect(answer).toMatchObject({ ok: false, ...expected });
}
