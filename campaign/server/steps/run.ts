import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { PartySlug } from '../../../stack/parties.ts';
import { isSame } from '../same-death.ts';
import type { Order, Target } from './executioner.ts';
import type { Scene } from './scene.ts';

/** One workflow, from what calls for it to what must be true in the end. */
export interface StepScenario {
  readonly type: string;
  readonly name: string;
  readonly party: PartySlug;
  /** It needs the market, or closes it: never beside another one that does. */
  readonly isTrading?: boolean;
  /** Everything that a run needs and that is nobody's step; `start` follows. */
  prepare(scene: Scene): Promise<Prepared>;
}

export interface Prepared {
  /** Absent: the first of that type from here on. */
  readonly isMeant?: Target['isMeant'];
  /** What calls for the workflow. */
  start(): Promise<void>;
  /** It is over without an end of the workflow; else that is waited for. */
  isOver?(): Promise<boolean>;
  /** What has to be done before the books can be read. */
  after?(): Promise<void>;
  /** What is wrong; empty where all holds. Asked until it is, for a while. */
  judge(): Promise<readonly string[]>;
  /** Puts back what others need. */
  close?(): Promise<void>;
}

export interface StepReport {
  readonly type: string;
  readonly name: string;
  readonly party: PartySlug;
  /** Of the history without a death. */
  readonly events: number;
  readonly moments: number;
  readonly points: number;
  readonly runs: number;
  readonly deaths: number;
  /** Later turns of what is done again and again, and what is the same as the next death. */
  readonly leftOut: number;
  readonly broken: readonly string[];
  /** From the death to the end of the workflow. */
  readonly longestMs: number;
  readonly medianMs: number;
}

/** What is done again and again is met at its first turns: the others find the same state. */
const TURNS_MAX = 2;
const OVER_WITHIN_MS = 90_000;
/** A decision is carried by workers that may die in their own lanes, and tried again within a minute. */
const TRUE_WITHIN_MS = 120_000;
const LOOK_MS = 100;

interface Ran {
  readonly order: Order;
  readonly events: number;
  readonly broken: readonly string[];
  readonly diedAt: number | undefined;
  readonly overAt: number;
}

/** Records the scenario once, then runs it anew for each moment and point that it came by. */
export async function crashAtEachStep(
  scene: Scene,
  scenario: StepScenario,
  say: (text: string) => void,
): Promise<StepReport> {
  const { type, name, party } = scenario;
  const first = await runTwice(scene, scenario, { say });
  const broken = first.broken.map((line) => `without a death: ${line}`);
  const times: number[] = [];
  const steps = first.order.filter(({ nth, name: step }) => nth <= TURNS_MAX && !isSame(step));
  for (const { name: step } of steps) {
    const ran = await runTwice(scene, scenario, { say, step });
    const { diedAt, overAt, broken: lines } = ran;
    broken.push(...lines.map((line) => `${step}: ${line}`));
    const tookMs = Math.max(0, overAt - (diedAt ?? overAt));
    if (diedAt !== undefined) times.push(tookMs);
    const how = diedAt === undefined ? 'not come by' : `over ${tookMs} ms after the death`;
    say(`  ${party} ${type}, ${step}: ${lines.length === 0 ? 'holds' : lines.join('; ')}, ${how}`);
  }
  times.sort((one, other) => one - other);
  const points = first.order.filter(({ isPoint }) => isPoint).length;
  return {
    ...{ type, name, party, points, broken, events: first.events },
    ...{ moments: first.order.length - points, runs: 1 + steps.length, deaths: times.length },
    leftOut: first.order.length - steps.length,
    longestMs: times.at(-1) ?? 0,
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
  };
}

/** A machine that was too busy to get a run under way is said, and given another try. */
async function runTwice(
  scene: Scene,
  scenario: StepScenario,
  { say, step }: { readonly say: (text: string) => void; readonly step?: string },
): Promise<Ran> {
  try {
    return await runOnce(scene, scenario, step);
  } catch (error) {
    say(`  ${scenario.party} ${scenario.type}, ${step ?? 'without a death'}: ${String(error)}`);
    return runOnce(scene, scenario, step);
  }
}

function runOnce(scene: Scene, scenario: StepScenario, step?: string): Promise<Ran> {
  const run = (): Promise<Ran> => runAlone(scene, scenario, step);
  return scenario.isTrading === true ? scene.market(run) : run();
}

async function runAlone(scene: Scene, scenario: StepScenario, step?: string): Promise<Ran> {
  const { party } = scenario;
  const executioner = scene.executioners[party];
  await scene.workers[party].ready();
  const prepared = await scenario.prepare(scene);
  try {
    return await lookOn(scene, scenario, { prepared, step });
  } finally {
    executioner.rest();
    await prepared.close?.();
  }
}

async function lookOn(
  scene: Scene,
  { type, party }: StepScenario,
  { prepared, step }: { readonly prepared: Prepared; readonly step: string | undefined },
): Promise<Ran> {
  const executioner = scene.executioners[party];
  executioner.aim({ type, ...(prepared.isMeant && { isMeant: prepared.isMeant }) }, step);
  const broken: string[] = [];
  let events = 0;
  let overAt = Date.now();
  await prepared.start();
  const isIn = await within(OVER_WITHIN_MS, async () => executioner.workflowId !== undefined);
  if (!isIn) return { ...told(executioner), events, overAt, broken: ['it has not begun'] };
  const closed = async (): Promise<boolean> => {
    const seen = await describe(scene, party, executioner.workflowId ?? '');
    ({ events } = seen);
    overAt = seen.closedAt ?? Date.now();
    return seen.closedAt !== undefined;
  };
  const isOver = await within(OVER_WITHIN_MS, prepared.isOver ?? closed);
  if (prepared.isOver !== undefined) await closed();
  if (!isOver) broken.push(`it is not over ${OVER_WITHIN_MS / 1_000} s after it was called for`);
  await prepared.after?.();
  let wrong: readonly string[] = [];
  await within(TRUE_WITHIN_MS, async () => {
    wrong = await prepared.judge();
    return wrong.length === 0;
  });
  return { ...told(executioner), events, overAt, broken: [...broken, ...wrong] };
}

const told = ({ order, diedAt }: Scene['executioners'][PartySlug]) => ({ order, diedAt });

async function describe(
  { engines }: Scene,
  party: PartySlug,
  workflowId: string,
): Promise<{ readonly events: number; readonly closedAt: number | undefined }> {
  try {
    const { historyLength, status, closeTime } = await engines[party].workflow
      .getHandle(workflowId)
      .describe();
    const closedAt = status.name === 'RUNNING' ? undefined : closeTime?.getTime();
    return { events: historyLength, closedAt };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { events: 0, closedAt: undefined };
    throw error;
  }
}

async function within(limitMs: number, look: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    if (await look()) return true;
    if (Date.now() > deadline) return false;
    await delay(LOOK_MS);
  }
}
