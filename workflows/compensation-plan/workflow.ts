import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { LOOK } from '../signal-dispatch/contract.ts';
import type {
  CompensationPlanActivities,
  CompensationPlanInput,
  CompensationPlanResult,
  CompensationPlanState,
} from './contract.ts';

const look = defineSignal(LOOK);

/** A plan that ends tells us to look; this replaces a word that was lost, of a plan that has days. */
const LOOK_MS = 21_600_000;
/** The database's clock may be behind ours when a deadline comes. */
const LEAST_WAIT_MS = 1_000;
/** Continues as new well before the server's warning at 10,240 events. */
const HISTORY_EVENTS_MAX = 4_000;

// A plan is never given up: its pair stays disabled until somebody compensates.
const { readCompensationPlan, judgeDeadline, finishCompensationPlan } =
  proxyActivities<CompensationPlanActivities>({
    startToCloseTimeout: '10 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '60 seconds' },
  });

/**
 * Watches the deadlines of a compensation plan: judges each step when it is due, which tells people
 * of a missed one, until the plan has ended. The pair's transactions end it, when the exposure has
 * come down to the enable threshold; the rows are read first, so that a repeated run is harmless.
 */
export async function compensationPlan(
  input: CompensationPlanInput,
): Promise<CompensationPlanResult> {
  const { src, dst, n } = input;
  const plan = { src, dst, n };
  let woken = false;
  setHandler(look, () => {
    woken = true;
  });
  for (;;) {
    // Before the look: what is committed during it wakes the wait that follows.
    woken = false;
    const state = await readCompensationPlan(plan);
    setCurrentDetails(detailsOf(state));
    if (state.state !== 'OPEN') {
      await finishCompensationPlan(plan);
      return { state: state.state };
    }
    const { next } = state;
    if (next !== undefined && Date.now() >= next.dueAtMs) {
      await judgeDeadline({ ...input, step: next.step });
      continue;
    }
    if (workflowInfo().historyLength > HISTORY_EVENTS_MAX && !woken) {
      await continueAsNew<typeof compensationPlan>(input);
    }
    const dueInMs = next === undefined ? LOOK_MS : next.dueAtMs - Date.now();
    await condition(() => woken, Math.max(LEAST_WAIT_MS, Math.min(dueInMs, LOOK_MS)));
  }
}

function detailsOf(state: CompensationPlanState): string {
  if (state.state !== 'OPEN') return `**${state.state}**`;
  const { needed, compensated, next } = state;
  const done = `**OPEN** · compensated ${compensated} of ${needed}`;
  if (next === undefined) return `${done} · every deadline has passed`;
  return `${done} · ${next.amount} until ${new Date(next.dueAtMs).toISOString()}`;
}
