import proto from '@temporalio/proto';

const { RespondWorkflowTaskCompletedRequest } = proto.temporal.api.workflowservice.v1;
type Times = proto.temporal.api.command.v1.IScheduleActivityTaskCommandAttributes;
type Length = proto.google.protobuf.IDuration;

/** What a step on a busy machine still gets done; the product's own times stand above it. */
const STEP_MAX_SECONDS = 3;
/** Steps beat every one or two seconds. */
const BEAT_MAX_SECONDS = 3;
/** So long the server waits for the worker that has the run in its memory. */
const STICKY_SECONDS = 1;
const FIRST_RETRY_NANOS = 100_000_000;
/** Longer ones run on purpose until they are stopped. */
const STEP_SHORTENED_TO_SECONDS = 300;

/**
 * The completion of a workflow task with shorter times of its activities and of its sticky queue: a
 * worker's death is noticed by nothing else, and what a run waits for is mostly this. Undefined where nothing changes.
 * Replay does not look at these times.
 */
export function shortened(method: string, request: Buffer): Buffer | undefined {
  if (method !== 'RespondWorkflowTaskCompleted') return undefined;
  const told = RespondWorkflowTaskCompletedRequest.decode(request);
  const scheduled = (told.commands ?? []).flatMap(
    ({ scheduleActivityTaskCommandAttributes: one }) => (one == null ? [] : [one]),
  );
  const { stickyAttributes } = told;
  if (stickyAttributes != null) stickyAttributes.scheduleToStartTimeout = seconds(STICKY_SECONDS);
  if (scheduled.length === 0 && stickyAttributes == null) return undefined;
  for (const one of scheduled) shorten(one);
  return Buffer.from(RespondWorkflowTaskCompletedRequest.encode(told).finish());
}

function shorten(one: Times): void {
  const beat = secondsOf(one.heartbeatTimeout);
  if (beat > BEAT_MAX_SECONDS) one.heartbeatTimeout = seconds(BEAT_MAX_SECONDS);
  const step = secondsOf(one.startToCloseTimeout);
  // Who beats is noticed by its silence.
  const isShort = beat === 0 && step > STEP_MAX_SECONDS && step < STEP_SHORTENED_TO_SECONDS;
  if (isShort) one.startToCloseTimeout = seconds(STEP_MAX_SECONDS);
  if (one.retryPolicy != null) {
    one.retryPolicy.initialInterval = { seconds: 0 as never, nanos: FIRST_RETRY_NANOS };
  }
}

const secondsOf = (length: Length | null | undefined): number => Number(length?.seconds ?? 0);
const seconds = (count: number): Length => ({ seconds: count as never, nanos: 0 });
