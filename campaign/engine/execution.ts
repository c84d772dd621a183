import type { coresdk } from '@temporalio/proto';
import type { Activation, Command, Job, Sandbox, SandboxedRun } from './sandbox.ts';

export type LocalActivity = coresdk.workflow_commands.IScheduleLocalActivity;

/** What one task has called and got, not yet told to the engine. */
export interface Unrecorded {
  readonly activations: Recorded[];
  readonly commands: Command[];
}

export interface Recorded extends Activation {
  /** What the code answered: replay has to answer the same. */
  readonly answer: string;
  readonly local: readonly LocalActivity[];
}

/** A run with what is durable of it, and what a worker holds in its memory. */
export class Execution {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly startedAtMs: number;
  readonly taskTimeoutMs: number;
  /** Durable: a worker that knows nothing of the run replays these. */
  readonly history: Recorded[] = [];
  /** Durable: what happened since the last task that was recorded. */
  inbox: Job[];
  /** Of the task under way; they come back where it is lost. */
  taken: Job[] = [];
  /** In a worker's memory, between tasks. */
  cached: SandboxedRun | undefined;
  /** Of the task under way, which is void once it differs. */
  token = 0;
  isTaskUnderWay = false;
  isOpen = true;
  readonly timers = new Map<number, () => void>();
  readonly activities = new Map<number, number>();
  readonly updates = new Map<string, (response: UpdateResponse) => void>();

  constructor(start: ExecutionStart) {
    this.workflowId = start.workflowId;
    this.runId = start.runId;
    this.workflowType = start.workflowType;
    this.taskQueue = start.taskQueue;
    this.startedAtMs = start.startedAtMs;
    this.taskTimeoutMs = start.taskTimeoutMs;
    this.inbox = [start.first];
  }

  /** About as many events as a server would have written. */
  get historyLength(): number {
    const jobs = this.history.reduce((sum, { jobs: { length } }) => sum + length, 0);
    return this.history.length * EVENTS_OF_TASK + jobs;
  }
}

const EVENTS_OF_TASK = 3;

export type UpdateResponse = coresdk.workflow_commands.IUpdateResponse;

export interface ExecutionStart {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly startedAtMs: number;
  readonly taskTimeoutMs: number;
  readonly first: Job;
}

/** What was recorded of the code differs from what it does now. */
export class Nondeterminism extends Error {
  override readonly name = 'Nondeterminism';
}

/** A worker that has the run not in its memory makes it anew from its history. */
export async function replay(
  sandbox: Sandbox,
  execution: Execution,
): Promise<{ readonly run: SandboxedRun; readonly open: Map<number, LocalActivity> }> {
  const run = await sandbox.open(execution);
  const open = new Map<number, LocalActivity>();
  for (const recorded of execution.history) {
    const { commands } = await run.activate({ ...recorded, isReplaying: true });
    const answer = answerOf(commands);
    if (answer !== recorded.answer) {
      throw new Nondeterminism(
        `${execution.workflowId}: ${answer} instead of ${recorded.answer} in ${execution.history.map((one) => one.answer).join(' | ')}`,
      );
    }
    track(open, recorded);
  }
  return { run, open };
}

/** Local activities are of one task: asked for and not resolved, they run in the next worker. */
export function track(open: Map<number, LocalActivity>, { jobs, local }: Recorded): void {
  for (const { resolveActivity } of jobs) {
    if (resolveActivity?.isLocal === true) open.delete(Number(resolveActivity.seq));
  }
  for (const activity of local) open.set(Number(activity.seq), activity);
}

/** What a command carries beside the one thing that it is. */
const BESIDE: ReadonlySet<string> = new Set(['userMetadata', 'eventGroupMarkers']);

/** Kinds, numbers and names: what a server compares, without payloads of metadata. */
export function answerOf(commands: readonly Command[]): string {
  return commands
    .map((command) => {
      const [variant, body] = Object.entries(command).find(([key]) => !BESIDE.has(key)) ?? [];
      const { seq, activityType } = (body ?? {}) as { seq?: number; activityType?: string };
      return [variant, seq, activityType].filter((part) => part !== undefined).join(' ');
    })
    .join(', ');
}

export function localActivitiesOf(commands: readonly Command[]): LocalActivity[] {
  return commands.flatMap(({ scheduleLocalActivity }) => scheduleLocalActivity ?? []);
}
