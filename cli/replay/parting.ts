/** A step of a workflow: what the engine was asked for. */
export interface Step {
  readonly kind: string;
  readonly name: string;
}

/** One event of a history, as the engine's JSON has it, with the step that it records. */
export interface RecordedEvent {
  readonly id: number;
  /** `MarkerRecorded`: the engine's name without its prefix. */
  readonly type: string;
  readonly step?: Step;
  /** Of a local activity. */
  readonly sequence?: number;
}

/** Where history and code go different ways. */
export interface Parting {
  readonly eventId: number;
  readonly eventType: string;
  /** What the event records; absent where it is no step. */
  readonly recorded?: Step;
  /** What the code asked for instead; absent where it asked for nothing more. */
  readonly wanted?: Step;
  /** The engine's own sentence, or what the code threw. */
  readonly why: string;
}

/** What the engine records once a task is completed: the answers of the code. */
const ANSWERS = new Set([
  'MarkerRecorded',
  'ActivityTaskScheduled',
  'TimerStarted',
  'TimerCanceled',
  'UpsertWorkflowSearchAttributes',
  'WorkflowPropertiesModified',
  'StartChildWorkflowExecutionInitiated',
  'SignalExternalWorkflowExecutionInitiated',
  'WorkflowExecutionUpdateAccepted',
  'WorkflowExecutionUpdateCompleted',
  'WorkflowExecutionCompleted',
  'WorkflowExecutionFailed',
  'WorkflowExecutionContinuedAsNew',
]);

/**
 * The first event that the code would not have led to: the first recorded step that differs from
 * the one asked for, or the event that the engine names, whichever comes first.
 */
export function partingOf(
  events: readonly RecordedEvent[],
  wanted: readonly Step[],
  message: string,
): Parting {
  const why = whyOf(message);
  const recorded = events.filter(({ step }) => step !== undefined);
  const differing = recorded.findIndex(({ step }, index) => {
    const asked = wanted[index];
    return asked !== undefined && !isSame(asked, step);
  });
  const byStep = recorded[differing];
  const byEngine = namedEvent(events, message);
  const event = earlier(byStep, byEngine) ?? afterSteps(events, recorded, wanted.length);
  const before = recorded.filter(({ id }) => id < event.id).length;
  const instead = wanted[before];
  return {
    eventId: event.id,
    eventType: event.type,
    ...(event.step === undefined ? {} : { recorded: event.step }),
    ...(instead === undefined || isSame(instead, event.step) ? {} : { wanted: instead }),
    why,
  };
}

function isSame(one: Step, other: Step | undefined): boolean {
  return one.kind === other?.kind && one.name === other.name;
}

function earlier(
  one: RecordedEvent | undefined,
  other: RecordedEvent | undefined,
): RecordedEvent | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.id <= other.id ? one : other;
}

/** The engine names an event by its id, or a local activity by its sequence. */
function namedEvent(events: readonly RecordedEvent[], message: string): RecordedEvent | undefined {
  const [, id] = /HistoryEvent\(id: (\d+),/.exec(message) ?? [];
  if (id !== undefined) return events.find((event) => event.id === Number(id));
  const [, sequence] = /LocalActivity\((\d+)\)/.exec(message) ?? [];
  if (sequence === undefined) return undefined;
  return events.find((event) => event.sequence === Number(sequence));
}

/** The code gave up after so many steps: the first answer that it did not come to. */
function afterSteps(
  events: readonly RecordedEvent[],
  recorded: readonly RecordedEvent[],
  steps: number,
): RecordedEvent {
  const from = recorded[steps - 1]?.id ?? 0;
  const next = events.find(({ id, type }) => id > from && ANSWERS.has(type)) ?? events.at(-1);
  if (next === undefined) throw new Error('a history without events was replayed');
  return next;
}

/** The sentence inside what the SDK wraps around it. */
function whyOf(message: string): string {
  const [, inner] = /message: "((?:[^"\\]|\\.)*)"/.exec(message) ?? [];
  return inner ?? message;
}
