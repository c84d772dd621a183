import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import {
  APPROVAL_DECIDED_SIGNAL,
  APPROVAL_WORKFLOW,
  approvalWorkflowId,
  EXPORTER,
  IMPORTER,
  PARKED,
  TRADE_ID,
  TRADE_STATUS,
  type ApprovalInput,
  type WaitingPurchase,
} from '../../workflows/approval/contract.ts';
import {
  DECISION_SIGNAL,
  PURCHASE_QUEUE,
  PURCHASE_TASK_TIMEOUT_MS,
  PURCHASE_WORKFLOW,
  purchaseWorkflowId,
  type PurchaseInput,
  type PurchaseTiming,
} from '../../workflows/purchase/contract.ts';
import {
  REVERSAL_WORKFLOW,
  reversalWorkflowId,
  type ReversalInput,
} from '../../workflows/reversal/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';

/** A trade of this WL as importer. */
export interface OwnTrade {
  readonly tradeId: string;
  readonly exporter: string;
}

export interface PurchaseStart {
  /** Only the gateway, whose own worker then runs the first task without a dispatch. */
  readonly eager?: boolean;
  /** One line for the engine's list: an offer's title and a quantity, never a person. */
  readonly summary?: string;
}

/** Starts that anybody may repeat: the answer is false where a run is open already. */
export interface TradeStarter {
  startPurchase(trade: OwnTrade, start?: PurchaseStart): Promise<boolean>;
  startReversal(trade: OwnTrade): Promise<boolean>;
  startApproval(purchase: WaitingPurchase): Promise<boolean>;
  /** Wakes the exporter's wait; one that was lost is started to deliver the decision. */
  signalApproval(purchase: WaitingPurchase): Promise<void>;
  /** Wakes the importer's purchase; resolves once the signal is durable. */
  signalDecision(trade: OwnTrade): Promise<void>;
}

export interface TradeStarterDeps {
  /** May connect lazily. */
  readonly client: () => Pick<Client, 'workflow'>;
  readonly wlId: string;
  readonly timing: PurchaseTiming;
}

/** Starts and wakes the workflows of trades through the engine. */
export function createTradeStarter({ client, wlId, timing }: TradeStarterDeps): TradeStarter {
  const own = ({ tradeId, exporter }: OwnTrade): PurchaseInput & ReversalInput => ({
    tradeId,
    importer: wlId,
    exporter,
    timing,
  });
  const approvalInput = ({ importer, tradeId }: WaitingPurchase): ApprovalInput => ({
    importer,
    exporter: wlId,
    tradeId,
  });
  const once = async (workflow: string, options: StartOptions): Promise<boolean> => {
    try {
      await client().workflow.start(workflow, options);
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  };
  return {
    startPurchase: (trade, { eager = false, summary } = {}) =>
      once(PURCHASE_WORKFLOW, {
        ...purchaseOptions(own(trade)),
        requestEagerStart: eager,
        ...(summary !== undefined && { staticSummary: summary }),
      }),
    startReversal: (trade) => once(REVERSAL_WORKFLOW, reversalOptions(own(trade))),
    startApproval: (purchase) => once(APPROVAL_WORKFLOW, approvalOptions(approvalInput(purchase))),
    async signalApproval(purchase) {
      await client().workflow.signalWithStart(APPROVAL_WORKFLOW, {
        ...approvalOptions(approvalInput(purchase)),
        signal: APPROVAL_DECIDED_SIGNAL,
      });
    },
    async signalDecision(trade) {
      await client().workflow.signalWithStart(PURCHASE_WORKFLOW, {
        ...purchaseOptions(own(trade)),
        signal: DECISION_SIGNAL,
      });
    },
  };
}

type StartOptions = ReturnType<
  typeof purchaseOptions | typeof reversalOptions | typeof approvalOptions
> & { readonly requestEagerStart?: boolean };

const PURCHASE_SUMMARY = 'Purchase of an imported offer';

function purchaseOptions(input: PurchaseInput, start: PurchaseStart = {}) {
  const { eager = false, summary = PURCHASE_SUMMARY } = start;
  return {
    workflowId: purchaseWorkflowId(input.tradeId),
    taskQueue: PURCHASE_QUEUE,
    workflowTaskTimeout: PURCHASE_TASK_TIMEOUT_MS,
    args: [input],
    requestEagerStart: eager,
    staticSummary: summary,
    typedSearchAttributes: attributes(input, 'REQUESTED'),
  };
}

function reversalOptions(input: ReversalInput) {
  return {
    workflowId: reversalWorkflowId(input.tradeId),
    taskQueue: BACKGROUND_QUEUE,
    args: [input],
    staticSummary: 'Reversal of a confirmed purchase',
    typedSearchAttributes: attributes(input, 'REVERSING'),
  };
}

function approvalOptions(input: ApprovalInput) {
  return {
    workflowId: approvalWorkflowId(input),
    taskQueue: BACKGROUND_QUEUE,
    args: [input],
    staticSummary: 'Approval of a purchase by a person',
    typedSearchAttributes: attributes(input, 'PENDING'),
  };
}

function attributes(
  ids: { readonly tradeId: string; readonly importer: string; readonly exporter: string },
  status: string,
): TypedSearchAttributes {
  const pairs: SearchAttributePair[] = [
    { key: TRADE_ID, value: ids.tradeId },
    { key: IMPORTER, value: ids.importer },
    { key: EXPORTER, value: ids.exporter },
    { key: TRADE_STATUS, value: status },
    { key: PARKED, value: false },
  ];
  return new TypedSearchAttributes(pairs);
}
