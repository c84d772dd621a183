import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { WlTables } from '../../db/wl/schema.ts';
import { isPurchaseOver } from '../../domain/purchase/trade.ts';
import type { TradeState } from '../../domain/purchase/trade.ts';
import { CLOCK_SKEW_SECONDS } from '../../runtime/tokens.ts';
import { openCheckout } from './buyers.ts';
import { createClientLog, describeEntries } from './client-log.ts';
import type { ClientLog } from './client-log.ts';
import { judge } from './judge.ts';
import { openAccounts, putUpOffers } from './market.ts';
import type { Buyer, DrillOffer } from './market.ts';
import { awaitMoment } from './moments.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { openStage, sleep } from './stage.ts';
import type { Stage } from './stage.ts';
import { readStates } from './trade-rows.ts';

const CP_PROCESSES = ['cp-api', 'cp-worker'];
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
const TRIES = 40;
const STOCK = 1_000;

/** Purchases without a Control Plane, and a funded one without any valid token. */
export async function drillOutage(options: DrillOptions): Promise<boolean> {
  const confirmed = await withMarket('outage', {}, PURCHASES, (market) =>
    buyThroughOutage(market, options.minutes),
  );
  const finished = await withMarket('expired-tokens', SHORT_TOKENS, TRIES * 2, outliveTokens);
  return confirmed && finished;
}

interface Market {
  readonly stage: Stage;
  readonly buyer: Buyer;
  readonly offers: readonly DrillOffer[];
  readonly log: ClientLog;
  /** Buys the offer of that place once. */
  buy(place: number): ReturnType<ReturnType<typeof openCheckout>['checkout']>;
}

async function withMarket(
  name: string,
  env: Readonly<Record<string, string>>,
  count: number,
  work: (market: Market) => Promise<boolean>,
): Promise<boolean> {
  const stage = await openStage({ name, env });
  const log = createClientLog(`${stage.dataDir}/client.jsonl`);
  const { checkout, close } = openCheckout(stage);
  try {
    const [buyer] = await openAccounts(stage, 1);
    if (buyer === undefined) throw new Error('no account was opened');
    const offers = await putUpOffers(stage, [{ unitPrice: '10.00', available: STOCK, count }]);
    const buy = async (place: number) => {
      const offerId = offers[place % offers.length]?.offerId ?? '';
      const entry = await checkout({ buyer, offerId, key: randomUUID() });
      log.add(entry);
      return entry;
    };
    const run = async (): Promise<boolean> => {
      const held = await work({ stage, buyer, offers, log, buy });
      const quiet = await waitForQuiet(stage);
      stage.say(`requests: ${describeEntries(log.entries)}`);
      const judged = await judge(stage, { entries: log.entries, checkout, buyers: [buyer] });
      return held && quiet && judged;
    };
    return await Promise.race([run(), stage.broken]);
  } finally {
    await close();
    await log.close();
    await stage.close();
  }
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
  const { stage } = market;
  const { supervisor } = stage.stack;
  await killControlPlane(stage);
  const unconfirmed = await fundAndKillImporter(market);
  if (unconfirmed === undefined) {
    stage.say('no purchase could be caught between its debit and its confirm');
    return false;
  }
  stage.say(`trade ${unconfirmed} is FUNDED, HELD at the exporter; the importer is dead`);
  await untilTokensExpired(stage);
  for (const name of IMPORTER_PROCESSES) await supervisor.restart(name);
  stage.say('the importer is started again, the Control Plane still dead');
  const state = await untilOver(stage, unconfirmed);
  stage.say(`trade ${unconfirmed} without a valid token: ${state}`);
  for (const name of CP_PROCESSES) await supervisor.restart(name);
  const paused = await holdThroughExpiry(market);
  return state === 'CONFIRMED' && paused;
}

/** A trade whose confirm was never sent: funded here, held there, and nobody alive to go on. */
async function fundAndKillImporter({ stage, buy }: Market): Promise<string | undefined> {
  const { supervisor } = stage.stack;
  for (let place = 0; place < TRIES; place += 1) {
    const buying = buy(place);
    const moment = await awaitMoment(stage, 'REQUESTED');
    const pids = IMPORTER_PROCESSES.map((name) => supervisor.pid(name));
    const [trade] = moment.open;
    if (trade === undefined || pids.includes(undefined)) continue;
    await untilFunded(stage, trade.tradeId);
    await Promise.all(IMPORTER_PROCESSES.map((name) => supervisor.stop(name, 'SIGKILL')));
    await buying;
    const state = (await readStates(stage.importer, [trade.tradeId])).get(trade.tradeId);
    const hold = await stage.exporter
      .selectFrom('hold')
      .select('state')
      .where('trade_id', '=', trade.tradeId)
      .executeTakeFirst();
    if (state === 'FUNDED' && hold?.state === 'HELD') return trade.tradeId;
    stage.say(`try ${place + 1}: ${state} here, ${hold?.state ?? 'nothing'} there; once more`);
    for (const name of IMPORTER_PROCESSES) await supervisor.restart(name);
  }
  return undefined;
}

async function untilFunded({ importer }: Stage, tradeId: string): Promise<void> {
  for (;;) {
    const state = (await readStates(importer, [tradeId])).get(tradeId);
    if (state !== 'REQUESTED') return;
  }
}

/** The exporter is stopped while a trade is FUNDED, until every token has expired, and woken. */
async function holdThroughExpiry({ stage, buy }: Market): Promise<boolean> {
  const { supervisor } = stage.stack;
  // Fresh tokens first: this one also begins with a preflight.
  await sleep(Number(SHORT_TOKENS.POLICY_PULL_SECONDS) * 3_000);
  let place = TRIES;
  const buyer = setInterval(() => void buy(place++), 1_500);
  const moment = await awaitMoment(stage, 'FUNDED').finally(() => clearInterval(buyer));
  const funded = moment.open.find(({ state }) => state === 'FUNDED');
  if (!moment.reached || funded === undefined) {
    moment.release();
    stage.say('the exporter could not be stopped at a funded trade');
    return false;
  }
  stage.say(`trade ${funded.tradeId} is FUNDED, the exporter is stopped`);
  await killControlPlane(stage);
  await untilTokensExpired(stage);
  moment.release();
  const state = await untilOver(stage, funded.tradeId);
  stage.say(`trade ${funded.tradeId} after the exporter woke, without a valid token: ${state}`);
  for (const name of CP_PROCESSES) await supervisor.restart(name);
  return isPurchaseOver(state);
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
