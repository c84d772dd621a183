import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { IMPORTER } from '../parties.ts';
import type { Progress } from '../progress.ts';
import type { Session } from '../register.ts';
import type { Stack } from '../stack.ts';
import { workflowUrl } from '../table.ts';
import type { Web } from '../web.ts';
import type { CatalogueView, StoreOffer } from './store.ts';

/** The demo's member at the importer: buys as any member would, and writes each purchase down. */

export interface Buyer {
  readonly accountId: string;
  readonly token: string;
}

/** What a purchase came to: its public status, with the reason where it was refused. */
export type Outcome = string;

export interface PurchaseLine {
  readonly number: number;
  readonly what: string;
  readonly expected: Outcome;
  outcome: Outcome;
  /** From the request to its answer. */
  readonly ms: number;
  readonly tradeId: string;
}

export interface Order {
  readonly offer: StoreOffer;
  readonly quantity?: number;
  readonly buyer?: Buyer;
  /** Said beside the offer's title. */
  readonly note?: string;
  readonly expected: Outcome;
  /** The run book's form instead of the checkout. */
  readonly form?: boolean;
  /** Somebody else has to act before the outcome is there: the answer is shown as it is. */
  readonly isWaiting?: boolean;
}

export interface Answer {
  readonly status: string;
  readonly reason?: string;
  readonly tradeId: string;
  readonly unitPrice?: string;
}

export interface DemoRun {
  readonly stack: Stack;
  readonly progress: Progress;
  readonly session: Session;
  readonly importer: Web;
  readonly buyer: Buyer;
  readonly catalogue: CatalogueView;
  readonly lines: PurchaseLine[];
}

const FINAL = ['CONFIRMED', 'REJECTED'];
const POLL_MS = 200;
// An exporter that was killed is up again in 5 s; learning slows down to a minute at most.
const FINAL_WITHIN_MS = 90_000;

/** Buys once and says how it went; an outcome other than the expected one is marked. */
export async function buy(run: DemoRun, order: Order): Promise<PurchaseLine> {
  const startedAt = performance.now();
  const answer = await send(run, order);
  const ms = Math.round(performance.now() - startedAt);
  const { offer, quantity = 1, note } = order;
  const line: PurchaseLine = {
    number: run.lines.length + 1,
    what: `${offer.title}, ${quantity} × ${offer.unitPrice}${note === undefined ? '' : `, ${note}`}`,
    expected: order.expected,
    outcome: outcomeOf(answer),
    ms,
    tradeId: answer.tradeId,
  };
  run.lines.push(line);
  // The buyer has a 202 and looks again, as the store page does.
  if (line.outcome === 'PENDING' && order.isWaiting !== true) await follow(run, line, FINAL);
  show(run, line);
  return line;
}

async function send(run: DemoRun, order: Order): Promise<Answer> {
  const { offer, quantity = 1, buyer = run.buyer } = order;
  if (order.form === true) {
    return run.importer.need<Answer>('/api/v1/buy-offer', {
      method: 'POST',
      form: {
        ...buyer,
        offerId: offer.offerId,
        quantity: String(quantity),
        paymentParams: '{"paymentType":"balanceAccount"}',
      },
    });
  }
  return run.importer.need<Answer>(`/api/v2/checkout/imported-offer/${offer.offerId}`, {
    method: 'POST',
    body: { ...buyer, quantity },
    headers: { 'Idempotency-Key': randomUUID() },
  });
}

function outcomeOf({ status, reason }: Pick<Answer, 'status' | 'reason'>): Outcome {
  return reason === undefined ? status : `${status} ${reason}`;
}

/** Where a purchase stands now; `until` waits for it. */
export async function follow(
  run: DemoRun,
  line: PurchaseLine,
  until: readonly string[],
): Promise<void> {
  const deadline = Date.now() + FINAL_WITHIN_MS;
  for (;;) {
    const view = await readPurchase(run, line.tradeId);
    if (until.includes(view.status)) {
      line.outcome = outcomeOf(view);
      return;
    }
    if (Date.now() > deadline) return;
    await delay(POLL_MS);
  }
}

export async function readPurchase(
  run: Pick<DemoRun, 'importer' | 'buyer'>,
  tradeId: string,
): Promise<{ status: string; state: string; reason?: string }> {
  const { accountId, token } = run.buyer;
  return run.importer.need(`/api/v2/purchases/${tradeId}`, {
    headers: { 'X-Account-Id': accountId, 'X-Account-Token': token },
  });
}

const OUTCOME_WIDTH = 30;
const NUMBER_WIDTH = 2;
const MS_WIDTH = 8;

/** A line of its own for each purchase, and one more where its outcome came later. */
export function show(run: Pick<DemoRun, 'progress' | 'stack'>, line: PurchaseLine): void {
  const mark = isAsExpected(line) ? '✓' : '·';
  const number = String(line.number).padStart(NUMBER_WIDTH, '0');
  const ms = `${line.ms} ms`.padStart(MS_WIDTH);
  const url = purchaseUrl(run.stack, line);
  run.progress.print(
    `${mark} ${number} ${line.outcome.padEnd(OUTCOME_WIDTH)} ${ms}  ${line.what}\n      ${url}`,
  );
}

export function showLater(run: Pick<DemoRun, 'progress'>, line: PurchaseLine): void {
  const number = String(line.number).padStart(NUMBER_WIDTH, '0');
  run.progress.print(`${isAsExpected(line) ? '✓' : '✗'} ${number} ${line.outcome}`);
}

export function isAsExpected({ expected, outcome }: PurchaseLine): boolean {
  return outcome === expected;
}

// Refused before there was anything to carry out: a trade row, and no workflow.
const WITHOUT_WORKFLOW = ['COOL_DOWN', 'INSUFFICIENT_FUNDS', 'ACCOUNT_NOT_ALLOWED'];

export function purchaseUrl(stack: Stack, { outcome, tradeId }: PurchaseLine): string {
  return WITHOUT_WORKFLOW.some((reason) => outcome.endsWith(reason))
    ? `refused before a workflow was needed, trade ${tradeId}`
    : workflowUrl(stack, IMPORTER.namespace, `purchase/${tradeId}`);
}
