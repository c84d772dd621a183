import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import {
  ABANDON_UPDATE,
  CONFIRM_RESOLUTION_UPDATE,
  DECISION_SIGNAL,
  PURCHASE_PROGRESS_QUERY,
  RESOLVE_UPDATE,
  RETRY_STEP_UPDATE,
  type ManualAction,
  type ManualResult,
  type PurchaseProgress,
  type ResolveRequest,
  type TradeSnapshot,
} from './contract.ts';

/** Answers step, state and what the purchase waits for. */
export const progressQuery = defineQuery<PurchaseProgress>(PURCHASE_PROGRESS_QUERY);
const decisionSignal = defineSignal(DECISION_SIGNAL);
const retryUpdate = defineUpdate<ManualResult, [ManualAction]>(RETRY_STEP_UPDATE);
const abandonUpdate = defineUpdate<ManualResult, [ManualAction]>(ABANDON_UPDATE);
const resolveUpdate = defineUpdate<ManualResult, [ResolveRequest]>(RESOLVE_UPDATE);
const confirmUpdate = defineUpdate<ManualResult, [ManualAction]>(CONFIRM_RESOLUTION_UPDATE);

interface Answering {
  readonly answer: (result: ManualResult) => void;
}

/** What people and the exporter ask of a waiting purchase, taken one at a time. */
export type Command =
  | { readonly kind: 'WAKE' }
  | ({ readonly kind: 'RETRY' | 'ABANDON' | 'CONFIRM_RESOLUTION' } & ManualAction & Answering)
  | ({ readonly kind: 'RESOLVE' } & ResolveRequest & Answering);

export interface Desk {
  /** The next command, or undefined after `ms` without one. */
  wait(ms: number): Promise<Command | undefined>;
  isBusy(): boolean;
  /** Answers whatever is still open with the final state, so that nobody waits for ever. */
  close(trade: TradeSnapshot): Promise<void>;
}

/** Registers the handlers: they queue commands, and the purchase's own loop carries them out. */
export function createDesk(current: () => TradeSnapshot): Desk {
  const queue: Command[] = [];
  const ask = async (
    make: (answer: (result: ManualResult) => void) => Command,
  ): Promise<ManualResult> => {
    let given: ManualResult | undefined;
    queue.push(make((result) => (given = result)));
    await condition(() => given !== undefined);
    return given ?? { result: 'CONFLICT', state: current().state };
  };
  const parkedOnly = (action: ManualAction): void => {
    needReason(action);
    if (current().state !== 'NEEDS_ATTENTION') refuse(`the trade is ${current().state}`);
  };
  setHandler(decisionSignal, () => void queue.push({ kind: 'WAKE' }));
  setHandler(retryUpdate, (action) => ask((answer) => ({ kind: 'RETRY', ...action, answer })), {
    validator: parkedOnly,
  });
  setHandler(abandonUpdate, (action) => ask((answer) => ({ kind: 'ABANDON', ...action, answer })), {
    validator: parkedOnly,
  });
  setHandler(
    resolveUpdate,
    (request) => ask((answer) => ({ kind: 'RESOLVE', ...request, answer })),
    {
      validator: (request) => {
        parkedOnly(request);
        if (request.outcome !== 'CONFIRMED' && request.outcome !== 'COMPENSATED') {
          refuse('outcome is CONFIRMED or COMPENSATED');
        }
      },
    },
  );
  setHandler(
    confirmUpdate,
    (action) => ask((answer) => ({ kind: 'CONFIRM_RESOLUTION', ...action, answer })),
    { validator: parkedOnly },
  );
  return {
    async wait(ms) {
      await condition(() => queue.length > 0, ms);
      return queue.shift();
    },
    isBusy: () => queue.length > 0,
    async close({ state }) {
      for (const command of queue.splice(0)) {
        if (command.kind !== 'WAKE') command.answer({ result: 'RESOLVED', state });
      }
    },
  };
}

function needReason({ actor, reason }: ManualAction): void {
  if (!actor || !reason?.trim()) refuse('actor and reason are needed');
}

/** Validators are synchronous: an async one never rejects (TEMPORAL.md). */
function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'CONFLICT');
}
