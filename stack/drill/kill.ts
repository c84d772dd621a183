import { renderTable } from '../table.ts';
import type { Buying } from './buyers.ts';
import { describeEntries } from './client-log.ts';
import { measureGatewayKills } from './gateway-kills.ts';
import { awaitMoment } from './moments.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { allHeld, prepareBuyers, SHOP_ENV, withShop } from './shop.ts';
import { openStage, sleep } from './stage.ts';
import type { Stage } from './stage.ts';
import { processOf, WANTED_STATES } from './targets.ts';
import type { KillTarget, WantedState } from './targets.ts';
import { countStates, describeStates, eventually, openAt, readOpenTrades } from './trade-rows.ts';
import type { OpenTrade } from './trade-rows.ts';

/** One kill: what stood open at that moment, and how long the process was away. */
export interface Kill {
  readonly target: KillTarget;
  readonly wanted: WantedState;
  /** Trades that stood open when the signal was sent, in the state of that moment. */
  readonly stood: readonly OpenTrade[];
  readonly after: readonly OpenTrade[];
  readonly awayMs: number;
}

// Eight restarts in a row end the stack; a process that was up for 5 s starts a new count.
const WELL_MS = 6_000;
const BACK_WITHIN_MS = 120_000;
const POLL_MS = 50;
const TAKEOVERS_MAX = 5;

/** Kills every process under buyers, as often as asked, and judges what is left. True: all held. */
export async function drillKills(options: DrillOptions): Promise<boolean> {
  return withShop(await openStage({ name: 'kill', env: SHOP_ENV }), async (shop) => {
    const { stage, log } = shop;
    const { buyers, offers } = await prepareBuyers(stage, options.buyers);
    const approver = shop.startApproving();
    const buying = shop.startBuying({ buyers, offers, everyMs: options.every * 1_000 });
    const times = Math.min(options.kills, TAKEOVERS_MAX);
    const takeovers = await measureGatewayKills(stage, { times, finisher: 'standby' });
    const kills = await campaign(stage, options, buying);
    stage.say('the buyers stop');
    await buying.stop();
    const quiet = await waitForQuiet(stage);
    approver.stop();
    stage.say(`requests: ${describeEntries(log.entries)}`);
    stage.say(`decisions: ${JSON.stringify(approver.counts())}; log ${log.path}`);
    const covered = reportCoverage(stage, options, kills);
    return allHeld(stage, { quiet, covered, takeovers, judged: await shop.judge(buyers) });
  });
}

async function campaign(stage: Stage, options: DrillOptions, buying: Buying): Promise<Kill[]> {
  const kills: Kill[] = [];
  const deadline = options.within === 0 ? Infinity : Date.now() + options.within * 60_000;
  for (let round = 1; round <= options.kills; round += 1) {
    for (const target of options.targets) {
      if (Date.now() > deadline) {
        stage.say(`ended early, as asked: ${kills.length} kills`);
        return kills;
      }
      await untilBuying(buying);
      const own = kills.filter((kill) => kill.target === target);
      const wanted = pickWanted(own, options.targets.indexOf(target));
      const kill = await killOnce(stage, { target, wanted, pauseSeconds: options.pauseSeconds });
      kills.push(kill);
      stage.say(
        `${target} ${round}/${options.kills}, wanted ${wanted}: stood ` +
          `${describeStates(kill.stood)}; after ${describeStates(kill.after)}; ` +
          `away ${(kill.awayMs / 1_000).toFixed(1)} s`,
      );
      await sleep(WELL_MS);
    }
  }
  return kills;
}

/**
 * What this process was not yet killed in, then in turn. Each process begins with another state, so
 * that few kills meet all of them, too.
 */
function pickWanted(own: readonly Kill[], shift: number): WantedState {
  const turn = (index: number): WantedState =>
    WANTED_STATES[(index + shift) % WANTED_STATES.length] ?? 'REQUESTED';
  const order = WANTED_STATES.map((_, index) => turn(index));
  const met = new Set(own.flatMap(({ stood }) => stood.map(({ state }) => state)));
  const tried = new Set(own.map(({ wanted }) => wanted));
  const missing = order.filter((state) => !met.has(state));
  return missing.find((state) => !tried.has(state)) ?? missing[0] ?? turn(own.length);
}

interface KillWish {
  readonly target: KillTarget;
  readonly wanted: WantedState;
  readonly pauseSeconds: number;
}

async function killOnce(stage: Stage, wish: KillWish): Promise<Kill> {
  const { supervisor } = stage.stack;
  const { target, wanted } = wish;
  const name = processOf(target);
  const moment = await awaitMoment(stage, wanted);
  const pid = supervisor.pid(name);
  const at = new Date();
  try {
    if (target === 'importer-gateway-stopped') supervisor.pause(name);
    else await supervisor.kill(name, 'SIGKILL');
  } finally {
    // The exporter was stopped only to hold a trade still; the kill is what is looked at.
    moment.release();
  }
  const after = await eventually(() => readOpenTrades(stage.importer));
  if (target === 'importer-gateway-stopped') {
    await sleep(wish.pauseSeconds * 1_000);
    supervisor.resume(name);
  } else {
    await untilBack(stage, name, pid);
  }
  const awayMs = Date.now() - at.getTime();
  const stood = await eventually(() => openAt(stage.importer, at));
  return { target, wanted, stood, after, awayMs };
}

async function untilBack(stage: Stage, name: string, before: number | undefined): Promise<void> {
  const { supervisor } = stage.stack;
  const deadline = Date.now() + BACK_WITHIN_MS;
  while (supervisor.pid(name) === undefined || supervisor.pid(name) === before) {
    if (Date.now() > deadline) throw new Error(`${name} was not started again`);
    await sleep(POLL_MS);
  }
  await supervisor.whenReady(name);
}

/** A kill between buyers who can't buy yet would show nothing. */
async function untilBuying(buying: Buying): Promise<void> {
  const before = buying.confirmed();
  const deadline = Date.now() + BACK_WITHIN_MS;
  while (buying.confirmed() === before) {
    if (Date.now() > deadline) throw new Error('nothing was confirmed for two minutes');
    await sleep(POLL_MS);
  }
}

function reportCoverage(stage: Stage, options: DrillOptions, kills: readonly Kill[]): boolean {
  const rows = options.targets.map((target) => {
    const own = kills.filter((kill) => kill.target === target);
    const states = countStates(own.flatMap(({ stood }) => stood));
    const away = own.map(({ awayMs }) => awayMs).sort((a, b) => a - b);
    const seconds = (ms = 0): string => (ms / 1_000).toFixed(1);
    return [
      target,
      String(own.length),
      String(own.filter(({ stood }) => stood.length > 0).length),
      ...WANTED_STATES.map((state) => String(states.get(state) ?? 0)),
      seconds(away[Math.floor(away.length / 2)]),
      seconds(away.at(-1)),
    ];
  });
  const header = ['process', 'kills', 'with open trades', ...WANTED_STATES, 'away s', 'max s'];
  stage.progress.print(`\nTrades that stood open at the moment of a kill\n`);
  stage.progress.print(`${renderTable(header, rows)}\n`);
  const all = countStates(kills.flatMap(({ stood }) => stood));
  const missing = WANTED_STATES.filter((state) => !all.has(state));
  const bare = kills.filter(({ stood }) => stood.length === 0).length;
  if (missing.length > 0) stage.say(`no kill met a trade in ${missing.join(', ')}`);
  if (bare > 0) stage.say(`${bare} kills met no open trade`);
  return missing.length === 0 && bare === 0;
}
