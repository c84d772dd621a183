import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { WlTables } from '../../db/wl/schema.ts';
import { isPurchaseOver } from '../../domain/purchase/trade.ts';
import type { TradeState } from '../../domain/purchase/trade.ts';
import { CLOCK_SKEW_SECONDS } from '../../runtime/tokens.ts';
import type { Checkout } from './buyers.ts';
import { describeEntries } from './client-log.ts';
import type { ClientLog } from './client-log.ts';
import { openAccounts, putUpOffers } from './market.ts';
import type { Buyer, DrillOffer } from './market.ts';
import { awaitMoment } from './moments.ts';
import type { Moment } from './moments.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { allHeld, withShop } from './shop.ts';
import { openStage, sleep } from './stage.ts';
import type { Stage } from './stage.ts';
import { readStates } from './trade-rows.ts';

const CP_PROCESSES = ['cp-api', 'cp-worker'];
const EXPORTER_PROCESS = 'exporter-gateway';
const IMPORTER_PROCESSES = ['importer-gateway', 'importer-worker'];
const PURCHASES = 20;
/** The importer is restarted in good order before this purchase, and killed before that one. */
const RESTART_BEFORE = 6;
const KILL_BEFORE = 12;

/**
 * Tokens expire within a minute, a hold does not: what is looked at is a trade without tokens, and
 * not one without a hold.
 */
const SHORT_TOKENS = {
  WL_TOKEN_TTL_SECONDS: '40',
  PEER_TOKEN_TTL_SECONDS: '40',
  POLICY_PULL_SECONDS: '5',
  HOLD_TTL_SECONDS: '900',
};
const FINISHED_WITHIN_MS = 120_000;
const POLL_MS = 250;
const TRIES = 5;
/** Buys of one account, each of another offer, so that no cool-down is met. */
const OFFERS = 100;
const BUY_EVERY_MS = 700;
const STOCK = 1_000;

/** Purchases without a Control Plane, and a funded one without any valid token. */
export async function drillOutage(options: DrillOptions): Promise<boolean> {
  const confirmed = await withMarket('outage', {}, PURCHASES, (market) =>
    buyThroughOutage(market, options.minutes),
  );
  const finished = await withMarket('expired-tokens', SHORT_TOKENS, OFFERS, outliveTokens);
  return confirmed && finished;
}

interface Market {
  readonly stage: Stage;
  readonly buyer: Buyer;
  readonly offers: readonly DrillOffer[];
  readonly log: ClientLog;
  /** Buys the offer of that place once. */
  buy(place: number): ReturnType<Checkout>;
}

async function withMarket(
  name: string,
  env: Readonly<Record<string, string>>,
  count: number,
  work: (market: Market) => Promise<boolean>,
): Promise<boolean> {
  return withShop(await openStage({ name, env }), async ({ stage, log, checkout, judge }) => {
    const [buyer] = await openAccounts(stage, 1);
    if (buyer === undefined) throw new Error('no account was opened');
    const offers = await putUpOffers(stage, [{ unitPrice: '10.00', available: STOCK, count }]);
    const buy = async (place: number) => {
      const offerId = offers[place % offers.length]?.offerId ?? '';
      const entry = await checkout({ buyer, offerId, key: randomUUID() });
      log.add(entry);
      return entry;
    };
    const held = await work({ stage, buyer, offers, log, buy });
    const quiet = await waitForQuiet(stage);
    stage.say(`requests: ${describeEntries(log.entries)}`);
    return allHeld(stage, { held, quiet, judged: await judge([buyer]) });
  });
}

async function buyThroughOutage({ stage, buy }: Market, minutes: number): Promise<boolean> {
  const { supervisor } = stage.stack;
  await killControlPlane(stage);
  const diedAt = Date.now();
  let confirmed = 0;
  for (let place = 0; place < PURCHASES; place += 1) {
    // Spread over the whole outage: the last one is made at its end.
    const dueAt = diedAt + (minutes * 60_000 * (place + 1)) / PURCHASES;
    await sleep(Math.max(0, dueAt - Date.now()));
    if (place === RESTART_BEFORE) {
      await supervisor.restart('importer-gateway');
      stage.say('the importer’s gateway was restarted');
    }
    if (place === KILL_BEFORE) {
      for (const name of IMPORTER_PROCESSES) await supervisor.stop(name, 'SIGKILL');
      for (const name of IMPORTER_PROCESSES) await supervisor.restart(name);
      stage.say('the importer’s gateway and worker were killed and started');
    }
    const { status, reason = '', ms, error = '' } = await buy(place);
    if (status === 'CONFIRMED') confirmed += 1;
    const outcome = [status, reason, error].filter(Boolean).join(' ');
    stage.say(`purchase ${place + 1}/${PURCHASES}: ${outcome} in ${ms} ms`);
  }
  const deadFor = ((Date.now() - diedAt) / 60_000).toFixed(1);
  stage.say(`${confirmed} of ${PURCHASES} confirmed, Control Plane dead for ${deadFor} min`);
  for (const name of CP_PROCESSES) await supervisor.restart(name);
  stage.say('the Control Plane is back');
  return confirmed === PURCHASES;
}

async function killControlPlane(stage: Stage): Promise<void> {
  for (const name of CP_PROCESSES) await stage.stack.supervisor.stop(name, 'SIGKILL');
  stage.say('the Control Plane’s processes are killed and stay dead');
}

/** Two ways to be FUNDED when the last token expires; both have to end in both books. */
async function outliveTokens(market: Market): Promise<boolean> {
  const unsent = await loseConfirm(market);
  const unanswered = await holdThroughExpiry(market);
  return unsent && unanswered;
}

/**
 * A trade whose confirm is lost: funded here, held there, and nobody alive to go on. Started again
 * without any valid token, the importer has to confirm by its certificate alone.
 */
async function loseConfirm(market: Market): Promise<boolean> {
  const { stage } = market;
  const { supervisor } = stage.stack;
  for (let round = 1; round <= TRIES; round += 1) {
    const tradeId = await fundAndKill(market);
    if (tradeId === undefined) continue;
    await killControlPlane(stage);
    stage.say(`trade ${tradeId} is FUNDED, HELD at the exporter; the importer is dead`);
    await untilTokensExpired(stage);
    for (const name of IMPORTER_PROCESSES) await supervisor.restart(name);
    stage.say('the importer is started again, the Control Plane still dead');
    const state = await untilOver(stage, tradeId);
    stage.say(`trade ${tradeId} without a valid token: ${state}`);
    for (const name of CP_PROCESSES) await supervisor.restart(name);
    return state === 'CONFIRMED';
  }
  stage.say('no purchase could be caught between its debit and its confirm');
  return false;
}

async function fundAndKill(market: Market): Promise<string | undefined> {
  const { stage } = market;
  const { supervisor } = stage.stack;
  const { moment, tradeId, asked } = await catchFunded(market);
  if (tradeId === undefined) {
    moment.release();
    await asked;
    return undefined;
  }
  await Promise.all(IMPORTER_PROCESSES.map((name) => supervisor.stop(name, 'SIGKILL')));
  // Stopped, it has the confirm unread; killed, it never reads it.
  await supervisor.kill(EXPORTER_PROCESS, 'SIGKILL');
  await asked;
  await untilStarted(stage);
  const state = (await readStates(stage.importer, [tradeId])).get(tradeId);
  const hold = await stage.exporter
    .selectFrom('hold')
    .select('state')
    .where('trade_id', '=', tradeId)
    .executeTakeFirst();
  if (state === 'FUNDED' && hold?.state === 'HELD') return tradeId;
  stage.say(`caught too late: ${state} here, ${hold?.state ?? 'nothing'} there; once more`);
  for (const name of IMPORTER_PROCESSES) await supervisor.restart(name);
  return undefined;
}

/** The exporter was killed and comes back by itself; how soon is not looked at. */
async function untilStarted(stage: Stage): Promise<void> {
  const { supervisor } = stage.stack;
  while (supervisor.pid(EXPORTER_PROCESS) === undefined) await sleep(POLL_MS);
  await supervisor.whenReady(EXPORTER_PROCESS);
}

/** The exporter is stopped while a trade is FUNDED, until every token has expired, and woken. */
async function holdThroughExpiry(market: Market): Promise<boolean> {
  const { stage } = market;
  const { moment, tradeId, asked } = await catchFunded(market);
  await asked;
  if (tradeId === undefined) {
    moment.release();
    stage.say('the exporter could not be stopped at a funded trade');
    return false;
  }
  stage.say(`trade ${tradeId} is FUNDED, the exporter is stopped`);
  await killControlPlane(stage);
  await untilTokensExpired(stage);
  moment.release();
  const state = await untilOver(stage, tradeId);
  stage.say(`trade ${tradeId} after the exporter woke, without a valid token: ${state}`);
  for (const name of CP_PROCESSES) await stage.stack.supervisor.restart(name);
  return isPurchaseOver(state);
}

interface Caught {
  readonly moment: Moment;
  /** Undefined where none could be held in the state. */
  readonly tradeId: string | undefined;
  /** The buyers' requests that are still under way. */
  readonly asked: Promise<unknown>;
}

/** Buys until the exporter could be stopped while a trade stood FUNDED; it is stopped then. */
async function catchFunded({ stage, buy, offers }: Market): Promise<Caught> {
  // Tokens first: a purchase begins with a preflight, which needs one.
  await sleep(Number(SHORT_TOKENS.POLICY_PULL_SECONDS) * 3_000);
  const underWay: Promise<unknown>[] = [];
  const first = Math.floor(Math.random() * offers.length);
  const timer = setInterval(() => underWay.push(buy(first + underWay.length)), BUY_EVERY_MS);
  const moment = await awaitMoment(stage, 'FUNDED').finally(() => clearInterval(timer));
  const funded = moment.open.find(({ state }) => state === 'FUNDED');
  const tradeId = moment.reached ? funded?.tradeId : undefined;
  return { moment, tradeId, asked: Promise.all(underWay) };
}

/** Past the skew that verifiers grant, too. */
async function untilTokensExpired(stage: Stage): Promise<void> {
  const lastOf = async (db: Kysely<WlTables>): Promise<number> => {
    const { rows } = await sql<{ last: Date | null }>`
      SELECT max(expires_at) AS last FROM control_token`.execute(db);
    return rows[0]?.last?.getTime() ?? 0;
  };
  const last = Math.max(await lastOf(stage.importer), await lastOf(stage.exporter));
  const at = last + (CLOCK_SKEW_SECONDS + 1) * 1_000;
  stage.say(`the last token expires ${new Date(last).toISOString()}, waiting past the skew`);
  await sleep(Math.max(0, at - Date.now()));
}

async function untilOver({ importer }: Stage, tradeId: string): Promise<TradeState> {
  const deadline = Date.now() + FINISHED_WITHIN_MS;
  for (;;) {
    const state = (await readStates(importer, [tradeId])).get(tradeId);
    if (state === undefined) throw new Error(`trade ${tradeId} is gone`);
    if (isPurchaseOver(state) || Date.now() > deadline) return state;
    await sleep(POLL_MS);
  }
}
