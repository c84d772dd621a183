import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { formatMinor, parseMinor } from '../../domain/shared/money.ts';
import { CP, EXPORTER, IMPORTER } from '../parties.ts';
import { workflowUrl } from '../table.ts';
import type { Web } from '../web.ts';
import { buy } from './purchases.ts';
import type { DemoRun } from './purchases.ts';
import { exposureOf, govern, relationshipFields, type Scene } from './terms.ts';

/** The limit is crossed; the pair stops, somebody settles, and it goes on. */
export const LIMIT_CROSSED: Scene = {
  title: 'the limit is crossed, the pair stops, a settlement starts it again',
  play: limitCrossed,
};

// The promise is one minute (DESIGN.md 7); seconds are what one sees.
const REACTION_WITHIN_MS = 60_000;
const POLL_MS = 50;
/** Under a SOFT limit the purchase that crosses it goes through: this is by how little it crosses. */
const CROSSED_BY_MINOR = 1n;
const PASSWORD = 'correct horse battery';

async function limitCrossed(run: DemoRun): Promise<void> {
  const before = await relationshipFields(run);
  const offer = await run.catalogue.take('cheap');
  const owed = await settledExposure(run);
  const limit = owed + minorOf(offer.originUnitPrice) - CROSSED_BY_MINOR;
  await govern(run, { limitMode: 'SOFT', limitAmount: formatMinor(limit) });
  tell(run, `exposure ${formatMinor(owed)} XEX; the limit is now ${formatMinor(limit)}, SOFT`);
  await buy(run, { offer, note: 'crosses the limit', expected: 'CONFIRMED' });
  const boughtAt = performance.now();
  await until('the offers of the pair are off', async () => (await balance(run)).disabled);
  const off = await until('nothing can be bought', async () => (await eligible(run)) === 0);
  tell(run, `both told to stop, the last offer off ${since(boughtAt, off)} after the purchase`);
  await buy(run, { offer: await other(run, offer.offerId), expected: 'REJECTED SIGNAL_DISABLED' });

  const plan = await readPlan(run);
  const { percent } = await balance(run);
  tell(run, `${percent ?? '-'} % of the limit. Plan ${plan.n}: ${plan.needed} XEX to compensate`);
  for (const { percent: share, amount, dueAt } of plan.steps) {
    tell(run, `  ${share} %, ${amount} XEX by ${dueAt}`);
  }
  tell(run, `  ${workflowUrl(run.stack, CP.namespace, plan.workflowId)}`);

  const confirmedAt = await settle(run, plan.needed);
  const back = await until('offers can be bought again', async () => (await eligible(run)) > 0);
  tell(
    run,
    `recorded by one, confirmed by another; offers are back ${since(confirmedAt, back)} on`,
  );
  await buy(run, { offer: await run.catalogue.take('cheap'), expected: 'CONFIRMED' });
  const closed = await until('the plan is closed', async () => {
    const { state } = await readPlan(run);
    return state === 'CLOSED';
  });
  tell(run, `the plan closed itself with a report ${since(confirmedAt, closed)} on`);
  await govern(run, { limitMode: before.limitMode, limitAmount: before.limitAmount });
}

/** Records and confirms; answers when the confirmation was answered. */
async function settle(run: DemoRun, amount: string): Promise<number> {
  const [maker, checker] = [await officer(run), await officer(run)];
  const { cp } = run.session;
  const { id } = await cp.need<{ id: string }>('/admin/api/settlements', {
    method: 'POST',
    bearer: maker,
    headers: { 'Idempotency-Key': randomUUID() },
    body: { src: EXPORTER.wlId, dst: IMPORTER.wlId, amount, note: 'Acerto da demonstração' },
  });
  await cp.need(`/admin/api/settlements/${id}/confirm`, { method: 'POST', bearer: checker });
  return performance.now();
}

/** A risk officer of the Control Plane, logged in: nobody may confirm what they recorded. */
async function officer({ session }: DemoRun): Promise<string> {
  const { cp, token: bearer } = session;
  const email = `risco-${randomUUID().slice(0, 8)}@xpory.local`;
  const body = { email, name: 'Risco', password: PASSWORD, roles: ['risk'] };
  await cp.need('/admin/api/users', { method: 'POST', bearer, body });
  const login = { email, password: PASSWORD };
  const path = '/admin/api/auth/login';
  return (await cp.need<{ token: string }>(path, { method: 'POST', body: login })).token;
}

interface Balance {
  readonly exposure: string;
  readonly reserved: string;
  readonly percent: string | null;
  readonly disabled: boolean;
}

async function balance({ session }: DemoRun): Promise<Balance> {
  const { cp, token: bearer } = session;
  const pair = `wlId=${EXPORTER.wlId}&partner=${IMPORTER.wlId}`;
  const { items } = await cp.need<{ items: Balance[] }>(`/reports/trade-balance?${pair}`, {
    bearer,
  });
  const [item] = items;
  if (item === undefined) throw new Error('the two have no balance');
  return item;
}

/** What is owed once the Control Plane has heard of everything that the exporter has sold. */
async function settledExposure(run: DemoRun): Promise<bigint> {
  let owed = 0n;
  await until('every purchase is in the balance', async () => {
    const { exposure, reserved } = await balance(run);
    owed = minorOf(exposure);
    return minorOf(reserved) === 0n && owed === (await exposureOf(run));
  });
  return owed;
}

interface Plan {
  readonly n: number;
  readonly state: string;
  readonly needed: string;
  readonly workflowId: string;
  readonly steps: readonly { percent: number; amount: string; dueAt: string }[];
}

async function readPlan({ session }: DemoRun): Promise<Plan> {
  const { cp, token: bearer } = session;
  const { items } = await cp.need<{ items: Plan[] }>('/admin/api/plans?limit=1', { bearer });
  const [plan] = items;
  if (plan === undefined) throw new Error('no plan was opened');
  return plan;
}

interface Listed {
  readonly offerId: string;
  readonly eligible: boolean;
}

/** Eligible offers come first, so one page tells whether there are any. */
async function eligible({ importer }: Pick<DemoRun, 'importer'>): Promise<number> {
  return (await list(importer)).filter((offer) => offer.eligible).length;
}

async function other(run: DemoRun, offerId: string) {
  const found = (await list(run.importer)).find((offer) => offer.offerId !== offerId);
  if (found === undefined) throw new Error('there is only one offer');
  return found as Awaited<ReturnType<DemoRun['catalogue']['take']>>;
}

async function list(importer: Web): Promise<Listed[]> {
  const path = '/api/v2/imported-offers?limit=200';
  return (await importer.need<{ items: Listed[] }>(path)).items;
}

/** Answers when it came true; a scene that waits in vain has failed. */
async function until(what: string, isTrue: () => Promise<boolean>): Promise<number> {
  const deadline = performance.now() + REACTION_WITHIN_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await delay(POLL_MS);
  }
  return performance.now();
}

function since(from: number, to: number): string {
  return `${((to - from) / 1_000).toFixed(2)} s`;
}

function minorOf(amount: string): bigint {
  const parsed = parseMinor(amount);
  if (!parsed.ok) throw new Error(`"${amount}" is no amount`);
  return parsed.value;
}

function tell({ progress }: DemoRun, text: string): void {
  progress.print(`      ${text}`);
}
