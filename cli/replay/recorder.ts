import {
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';

/** What the code asked the engine for, in its order; the replay listens. */
export interface WantedSinks extends Sinks {
  readonly wanted: { step(kind: string, name: string): void };
}

/** Bundled into the workflow code by `xwl trade replay` alone; changes nothing that is asked for. */
export function interceptors(): WorkflowInterceptors {
  const { wanted } = proxySinks<WantedSinks>();
  const listener: WorkflowOutboundCallsInterceptor = {
    scheduleLocalActivity(input, next) {
      wanted.step('local activity', input.activityType);
      return next(input);
    },
    scheduleActivity(input, next) {
      wanted.step('activity', input.activityType);
      return next(input);
    },
    startChildWorkflowExecution(input, next) {
      wanted.step('child workflow', input.workflowType);
      return next(input);
    },
  };
  return { inbound: [], outbound: [listener], internals: [] };
}
