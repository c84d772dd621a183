import { isAnswerable } from '../../db/wl/trades/board.ts';
import { awaitMoment } from './moments.ts';
import { sleep } from './stage.ts';
import type { Stage } from './stage.ts';
import { describeStates, eventually, openAt, readOpenTrades, readStates } from './trade-rows.ts';
import type { OpenTrade } from './trade-rows.ts';

const GATEWAY = 'importer-gateway';
const STANDBY = 'importer-worker';
const POLL_MS = 10;
const CALM_POLL_MS = 500;
// A lost task is noticed after one second, and then there is the purchase itself.
const SLOW_MS = 3_000;
/** What is promised, from the kill, and from the new process where there is no standby. */
const FINISHERS = {
  standby: { name: 'standby worker', targetMs: 2_000 },
  restarted: { name: 'restarted gateway', targetMs: 3_000 },
} as const;
// Learning backs off; what even the watch of unstarted purchases missed is the sweep's: 10 s and 15 s.
const FINISHED_WITHIN_MS = 60_000;
// What a purchase takes in good times, with room: an older one still suffers from an earlier kill.
const CALM_AFTER_MS = 3_000;
const CALM_WITHIN_MS = 90_000;

export interface GatewayKills {
  readonly times: number;
  /** Who finishes what the gateway left: a worker that runs beside it, or itself once it is back. */
  readonly finisher: 'standby' | 'restarted';
}

/**
 * The gateway is killed amid its purchases, also what it had written down and not started: how long
 * until all is finished, from the kill where it stays dead, from its new process where it is alone.
 */
export async function measureGatewayKills(
  stage: Stage,
  { times, finisher }: GatewayKills,
): Promise<boolean> {
  const { name, targetMs } = FINISHERS[finisher];
  const taken: number[] = [];
  let unfinished = 0;
  for (let round = 1; round <= times; round += 1) {
    await untilCalm(stage);
    const { open, finishes } = await killOnce(stage, { round, finisher });
    for (const { trade, ms } of finishes) {
      if (ms === undefined) unfinished += 1;
      else taken.push(ms);
      if (ms === undefined || ms > SLOW_MS) {
        stage.say(`  slow: trade ${trade.tradeId} ${trade.state}, ${ms ?? 'unfinished'} ms`);
      }
    }
    stage.say(`${name} ${round}/${times}: ${open} purchases were open`);
  }
  stage.say(`finished by the ${name}: ${spread(taken)}, ${verdict(taken, targetMs)}`);
  if (unfinished > 0) stage.say(`${unfinished} not finished after ${FINISHED_WITHIN_MS / 1_000} s`);
  return unfinished === 0 && (times === 0 || taken.length > 0);
}

async function killOnce(
  stage: Stage,
  { round, finisher }: { readonly round: number } & Pick<GatewayKills, 'finisher'>,
): Promise<{ readonly open: number; readonly finishes: readonly Finish[] }> {
  const { supervisor } = stage.stack;
  const isAlone = finisher === 'restarted';
  if (isAlone) await supervisor.stop(STANDBY, 'SIGKILL');
  const moment = await awaitMoment(stage, round % 2 === 0 ? 'FUNDED' : 'REQUESTED');
  const killedAt = new Date();
  const stopping = supervisor.stop(GATEWAY, 'SIGKILL');
  moment.release();
  await stopping;
  // A person decides about those that are answerable; no worker can finish them.
  const open = (await openAt(stage.importer, killedAt)).filter(({ state }) => !isAnswerable(state));
  const restartedAt = Date.now();
  const restarted = isAlone ? supervisor.restart(GATEWAY) : undefined;
  const finishes = await finishTimes(stage, open, isAlone ? restartedAt : killedAt.getTime());
  await (restarted ?? supervisor.restart(GATEWAY));
  if (isAlone) await supervisor.restart(STANDBY);
  return { open: open.length, finishes };
}

function verdict(times: readonly number[], targetMs: number): string {
  const met = Math.max(0, ...times) <= targetMs;
  return `target ${targetMs / 1_000} s ${met ? 'met' : 'NOT MET'}`;
}

/** Waits until nothing but approvals has been open for long, and purchases flow again. */
export async function untilCalm(stage: Stage): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    const then = new Date(Date.now() - CALM_AFTER_MS);
    const open = await eventually(() => openAt(stage.importer, then));
    const now = await eventually(() => readOpenTrades(stage.importer));
    const still = new Set(now.map(({ tradeId }) => tradeId));
    const stuck = open.filter(({ tradeId, state }) => still.has(tradeId) && !isAnswerable(state));
    const since = Date.now() - startedAt;
    if (stuck.length === 0 && since > CALM_AFTER_MS) return;
    if (since > CALM_WITHIN_MS) {
      stage.say(`not calm after ${CALM_WITHIN_MS / 1_000} s: ${describeStates(stuck)}`);
      return;
    }
    await sleep(CALM_POLL_MS);
  }
}

interface Finish {
  readonly trade: OpenTrade;
  readonly ms: number | undefined;
}

async function finishTimes(
  stage: Stage,
  open: readonly OpenTrade[],
  killedAt: number,
): Promise<Finish[]> {
  const left = new Map(open.map((trade) => [trade.tradeId, trade]));
  const finished: Finish[] = [];
  while (left.size > 0 && Date.now() - killedAt < FINISHED_WITHIN_MS) {
    const states = await readStates(stage.importer, [...left.keys()]);
    for (const [tradeId, trade] of left) {
      const state = states.get(tradeId);
      if (state === undefined || !isAnswerable(state)) continue;
      left.delete(tradeId);
      finished.push({ trade, ms: Date.now() - killedAt });
    }
    await sleep(POLL_MS);
  }
  return [...finished, ...[...left.values()].map((trade) => ({ trade, ms: undefined }))];
}

function spread(times: readonly number[]): string {
  if (times.length === 0) return 'none';
  const sorted = [...times].sort((a, b) => a - b);
  const seconds = (ms = 0): string => `${(ms / 1_000).toFixed(2)} s`;
  const median = seconds(sorted[Math.floor(sorted.length / 2)]);
  return `${times.length}, from ${seconds(sorted[0])}, median ${median}, to ${seconds(sorted.at(-1))}`;
}
