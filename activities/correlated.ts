import { activityInfo } from '@temporalio/activity';
import { correlationFrom, runningTrace, withCorrelation } from '../runtime/correlation.ts';

/** Runs an activity under a correlation id made of its workflow's id, which has other letters. */
export function correlated<T>(work: (correlationId: string) => Promise<T>): Promise<T> {
  const { workflowExecution, activityId } = activityInfo();
  const name = (workflowExecution?.workflowId ?? activityId).replaceAll('/', ':');
  const { correlationId } = correlationFrom(name, undefined);
  const correlation = { correlationId, traceparent: runningTrace() };
  return withCorrelation(correlation, () => work(correlation.correlationId));
}
