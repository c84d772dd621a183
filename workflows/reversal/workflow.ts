import {
  CancellationScope,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ParkReason } from '../../domain/purchase/trade.ts';
import { PARKED, REASON, TRADE_STATUS } from '../shared/search-attributes.ts';
import type {
  ReversalActivities,
  ReversalInput,
  ReversalReply,
  ReversalResult,
} from './contract.ts';

/** Long waits continue as new well before the server's warning at 10,240 events. */
const HISTORY_EVENTS_MAX = 4_000;

// What must be undone is never given up (DESIGN.md 5).
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' } as const;
const startToCloseTimeout = '10s';
const { reverseAtExporter } = proxyActivities<ReversalActivities>({
  startToCloseTimeout,
  retry,
  summary: 'Reverse at the exporter',
});
const { finishReversal } = proxyActivities<ReversalActivities>({
  startToCloseTimeout,
  retry,
  summary: 'Return the money to the buyer',
});

/**
 * The exporter reverses first, then our books (RULES.md 6). It asks without end; after a while, or
 * at an answer that asking can't change, it parks as a flag for people and keeps asking. Cancelling
 * the workflow does nothing: the row says REVERSING until both books agree.
 */
export async function reversal(input: ReversalInput): Promise<ReversalResult> {
  return CancellationScope.nonCancellable(() => run(input));
}

async function run(input: ReversalInput): Promise<ReversalResult> {
  const { tradeId, timing } = input;
  const askingSinceMs = input.askingSinceMs ?? Date.now();
  let parked = input.parked ?? false;
  let backoffMs = parked ? timing.learnBackoffMaxMs : timing.learnBackoffMs;
  for (;;) {
    const reply = await reverseAtExporter({ tradeId });
    if (reply.kind === 'OVER') return close(reply.state);
    if (reply.kind === 'REVERSED') return close((await finishReversal({ tradeId })).state);
    const contrary = reply.kind === 'CONTRARY';
    if (!parked && (contrary || Date.now() - askingSinceMs >= timing.parkAfterMs)) {
      parked = true;
      park(contrary ? 'ANSWER_INVALID' : 'UNRESOLVED');
    }
    describe(reply, parked);
    if (contrary) backoffMs = timing.learnBackoffMaxMs;
    // Deterministic in the sandbox; half to all of it, so that reversals don't march in step.
    await sleep(Math.ceil(backoffMs * (0.5 + Math.random() / 2)));
    backoffMs = Math.min(backoffMs * 2, timing.learnBackoffMaxMs);
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (continueAsNewSuggested || historyLength > HISTORY_EVENTS_MAX) {
      await continueAsNew<typeof reversal>({ ...input, askingSinceMs, parked });
    }
  }
}

function park(reason: ParkReason): void {
  upsertSearchAttributes([
    { key: PARKED, value: true },
    { key: REASON, value: reason },
  ]);
}

function describe(reply: ReversalReply & { detail: string }, parked: boolean): void {
  const flag = parked ? ' · **parked: a person must look**' : '';
  setCurrentDetails(`**REVERSING**${flag} · the exporter: ${reply.detail} · asking again`);
}

function close(state: ReversalResult['state']): ReversalResult {
  upsertSearchAttributes([
    { key: TRADE_STATUS, value: state },
    { key: PARKED, value: false },
  ]);
  setCurrentDetails(`**${state}**`);
  return { state };
}
