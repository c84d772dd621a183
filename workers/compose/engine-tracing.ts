import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { ClientInterceptors } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { traced, type SpanFacts, type Tracing } from '../../runtime/tracing.ts';
import { TRACE_HEADER } from '../../workflows/shared/trace.ts';

/** A span for each start, carried to the workflow's activities by its header. */
export function clientTracing(tracing: Tracing): ClientInterceptors {
  const started = <I extends { readonly headers: Record<string, unknown> }, O>(
    { workflowType, workflowId }: { readonly workflowType: string; readonly workflowId: string },
    input: I,
    next: (input: I) => Promise<O>,
  ): Promise<O> => {
    const facts: SpanFacts = {
      name: `start ${workflowType}`,
      kind: 'producer',
      attributes: { 'temporal.workflow.id': workflowId },
    };
    return traced(tracing, facts, ({ traceparent }) => {
      const payload = defaultPayloadConverter.toPayload(traceparent);
      return next({ ...input, headers: { ...input.headers, [TRACE_HEADER]: payload } });
    });
  };
  return {
    workflow: [
      {
        startWithDetails: (input, next) =>
          started({ workflowType: input.workflowType, ...input.options }, input, next),
        signalWithStart: (input, next) =>
          started({ workflowType: input.workflowType, ...input.options }, input, next),
      },
    ],
  };
}

/** A span for each attempt of an activity, local ones included. */
export function activityTracing(tracing: Tracing): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute(input, next) {
        const { activityType, workflowType, workflowExecution, attempt, isLocal } = info;
        const workflowId = workflowExecution?.workflowId ?? activityType;
        const header = input.headers[TRACE_HEADER];
        const parent: unknown =
          header === undefined ? undefined : defaultPayloadConverter.fromPayload(header);
        return traced(
          tracing,
          {
            name: `${workflowType ?? 'activity'}/${activityType}`,
            kind: 'consumer',
            ...(typeof parent === 'string' && { parent }),
            correlationId: workflowId.replaceAll('/', ':'),
            attributes: {
              'temporal.workflow.id': workflowId,
              'temporal.activity.attempt': attempt,
              'temporal.activity.local': isLocal,
            },
          },
          () => next(input),
        );
      },
    },
  });
}
