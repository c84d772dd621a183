import { randomUUID } from 'node:crypto';
import { formatMinor, parseMinor } from '../../domain/shared/money.ts';
import { BUYER, QA_MEMBER } from '../../stack/local-data/members.ts';
import { EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { logIn, putRelationship } from '../../stack/register.ts';
import { buy, type ImportedOffer } from '../runbook/stage.ts';
import type { TestStack } from '../support/stack.ts';
import { breakHoldsOf, offersOf, told } from './shop.ts';

const PAIR = { src: EXPORTER.wlId, dst: IMPORTER.wlId };
const APPROVALS = 3;
/** By how little what is owed is above the limit: percentages stay those of a real day. */
const CROSSED_BY_MINOR = 100n;

/**
 * A day on which every page has something to do, as the demo leaves nothing open: purchases that
 * wait for approval, one that is parked, a settlement that nobody has confirmed, a limit that is
 * crossed with its signal, plan and notices. Ends once the Control Plane tells of all of it.
 */
export async function makeBusy(stack: TestStack): Promise<void> {
  const dear = await offersOf(stack, 'dear');
  for (const offer of dear.slice(0, APPROVALS)) await buy({ stack }, BUYER, offer.offerId);
  await told<{ items: unknown[] }>(
    stack,
    '/admin/api/approvals',
    ({ items }) => items.length >= Math.min(APPROVALS, dear.length),
  );
  await park(stack, (await offersOf(stack, 'cheap')).at(-1));
  await recordSettlement(stack);
  await crossTheLimit(stack);
}

/** Two members want what the exporter can hold and never give: nobody mends it. */
async function park(stack: TestStack, offer: ImportedOffer | undefined): Promise<void> {
  if (offer === undefined) throw new Error('the catalogue has too few offers');
  await breakHoldsOf(stack, offer.originOfferId);
  const trades = [
    await buy({ stack }, BUYER, offer.offerId),
    await buy({ stack }, QA_MEMBER, offer.offerId),
  ];
  for (const { tradeId } of trades) {
    const path = `/admin/api/trades/${tradeId}`;
    await told<{ parked: boolean }>(stack, path, ({ parked }) => parked);
  }
}

async function recordSettlement(stack: TestStack): Promise<void> {
  const { cp, token: bearer } = await logIn(stack);
  await cp.need('/admin/api/settlements', {
    ...{ method: 'POST', bearer, headers: { 'Idempotency-Key': randomUUID() } },
    body: { ...PAIR, amount: '150.00', note: 'PIX de novembro' },
  });
}

async function crossTheLimit(stack: TestStack): Promise<void> {
  const session = await logIn(stack);
  const { cp, token: bearer } = session;
  const path = `/reports/trade-balance?wlId=${PAIR.src}&partner=${PAIR.dst}`;
  const { items } = await cp.need<{ items: { exposure: string }[] }>(path, { bearer });
  const owed = parseMinor(items[0]?.exposure ?? '');
  if (!owed.ok) throw new Error('the two have no balance');
  const limitAmount = formatMinor(owed.value - CROSSED_BY_MINOR);
  await putRelationship(
    session,
    { src: EXPORTER, dst: IMPORTER },
    { limitMode: 'SOFT', limitAmount },
  );
  await told<{ items: unknown[] }>(
    stack,
    '/admin/api/plans?state=OPEN',
    (plans) => plans.items.length > 0,
  );
  await told<{ items: unknown[] }>(
    stack,
    '/imbalance/signals?state=ACKED',
    (signals) => signals.items.length > 0,
  );
}
