import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { TRADE_STATUS } from '../shared/search-attributes.ts';
import {
  APPROVAL_DECIDED_SIGNAL,
  type ApprovalActivities,
  type ApprovalInput,
  type ApprovalResult,
  type ApprovalState,
} from './contract.ts';

const decided = defineSignal(APPROVAL_DECIDED_SIGNAL);

/** Half of the time has gone by: a person who is told now can still decide at leisure. */
const REMIND_AT_SHARE = 0.5;
/** Replaces a wake-up that was lost with the process that had committed the decision. */
const POLL_MS = 300_000;
/** The database's clock may be behind ours when the deadline comes. */
const LEAST_WAIT_MS = 1_000;
/** Continues as new well before the server's warning at 10,240 events. */
const HISTORY_EVENTS_MAX = 4_000;

// What the row says and what the importer is told are never given up.
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' } as const;
const startToCloseTimeout = '10s';
const { readApproval } = proxyActivities<ApprovalActivities>({
  startToCloseTimeout,
  retry,
  summary: 'Read the decision',
});
const { remindOfApproval } = proxyActivities<ApprovalActivities>({
  startToCloseTimeout,
  retry,
  summary: 'Remind of the waiting purchase',
});
const { deliverDecision } = proxyActivities<ApprovalActivities>({
  startToCloseTimeout,
  retry,
  summary: 'Deliver the decision to the importer',
});

/**
 * Waits until the exporter's row is decided, by a person, a cancel or its deadline, and hands the
 * decision to the importer until that acknowledges it. The row decides; this only watches it.
 */
export async function approval(input: ApprovalInput): Promise<ApprovalResult> {
  const { importer, tradeId } = input;
  const ref = { importer, tradeId };
  const { status, reason } = await waitForDecision(input);
  upsertSearchAttributes([{ key: TRADE_STATUS, value: status }]);
  const outcome = `**${status}**${reason === undefined ? '' : ` · ${reason}`}`;
  setCurrentDetails(`${outcome} · telling the importer`);
  await deliverDecision(ref);
  setCurrentDetails(`${outcome} · acknowledged by the importer`);
  return { status, ...(reason !== undefined && { reason }) };
}

async function waitForDecision(input: ApprovalInput): Promise<ApprovalState> {
  const { importer, tradeId } = input;
  const ref = { importer, tradeId };
  let woken = false;
  setHandler(decided, () => {
    woken = true;
  });
  let { remindAtMs, reminded = false } = input;
  for (;;) {
    // Before the look: a decision that is committed during it wakes the wait that follows.
    woken = false;
    const state = await readApproval(ref);
    if (state.status !== 'PENDING') return state;
    const deadlineMs = state.deadlineMs ?? Date.now();
    remindAtMs ??= Date.now() + (deadlineMs - Date.now()) * REMIND_AT_SHARE;
    if (!reminded && Date.now() >= remindAtMs) {
      await remindOfApproval({ ...ref, deadlineMs });
      reminded = true;
    }
    setCurrentDetails(`**PENDING** · a person decides until ${new Date(deadlineMs).toISOString()}`);
    if (workflowInfo().historyLength > HISTORY_EVENTS_MAX && !woken) {
      await continueAsNew<typeof approval>({ ...input, remindAtMs, reminded });
    }
    const next = Math.min(deadlineMs, reminded ? deadlineMs : remindAtMs, Date.now() + POLL_MS);
    await condition(() => woken, Math.max(next - Date.now(), LEAST_WAIT_MS));
  }
}
