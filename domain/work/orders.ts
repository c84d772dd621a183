import type { Json } from '../shared/canonical.ts';

/**
 * A workflow that a committed row calls for: written with the row, started after the commit, and by
 * a schedule where a crash left it unstarted (DESIGN.md 6). Contracts take names and ids from here,
 * because databases may not know workflows.
 */
export interface WorkOrder {
  readonly workflowId: string;
  /** The workflow's type. */
  readonly workflow: string;
  /** Its one argument: ids and correlation, never amounts that a row knows better. */
  readonly input: Json;
  /** One line for the engine's UI. */
  readonly summary: string;
  readonly correlationId: string;
}

export const SIGNAL_DISPATCH = 'signalDispatch';

/** `signal/<signalId>/<wlId>`: one workflow a delivery, whoever starts it (DESIGN.md 6). */
export function signalWorkflowId(delivery: {
  readonly signalId: string;
  readonly wlId: string;
}): string {
  return `signal/${delivery.signalId}/${delivery.wlId}`;
}

/** Carries one signal to one WL. */
export function signalWork(delivery: {
  readonly signalId: string;
  readonly wlId: string;
  readonly what: string;
  readonly correlationId: string;
}): WorkOrder {
  const { signalId, wlId, what, correlationId } = delivery;
  return {
    workflowId: signalWorkflowId(delivery),
    workflow: SIGNAL_DISPATCH,
    input: { signalId, wlId, correlationId },
    summary: what,
    correlationId,
  };
}
