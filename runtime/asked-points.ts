import { activityInfo } from '@temporalio/activity';
import type { FaultHandler, FaultPoint } from './fault-points.ts';

/** To the process that has started this one: somebody stands at a point. */
export interface PointPassed {
  readonly kind: 'point';
  readonly id: number;
  readonly point: FaultPoint;
  /** Method and path of a call, or the pool of a transaction. */
  readonly subject: string;
  /** Of the step that came by; absent where it was nobody's step. */
  readonly step?: { readonly workflowId: string; readonly activity: string };
}

/** Its answer: what stands there goes on. */
export interface PointLeft {
  readonly kind: 'on';
  readonly id: number;
}

/** Stands at each point until the parent says on; ends with it, because nobody could then. */
export function askParent(): FaultHandler {
  if (process.send === undefined) throw new Error('FAULT_POINTS=parent needs an IPC channel');
  const waiting = new Map<number, () => void>();
  let last = 0;
  process.on('message', (message: PointLeft) => {
    if (message.kind !== 'on') return;
    waiting.get(message.id)?.();
    waiting.delete(message.id);
  });
  process.on('disconnect', () => process.exit(1));
  return (point, { subject }) => {
    const id = (last += 1);
    const step = stepHere();
    const told: PointPassed = { kind: 'point', id, point, subject, ...(step && { step }) };
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      process.send?.(told);
    });
  };
}

function stepHere(): PointPassed['step'] {
  try {
    const { workflowExecution, activityType } = activityInfo();
    const { workflowId } = workflowExecution ?? {};
    return workflowId === undefined ? undefined : { workflowId, activity: activityType };
  } catch {
    // The SDK has no other way to tell that this is no activity.
    return undefined;
  }
}
