import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { startBuying } from '../../stack/drill/buyers.ts';
import { waitForCalm } from '../../stack/drill/calm.ts';
import { createClientLog, describeEntries } from '../../stack/drill/client-log.ts';
import type { ClientEntry, ClientLog } from '../../stack/drill/client-log.ts';
import { until } from '../../stack/drill/control-plane.ts';
import { judge } from '../../stack/drill/judge.ts';
import { waitForQuiet } from '../../stack/drill/quiet.ts';
import { sleep } from '../../stack/drill/stage.ts';
import type { Stage } from '../../stack/drill/stage.ts';
import { strike } from './blows.ts';
import type { Hit } from './blows.ts';
import { lifeFolder } from './life.ts';
import type { Life } from './life.ts';
import { STRIKE_MS, describeBlow, planOf } from './plan.ts';
import type { Blow } from './plan.ts';

/** What became of one seed. */
export interface ProcessOutcome {
  readonly seed: number;
  /** What did not hold, by name; each has its lines in what the seed printed. */
  readonly broken: readonly string[];
  readonly hits: readonly { readonly blow: Blow; readonly hit: Hit }[];
  readonly lineEvents: ReadonlyMap<string, number>;
  /** Requests by what the buyers learned. */
  readonly requests: ReadonlyMap<string, number>;
  /** The seed's trades by their last state. */
  readonly trades: ReadonlyMap<string, number>;
  /** From the end of the faults until nothing was open. */
  readonly settledMs: number;
  readonly tookMs: number;
}

const EVERY_MS = 2_000;
const BACK_WITHIN_MS = 240_000;
const ASK_AGAIN_MS = 1_000;
const OPEN_STATES = ['REQUESTED', 'FUNDED', 'UNCERTAIN'];
// An open breaker, a learning token and a slow machine one after the other; speed is not judged.
const FLOWS_WITHIN_MS = 180_000;

/** Buyers buy, blows fall, they end, everything comes to rest, and it is judged. */
export async function runSeed(life: Life, seed: number): Promise<ProcessOutcome> {
  const { stage, buyers, offers, desk, tools } = life;
  const startedAt = new Date();
  const plan = planOf(seed);
  stage.say(`seed ${seed}`);
  for (const blow of plan) stage.say(`  ${describeBlow(blow)}`);
  const log = createClientLog(`${lifeFolder()}/client-${seed}.jsonl`);
  const { checkout } = desk;
  const buying = startBuying({ buyers, offers, log, checkout, everyMs: EVERY_MS });
  try {
    const hits = await strikeAll(life, plan);
    const endedAt = Date.now();
    await buying.stop();
    const back = await comesBack(stage);
    const quiet = back && (await waitForQuiet(stage));
    const settledMs = Date.now() - endedAt;
    const calm = quiet && (await waitForCalm(life));
    const flows = calm && (await buysAgain(life, log));
    life.entries.push(...log.entries);
    stage.say(`requests: ${describeEntries(log.entries)}`);
    const judged = flows && (await judge(stage, { entries: life.entries, checkout, buyers }));
    const results = { back, quiet, calm, flows, judged };
    return {
      ...{ seed, hits, settledMs },
      broken: Object.entries(results).flatMap(([name, held]) => (held ? [] : [name])),
      lineEvents: tools.lines.takeCounts(),
      requests: countRequests(log.entries),
      trades: await countTrades(stage, startedAt),
      tookMs: Date.now() - startedAt.getTime(),
    };
  } finally {
    await buying.stop();
    await log.close();
  }
}

async function strikeAll({ stage, tools }: Life, plan: readonly Blow[]) {
  const struck = plan.map(async (blow) => {
    const hit = await strike(tools, blow);
    if (hit !== 'happened') stage.say(`  ${hit}: ${blow.kind} ${blow.on}`);
    return { blow, hit };
  });
  const [hits] = await Promise.all([Promise.all(struck), sleep(STRIKE_MS)]);
  return hits;
}

/** Every process is ready again, after its restarts too. */
async function comesBack(stage: Stage): Promise<boolean> {
  const { supervisor } = stage.stack;
  const startedAt = Date.now();
  try {
    for (const name of supervisor.names()) supervisor.resume(name);
    await until('every process is ready', BACK_WITHIN_MS, async () => {
      await Promise.all(supervisor.names().map((name) => supervisor.whenReady(name)));
      return true;
    });
    stage.say(`all are back ${((Date.now() - startedAt) / 1_000).toFixed(1)} s after the faults`);
    return true;
  } catch (error) {
    stage.say(`BROKEN ${String(error)}`);
    return false;
  }
}

/** At rest is not enough: a purchase that is asked for now is confirmed. */
async function buysAgain(life: Life, log: ClientLog): Promise<boolean> {
  const { stage, buyers, offers, desk } = life;
  const since = new Date();
  const [buyer, offer] = [buyers[0], offers[0]];
  if (buyer === undefined || offer === undefined) throw new Error('there is nobody to buy');
  try {
    await until('a purchase is confirmed', FLOWS_WITHIN_MS, async () => {
      // By the rows: on a slow machine the buyer is told to ask again, and the purchase is made.
      const trades = await countTrades(stage, since);
      if (trades.has('CONFIRMED')) return true;
      if (!hasOpen(trades)) {
        const order = { buyer, offerId: offer.offerId, key: randomUUID() };
        log.add(await desk.checkout(order));
      }
      await sleep(ASK_AGAIN_MS);
      return undefined;
    });
    stage.say(`bought again after ${((Date.now() - since.getTime()) / 1_000).toFixed(1)} s`);
    return await waitForQuiet(stage);
  } catch (error) {
    stage.say(`BROKEN ${String(error)}`);
    return false;
  }
}

const hasOpen = (trades: ReadonlyMap<string, number>): boolean =>
  OPEN_STATES.some((state) => trades.has(state));

function countRequests(entries: readonly ClientEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { result, status, error } of entries) {
    const name = result === 'answered' ? `answered ${status}` : `${result} ${error ?? ''}`.trim();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

async function countTrades({ importer }: Stage, since: Date): Promise<Map<string, number>> {
  const { rows } = await sql<{ state: string; count: bigint }>`
    SELECT state, count(*) FROM trade
     WHERE created_at >= ${since.toISOString()}::timestamptz GROUP BY state`.execute(importer);
  return new Map(rows.map(({ state, count }) => [state, Number(count)]));
}
