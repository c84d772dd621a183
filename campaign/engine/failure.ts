import {
  ApplicationFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
  ensureApplicationFailure,
} from '@temporalio/common';
import type { temporal } from '@temporalio/proto';

export type Failure = temporal.api.failure.v1.IFailure;

/** An activity's failure as the workflow is told of it. */
export function activityFailure(error: unknown, activityType: string): Failure {
  return {
    message: 'Activity task failed',
    activityFailureInfo: { activityType: { name: activityType }, activityId: activityType },
    cause: defaultFailureConverter.errorToFailure(
      ensureApplicationFailure(error),
      defaultPayloadConverter,
    ),
  };
}

export function isRetryable(error: unknown): boolean {
  return !(error instanceof ApplicationFailure && error.nonRetryable === true);
}

/** The failure of an update, as a client is told of it. */
export function errorOf(failure: Failure): Error {
  return defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
}
