import { randomUUID } from 'node:crypto';
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
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
import type { WorkflowStep } from '../../domain/telemetry/film.ts';
import { readWorkflowSteps } from './workflow-history.ts';

/** What support and the buyer's page ask of a purchase that is under way. */
export interface PurchaseEngine {
  /** Undefined where the engine knows no such workflow (any more). */
  queryProgress(tradeId: string): Promise<PurchaseProgress | undefined>;
  /** The newest run of any of this WL's workflows; undefined where the engine has none of it. */
  readSteps(workflowId: string): Promise<readonly WorkflowStep[] | undefined>;
  /** Undefined where the purchase is not parked, or has no open workflow. */
  readonly updates: {
    retry(tradeId: string, action: ManualAction): Promise<ManualResult | undefined>;
    abandon(tradeId: string, action: ManualAction): Promise<ManualResult | undefined>;
    resolve(tradeId: string, request: ResolveRequest): Promise<ManualResult | undefined>;
    confirm(tradeId: string, action: ManualAction): Promise<ManualResult | undefined>;
  };
}

/**
 * An update that meets a task which is lost with its worker, or the end of the run, is told so and
 * may be sent again; two such meetings in a row are rare, three are something else.
 */
const UPDATE_ATTEMPTS = 3;

/** Talks to purchase workflows; `client` may connect lazily. */
export function createPurchaseEngine(client: () => Pick<Client, 'workflow'>): PurchaseEngine {
  const update = async (
    name: string,
    tradeId: string,
    request: ManualAction | ResolveRequest,
  ): Promise<ManualResult | undefined> => {
    const handle = client().workflow.getHandle(purchaseWorkflowId(tradeId));
    // The engine carries one update id out once, however often it is asked.
    const options = { args: [request] as [ManualAction], updateId: randomUUID() };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await handle.executeUpdate<ManualResult, [ManualAction]>(name, options);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || isRefusal(error)) return undefined;
        if (attempt >= UPDATE_ATTEMPTS || !isTaskLost(error)) throw error;
      }
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
    readSteps: (workflowId) => readWorkflowSteps(client(), workflowId),
    updates: {
      retry: (tradeId, action) => update(RETRY_STEP_UPDATE, tradeId, action),
      abandon: (tradeId, action) => update(ABANDON_UPDATE, tradeId, action),
      resolve: (tradeId, request) => update(RESOLVE_UPDATE, tradeId, request),
      confirm: (tradeId, action) => update(CONFIRM_RESOLUTION_UPDATE, tradeId, action),
    },
  };
}

/** "Unexpected workflow task failure": the engine's word for a task that was not completed. */
function isTaskLost(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return isGrpcServiceError(cause) && cause.code === GRPC_FAILED_PRECONDITION;
}
const GRPC_FAILED_PRECONDITION = 9;

/** What the purchase's own validators answer where an action does not fit its state. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'CONFLICT'
  );
}
