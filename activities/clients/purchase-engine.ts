import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  ABANDON_UPDATE,
  CONFIRM_RESOLUTION_UPDATE,
  PURCHASE_PROGRESS_QUERY,
  purchaseWorkflowId,
  RESOLVE_UPDATE,
  RETRY_STEP_UPDATE,
  type ManualAction,
  type ManualResult,
  type PurchaseProgress,
  type ResolveRequest,
} from '../../workflows/purchase/contract.ts';

/** What support and the buyer's page ask of a purchase that is under way. */
export interface PurchaseEngine {
  /** Undefined where the engine knows no such workflow (any more). */
  queryProgress(tradeId: string): Promise<PurchaseProgress | undefined>;
  /** Undefined where the purchase is not parked, or has no open workflow. */
  readonly updates: {
    retry(tradeId: string, action: ManualAction): Promise<ManualResult | undefined>;
    abandon(tradeId: string, action: ManualAction): Promise<ManualResult | undefined>;
    resolve(tradeId: string, request: ResolveRequest): Promise<ManualResult | undefined>;
    confirm(tradeId: string, action: ManualAction): Promise<ManualResult | undefined>;
  };
}

/** Talks to purchase workflows; `client` may connect lazily. */
export function createPurchaseEngine(client: () => Pick<Client, 'workflow'>): PurchaseEngine {
  const update = async (
    name: string,
    tradeId: string,
    request: ManualAction | ResolveRequest,
  ): Promise<ManualResult | undefined> => {
    try {
      const handle = client().workflow.getHandle(purchaseWorkflowId(tradeId));
      return await handle.executeUpdate<ManualResult, [ManualAction]>(name, { args: [request] });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || isRefusal(error)) return undefined;
      throw error;
    }
  };
  return {
    async queryProgress(tradeId) {
      try {
        const handle = client().workflow.getHandle(purchaseWorkflowId(tradeId));
        return await handle.query<PurchaseProgress>(PURCHASE_PROGRESS_QUERY);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },
    updates: {
      retry: (tradeId, action) => update(RETRY_STEP_UPDATE, tradeId, action),
      abandon: (tradeId, action) => update(ABANDON_UPDATE, tradeId, action),
      resolve: (tradeId, request) => update(RESOLVE_UPDATE, tradeId, request),
      confirm: (tradeId, action) => update(CONFIRM_RESOLUTION_UPDATE, tradeId, action),
    },
  };
}

/** What the purchase's own validators answer where an action does not fit its state. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'CONFLICT'
  );
}
