import { randomUUID } from 'node:crypto';
import { formatMinor } from '../../domain/shared/money.ts';
import { PENNILESS, UNPRIVILEGED } from '../local-data/members.ts';
import { CP, EXPORTER, IMPORTER } from '../parties.ts';
import { buy, follow, showLater } from './purchases.ts';
import type { DemoRun, PurchaseLine } from './purchases.ts';
import { exposureOf, govern, relationshipFields, type Scene } from './terms.ts';

export const SCENES_BEFORE_THE_KILL: readonly Scene[] = [
  { title: 'plain purchases at rate 1', play: plainPurchases },
  { title: 'refused before any money moves', play: refusedAtTheDoor },
  { title: 'the price has changed', play: priceChanged },
  { title: 'sold out', play: soldOut },
  { title: 'the limit between the two is reached', play: limitExceeded },
  { title: 'rate 1.23456789', play: (run) => atRate(run, '1.23456789') },
  { title: 'rate 0.33333333', play: (run) => atRate(run, '0.33333333') },
  { title: 'above 1,000.00 somebody approves', play: approvals },
  { title: 'reversed by support', play: reversed },
];

export const SCENES_AFTER_THE_KILL: readonly Scene[] = [
  { title: 'purchases at the same time', play: atTheSameTime },
];

const PLAIN = 5;
const AT_RATE = 3;
const AT_ONCE = 4;

async function plainPurchases(run: DemoRun): Promise<void> {
  for (let count = 0; count < PLAIN; count += 1) {
    await buy(run, { offer: await run.catalogue.take('cheap'), expected: 'CONFIRMED' });
  }
  const offer = await run.catalogue.take('cheap');
  await buy(run, { offer, quantity: 2, form: true, note: 'by form', expected: 'CONFIRMED' });
  await buy(run, { offer, note: 'again at once', expected: 'REJECTED COOL_DOWN' });
}

async function refusedAtTheDoor(run: DemoRun): Promise<void> {
  const offer = await run.catalogue.take('cheap');
  const orders = [
    { buyer: PENNILESS, note: 'without funds', expected: 'REJECTED INSUFFICIENT_FUNDS' },
    { buyer: UNPRIVILEGED, note: 'not allowed to buy', expected: 'REJECTED ACCOUNT_NOT_ALLOWED' },
  ];
  for (const { buyer: member, note, expected } of orders) {
    const { accountId, token } = member;
    await buy(run, { offer, buyer: { accountId, token }, note, expected });
  }
}

async function priceChanged(run: DemoRun): Promise<void> {
  const offer = await run.catalogue.take('cheap');
  const dearer = (Number(offer.originUnitPrice) + 1).toFixed(2);
  await run.catalogue.patch(offer, { unitPrice: dearer });
  await buy(run, { offer, expected: 'REJECTED PRICE_CHANGED' });
  // The refusal has brought the new price: the buyer may go on at once.
  const now = await run.catalogue.again(offer);
  await buy(run, { offer: now, note: 'at the new price', expected: 'CONFIRMED' });
  await run.catalogue.patch(offer, { unitPrice: offer.originUnitPrice });
}

async function soldOut(run: DemoRun): Promise<void> {
  const offer = await run.catalogue.take('cheap');
  await run.catalogue.patch(offer, { available: 0 });
  await buy(run, { offer, expected: 'REJECTED OUT_OF_STOCK' });
  await run.catalogue.patch(offer, { available: offer.available });
}

async function limitExceeded(run: DemoRun): Promise<void> {
  const offer = await run.catalogue.take('cheap');
  const before = await relationshipFields(run);
  // Reached, not passed: above it the Control Plane would stop the pair altogether.
  await govern(run, { limitAmount: formatMinor(await exposureOf(run)) });
  await buy(run, { offer, expected: 'REJECTED LIMIT_EXCEEDED' });
  await govern(run, { limitAmount: before.limitAmount });
}

async function atRate(run: DemoRun, fxRate: string): Promise<void> {
  await govern(run, { fxRate });
  for (let quantity = 1; quantity <= AT_RATE; quantity += 1) {
    const offer = await run.catalogue.take('cheap');
    await buy(run, { offer, quantity, expected: 'CONFIRMED' });
  }
  await govern(run, { fxRate: '1' });
}

async function approvals(run: DemoRun): Promise<void> {
  const decisions = ['approve', 'reject', 'approve'] as const;
  const waiting: { line: PurchaseLine; decision: (typeof decisions)[number] }[] = [];
  for (const decision of decisions) {
    const offer = await run.catalogue.take('above-threshold');
    const expected = decision === 'approve' ? 'CONFIRMED' : 'REJECTED MANUAL_REJECT';
    const note = decision === 'approve' ? 'approved' : 'rejected by hand';
    const order = { offer, note, expected, isWaiting: true };
    waiting.push({ line: await buy(run, order), decision });
  }
  const { token } = await run.stack
    .web(CP, 'exporter')
    .need<{ token: string }>(`/wls/${EXPORTER.wlId}/peer-token`, {
      method: 'POST',
      body: { targetWlId: EXPORTER.wlId, scopes: ['trader:approve'] },
    });
  const exporter = run.stack.web(EXPORTER, 'exporter');
  for (const { line, decision } of waiting) {
    await exporter.need(`/api/v2/trader/purchases/${line.tradeId}/${decision}`, {
      method: 'POST',
      bearer: token,
      body: decision === 'approve' ? {} : { reason: 'MANUAL_REJECT' },
    });
    await follow(run, line, ['CONFIRMED', 'REJECTED']);
    showLater(run, line);
  }
}

async function reversed(run: DemoRun): Promise<void> {
  const offer = await run.catalogue.take('cheap');
  const line = await buy(run, { offer, note: 'reversed', expected: 'REVERSED' });
  const { cp, token: operator } = run.session;
  const { token } = await cp.need<{ token: string }>(
    `/admin/api/wls/${IMPORTER.wlId}/support-token`,
    { method: 'POST', bearer: operator },
  );
  await run.importer.need(`/api/v2/purchases/${line.tradeId}/reverse`, {
    method: 'POST',
    bearer: token,
    body: { reason: 'Produto com defeito' },
    headers: { 'Idempotency-Key': randomUUID() },
  });
  await follow(run, line, ['REVERSED']);
  showLater(run, line);
}

async function atTheSameTime(run: DemoRun): Promise<void> {
  const offers = [];
  for (let count = 0; count < AT_ONCE; count += 1) offers.push(await run.catalogue.take('cheap'));
  await Promise.all(offers.map((offer) => buy(run, { offer, expected: 'CONFIRMED' })));
}
