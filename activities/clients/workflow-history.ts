import { defaultPayloadConverter } from '@temporalio/common';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { within } from '../../runtime/within.ts';
import type { WorkflowStep } from '../../domain/telemetry/film.ts';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];
type Payloads = NonNullable<HistoryEvent['markerRecordedEventAttributes']>['details'];

/** A person waits for it; a history of some hundred events takes milliseconds. */
const READ_TIMEOUT_MS = 3_000;
/** The last of a long run; a purchase that learned for a day has some thousand. */
const STEPS_MAX = 500;

/** The newest run of a workflow in steps and waits; undefined where the engine has none of it. */
export async function readWorkflowSteps(
  client: Pick<Client, 'workflow'>,
  workflowId: string,
): Promise<readonly WorkflowStep[] | undefined> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    return condense(await within(READ_TIMEOUT_MS, handle.fetchHistory())).slice(-STEPS_MAX);
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

/** Reading a history passes on the error of the connection, which is of no class that we know. */
function isUnknown(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError) return true;
  return (error as { readonly code?: unknown } | null)?.code === GRPC_NOT_FOUND;
}
const GRPC_NOT_FOUND = 5;

interface Open {
  readonly timers: Map<string, WorkflowStep>;
  readonly activities: Map<string, WorkflowStep>;
  /** Local steps of the task that is being read, in their order. */
  task: WorkflowStep[];
}

/**
 * Steps, waits, signals and updates of a history, without payloads. A local step's own end is not
 * kept by the engine: it is the start of the next one, or the end of its task.
 */
export function condense({ events }: History): WorkflowStep[] {
  const steps: WorkflowStep[] = [];
  const open: Open = { timers: new Map(), activities: new Map(), task: [] };
  let taskEndedAt = '';
  for (const event of events ?? []) {
    const at = timeOf(event.eventTime);
    if (event.workflowTaskCompletedEventAttributes != null) {
      endTask(open, taskEndedAt);
      taskEndedAt = at;
    }
    const step = stepOf(event, at, open);
    if (step !== undefined) steps.push(step);
  }
  endTask(open, taskEndedAt);
  return steps;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function end(step: WorkflowStep | undefined, until: string, outcome?: string): void {
  if (step === undefined) return;
  const open = step as Mutable<WorkflowStep>;
  open.until = until;
  if (outcome !== undefined) open.outcome = outcome;
}

function endTask(open: Open, taskEndedAt: string): void {
  open.task.forEach((step, index) => end(step, open.task[index + 1]?.at ?? taskEndedAt));
  open.task = [];
}

function stepOf(event: HistoryEvent, at: string, open: Open): WorkflowStep | undefined {
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName === 'core_local_activity') {
    const step = localStep(marker.details, at);
    open.task.push(step);
    return step;
  }
  const started = event.timerStartedEventAttributes;
  if (started != null) {
    const step: WorkflowStep = { kind: 'TIMER', name: 'wait', at };
    open.timers.set(started.timerId ?? '', step);
    return step;
  }
  end(open.timers.get(event.timerFiredEventAttributes?.timerId ?? ''), at, 'FIRED');
  end(open.timers.get(event.timerCanceledEventAttributes?.timerId ?? ''), at, 'CANCELLED');
  return activityStep(event, at, open) ?? wordOf(event, at);
}

function activityStep(event: HistoryEvent, at: string, open: Open): WorkflowStep | undefined {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled != null) {
    const name = scheduled.activityType?.name ?? 'activity';
    const step: WorkflowStep = { kind: 'STEP', name, at };
    open.activities.set(String(event.eventId), step);
    return step;
  }
  const started = event.activityTaskStartedEventAttributes;
  if (started != null) {
    const step = open.activities.get(String(started.scheduledEventId));
    if (step !== undefined) (step as Mutable<WorkflowStep>).attempt = started.attempt ?? 1;
  }
  const done = event.activityTaskCompletedEventAttributes;
  if (done != null) end(open.activities.get(String(done.scheduledEventId)), at);
  const failed = event.activityTaskFailedEventAttributes;
  if (failed != null) end(open.activities.get(String(failed.scheduledEventId)), at, 'FAILED');
  return undefined;
}

/** What came from outside, and how the run began and ended. */
function wordOf(event: HistoryEvent, at: string): WorkflowStep | undefined {
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal != null) return { kind: 'SIGNAL', name: signal.signalName ?? 'signal', at };
  const update = event.workflowExecutionUpdateAcceptedEventAttributes;
  if (update != null) {
    const name = update.acceptedRequest?.input?.name ?? 'update';
    return { kind: 'UPDATE', name, at };
  }
  if (event.workflowExecutionStartedEventAttributes != null) {
    return { kind: 'RUN', name: 'started', at };
  }
  const ending = ENDINGS.find(([attribute]) => event[attribute] != null);
  return ending === undefined ? undefined : { kind: 'RUN', name: ending[1], at };
}

const ENDINGS = [
  ['workflowExecutionCompletedEventAttributes', 'completed'],
  ['workflowExecutionFailedEventAttributes', 'failed'],
  ['workflowExecutionTerminatedEventAttributes', 'terminated'],
  ['workflowExecutionContinuedAsNewEventAttributes', 'continued as new'],
] as const;

interface LocalData {
  readonly activity_type?: string;
  readonly attempt?: number;
  readonly original_schedule_time?: { readonly seconds: number; readonly nanos: number } | null;
}

function localStep(details: Payloads, at: string): WorkflowStep {
  const data = payloadOf<LocalData>(details, 'data');
  const started = data?.original_schedule_time;
  const outcome = outcomeOf(payloadOf(details, 'result'));
  return {
    kind: 'STEP',
    name: data?.activity_type ?? 'step',
    at: started == null ? at : instantOf(started.seconds, started.nanos),
    attempt: data?.attempt ?? 1,
    ...(outcome !== undefined && { outcome }),
  };
}

function payloadOf<T>(details: Payloads, name: string): T | undefined {
  const payload = details?.[name]?.payloads?.[0];
  return payload == null ? undefined : defaultPayloadConverter.fromPayload<T>(payload);
}

/** The word in which a step's result sums up: a verdict, or the state of the row. */
function outcomeOf(result: unknown): string | undefined {
  const { verdict, reservation, state, trade } = (result ?? {}) as {
    readonly verdict?: { readonly kind?: string };
    readonly reservation?: { readonly kind?: string };
    readonly state?: string;
    readonly trade?: { readonly state?: string };
  };
  return verdict?.kind ?? reservation?.kind ?? state ?? trade?.state;
}

const MS_PER_SECOND = 1_000;
const NANOS_PER_MS = 1_000_000;

function instantOf(seconds: number, nanos: number): string {
  return new Date(seconds * MS_PER_SECOND + Math.floor(nanos / NANOS_PER_MS)).toISOString();
}

function timeOf(stamp: HistoryEvent['eventTime']): string {
  return instantOf(Number(stamp?.seconds ?? 0), stamp?.nanos ?? 0);
}
