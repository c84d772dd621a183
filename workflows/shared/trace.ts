import type { Payload } from '@temporalio/common';
import type { WorkflowInterceptors } from '@temporalio/workflow';

/** Header that carries the W3C traceparent from whoever starts a workflow to its activities. */
export const TRACE_HEADER = 'traceparent';

interface WithHeaders {
  readonly headers: Record<string, Payload>;
}

/**
 * Hands the header of the start on to each activity and to the next run, and does nothing else: no
 * span, no yield, no command, so that histories are the same with it and without (ADR 0012).
 */
export function interceptors(): WorkflowInterceptors {
  let carried: Payload | undefined;
  const handOn = <I extends WithHeaders>(input: I): I =>
    carried === undefined
      ? input
      : { ...input, headers: { ...input.headers, [TRACE_HEADER]: carried } };
  return {
    inbound: [
      {
        execute(input, next) {
          carried = input.headers[TRACE_HEADER];
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(handOn(input)),
        scheduleLocalActivity: (input, next) => next(handOn(input)),
        continueAsNew: (input, next) => next(handOn(input)),
      },
    ],
  };
}
