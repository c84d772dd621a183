import { randomUUID } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { coresdk } from '@temporalio/proto';
import { Killed, type Schedule, type Thread } from '../schedule.ts';
import {
  answerOf,
  Execution,
  localActivitiesOf,
  replay,
  track,
  type LocalActivity,
  type Recorded,
  type Unrecorded,
  type UpdateResponse,
} from './execution.ts';
import { activityFailure, isRetryable } from './failure.ts';
import type { Command, Job, Sandbox, SandboxedRun } from './sandbox.ts';

export type Activities = Readonly<Record<string, (input: never) => Promise<unknown>>>;

/** Where the engine itself may lose something. */
export type EnginePoint = 'task.local' | 'task.recorded' | 'activity.start' | 'activity.recorded';

export interface EngineOptions {
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly schedule: Schedule;
  readonly activities: Activities;
  /** Waits, and may kill or stop the thread that passes. */
  readonly pass: (point: EnginePoint, label: string) => Promise<void>;
  /** True where the worker tells the engine, amid a task, what it has so far. */
  readonly isHeartbeatDue: () => boolean;
}

export interface StartRequest {
  readonly workflowId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly args: readonly unknown[];
  readonly taskTimeoutMs?: number;
}

type ScheduledActivity = coresdk.workflow_commands.IScheduleActivity;

/** Until a worker that says nothing is taken for gone, where the start names nothing else. */
const TASK_TIMEOUT_MS = 10_000;
const LOCAL_ATTEMPTS_MAX = 10;
const BACKOFF_COEFFICIENT = 2;
const FIRST_BACKOFF_MS = 1_000;
const START_TO_CLOSE_MS = 10_000;

/**
 * A double of the engine's server and of the SDK's Core, on the schedule's time: histories, tasks
 * that are lost with their worker, replay, timers, activities at least once, local activities that
 * are durable only with their task, signals, updates, one open run an id. The workflow side is the
 * SDK's own. What our workflows do not use it refuses loudly instead of guessing.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #runs = new Map<string, Execution>();
  readonly #threads = new Set<Thread>();
  #downUntil = 0;
  /** Tasks and activities started, lost ones included. */
  readonly counts = { tasks: 0, lost: 0, replays: 0, activities: 0 };

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  openIds(): ReadonlySet<string> {
    return new Set(
      [...this.#runs.values()].filter((run) => run.isOpen).map((run) => run.workflowId),
    );
  }

  isOpen(workflowId: string): boolean {
    return this.#runs.get(workflowId)?.isOpen === true;
  }

  /** False where a run of this id is open. */
  start(request: StartRequest): boolean {
    if (this.isOpen(request.workflowId)) return false;
    this.#begin(
      request,
      request.args.map((arg) => defaultPayloadConverter.toPayload(arg)),
    );
    return true;
  }

  signal(workflowId: string, signalName: string): boolean {
    const run = this.#runs.get(workflowId);
    if (run?.isOpen !== true) return false;
    this.#tell(run, {
      signalWorkflow: { signalName, input: [], identity: 'campaign', headers: {} },
    });
    return true;
  }

  /** Undefined where no run is open; resolves with what the run says to it. */
  update(
    workflowId: string,
    name: string,
    args: readonly unknown[],
  ): Promise<UpdateResponse> | undefined {
    const run = this.#runs.get(workflowId);
    if (run?.isOpen !== true) return undefined;
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<UpdateResponse>();
    run.updates.set(id, resolve);
    const input = args.map((arg) => defaultPayloadConverter.toPayload(arg));
    this.#tell(run, {
      doUpdate: {
        ...{ id, protocolInstanceId: id, name, input, headers: {}, runValidator: true },
        meta: { updateId: id, identity: 'campaign' },
      },
    });
    return promise;
  }

  /** `kill -9` of all workers with what they remember; none is back before `forMs` have passed. */
  crash(forMs: number): void {
    this.#downUntil = this.#options.schedule.now() + forMs;
    for (const thread of this.#threads) this.#options.schedule.kill(thread);
    for (const run of this.#runs.values()) run.cached = undefined;
  }

  /** The engine's data of a run is gone, as after a restore from an old copy. */
  forget(workflowId: string): void {
    const run = this.#runs.get(workflowId);
    if (run !== undefined) this.#close(run);
    this.#runs.delete(workflowId);
  }

  #begin(request: Omit<StartRequest, 'args'>, input: readonly Payload[]): void {
    const { workflowId, workflowType, taskQueue, taskTimeoutMs = TASK_TIMEOUT_MS } = request;
    const runId = randomUUID();
    const run = new Execution({
      ...{ workflowId, workflowType, taskQueue, taskTimeoutMs, runId },
      startedAtMs: this.#options.schedule.now(),
      first: {
        initializeWorkflow: {
          ...{ workflowType, workflowId, arguments: [...input], headers: {}, attempt: 1 },
          ...{ identity: 'campaign', firstExecutionRunId: runId },
        },
      },
    });
    this.#runs.set(workflowId, run);
    this.#wake(run);
  }

  #tell(run: Execution, job: Job): void {
    if (!run.isOpen) return;
    run.inbox.push(job);
    this.#wake(run);
  }

  #wake(run: Execution): void {
    if (run.isTaskUnderWay || !run.isOpen) return;
    run.isTaskUnderWay = true;
    this.#whenUp(() => {
      if (run.isOpen) this.#runTask(run);
    });
  }

  /** Work waits at the engine while no worker is there. */
  #whenUp(work: () => void): void {
    const { schedule } = this.#options;
    if (schedule.now() >= this.#downUntil) return work();
    schedule.at(this.#downUntil, () => this.#whenUp(work));
  }

  #runTask(run: Execution): void {
    const { schedule } = this.#options;
    const token = (run.token += 1);
    this.counts.tasks += 1;
    const lose = (): void => {
      if (run.token === token) this.#lose(run, 0);
    };
    schedule.spawn(`${this.#options.name}: ${run.workflowId}`, async (own) => {
      own.onLost = () => void schedule.at(schedule.now() + run.taskTimeoutMs, lose);
      this.#threads.add(own);
      try {
        await this.#task(run, token);
      } finally {
        this.#threads.delete(own);
      }
    });
  }

  /** Another worker gets what this task had been given. */
  #lose(run: Execution, afterMs: number): void {
    const { schedule } = this.#options;
    this.counts.lost += 1;
    run.token += 1;
    run.inbox = [...run.taken, ...run.inbox];
    run.taken = [];
    run.cached = undefined;
    run.isTaskUnderWay = false;
    schedule.at(schedule.now() + afterMs, () => this.#wake(run));
  }

  async #task(run: Execution, token: number): Promise<void> {
    const known = run.cached;
    run.cached = undefined;
    if (known === undefined && run.history.length > 0) this.counts.replays += 1;
    const { run: code, open } =
      known === undefined
        ? await replay(this.#options.sandbox, run)
        : { run: known, open: new Map<number, LocalActivity>() };
    run.taken = run.inbox;
    run.inbox = [];
    let jobs: Job[] = run.taken;
    const unrecorded: Unrecorded = { activations: [], commands: [] };
    for (;;) {
      if (jobs.length > 0) {
        const recorded = await this.#activate(run, code, { jobs, unrecorded });
        track(open, recorded);
      }
      const [local] = open.values();
      if (local === undefined) break;
      jobs = [await this.#local(local)];
      if (this.#options.isHeartbeatDue() && run.token === token) {
        // What came of the steps before this one is durable from here, and its own result is not.
        run.history.push(...unrecorded.activations.splice(0));
        run.taken = [];
      }
    }
    await this.#options.pass('task.recorded', run.workflowType);
    if (run.token !== token) return code.dispose();
    this.#record(run, code, unrecorded);
  }

  async #activate(
    run: Execution,
    code: SandboxedRun,
    { jobs, unrecorded }: { readonly jobs: readonly Job[]; readonly unrecorded: Unrecorded },
  ): Promise<Recorded> {
    const activation = {
      atMs: this.#options.schedule.now(),
      jobs,
      historyLength: run.historyLength,
      isReplaying: false,
      flags: [],
    };
    const { commands, flags } = await code.activate(activation);
    const recorded: Recorded = {
      ...activation,
      flags,
      answer: answerOf(commands),
      local: localActivitiesOf(commands),
    };
    unrecorded.activations.push(recorded);
    unrecorded.commands.push(...commands.filter((one) => one.scheduleLocalActivity == null));
    return recorded;
  }

  /** Its attempts follow each other within the task, as Core does with short pauses. */
  async #local(activity: LocalActivity): Promise<Job> {
    const { seq, activityType, retryPolicy } = activity;
    const name = activityType ?? '';
    const attempts = retryPolicy?.maximumAttempts || LOCAL_ATTEMPTS_MAX;
    for (let attempt = 1; ; attempt += 1) {
      await this.#options.pass('task.local', name);
      try {
        const result = await this.#perform(name, activity.arguments ?? []);
        return {
          resolveActivity: { seq: seq ?? 0, isLocal: true, result: { completed: { result } } },
        };
      } catch (error) {
        if (error instanceof Killed) throw error;
        if (attempt < attempts && isRetryable(error)) continue;
        const failed = { failure: activityFailure(error, name) };
        return { resolveActivity: { seq: seq ?? 0, isLocal: true, result: { failed } } };
      }
    }
  }

  async #perform(name: string, input: readonly Payload[]): Promise<Payload> {
    const { schedule } = this.#options;
    const activity = this.#options.activities[name];
    if (activity === undefined) throw new Error(`no worker knows the activity ${name}`);
    this.counts.activities += 1;
    const [first] = input.map((payload) => defaultPayloadConverter.fromPayload(payload));
    const thread = schedule.current();
    const answer = await activity(first as never);
    if (thread?.isKilled === true) throw new Killed(thread.name);
    return defaultPayloadConverter.toPayload(answer);
  }

  #record(run: Execution, code: SandboxedRun, { activations, commands }: Unrecorded): void {
    const isClosing = commands.some(isEnd);
    if (isClosing && run.inbox.length > 0) {
      // The server refuses the end of a run that has something new to be told of.
      return this.#lose(run, 0);
    }
    run.history.push(...activations);
    run.taken = [];
    run.cached = code;
    run.isTaskUnderWay = false;
    for (const command of commands) this.#carryOut(run, command);
    if (run.inbox.length > 0) this.#wake(run);
  }

  #carryOut(run: Execution, command: Command): void {
    const { schedule } = this.#options;
    const { startTimer, cancelTimer, scheduleActivity, updateResponse } = command;
    const { continueAsNewWorkflowExecution: again } = command;
    if (startTimer != null) {
      const seq = startTimer.seq ?? 0;
      const ms = optionalTsToMs(startTimer.startToFireTimeout) ?? 0;
      const fire = (): void => this.#tell(run, { fireTimer: { seq } });
      run.timers.set(seq, schedule.at(schedule.now() + ms, fire));
    } else if (cancelTimer != null) {
      run.timers.get(cancelTimer.seq ?? 0)?.();
    } else if (scheduleActivity != null) {
      this.#attempt(run, scheduleActivity, 1);
    } else if (updateResponse != null) {
      if (updateResponse.accepted == null) {
        run.updates.get(updateResponse.protocolInstanceId ?? '')?.(updateResponse);
      }
    } else if (again != null) {
      this.#close(run);
      const { workflowId, taskQueue, taskTimeoutMs } = run;
      const workflowType = again.workflowType || run.workflowType;
      this.#begin({ workflowId, workflowType, taskQueue, taskTimeoutMs }, again.arguments ?? []);
    } else if (isEnd(command)) {
      this.#close(run);
    } else if (command.upsertWorkflowSearchAttributes == null) {
      throw new Error(`the double knows no ${Object.keys(command).join(', ')}`);
    }
  }

  #close(run: Execution): void {
    run.isOpen = false;
    run.token += 1;
    run.cached = undefined;
    for (const callOff of run.timers.values()) callOff();
    for (const answer of run.updates.values())
      answer({ rejected: { message: 'the run has ended' } });
    run.updates.clear();
  }

  /** One attempt of a regular activity; an attempt that is silent for too long is given up. */
  #attempt(run: Execution, activity: ScheduledActivity, attempt: number): void {
    const { schedule } = this.#options;
    const seq = activity.seq ?? 0;
    const name = activity.activityType ?? '';
    run.activities.set(seq, attempt);
    const isCurrent = (): boolean => run.isOpen && run.activities.get(seq) === attempt;
    const again = (): void => {
      if (!isCurrent()) return;
      schedule.at(schedule.now() + backoffOf(activity, attempt), () => {
        if (isCurrent()) this.#attempt(run, activity, attempt + 1);
      });
    };
    const closeMs = optionalTsToMs(activity.startToCloseTimeout) ?? START_TO_CLOSE_MS;
    const giveUp = (): void => void schedule.at(schedule.now() + closeMs, again);
    const resolve = (result: coresdk.activity_result.IActivityResolution): void => {
      if (!isCurrent()) return;
      run.activities.delete(seq);
      this.#tell(run, { resolveActivity: { seq, isLocal: false, result } });
    };
    const perform = async (own: Thread): Promise<void> => {
      own.onLost = giveUp;
      this.#threads.add(own);
      try {
        await this.#options.pass('activity.start', name);
        const result = await this.#perform(name, activity.arguments ?? []);
        await this.#options.pass('activity.recorded', name);
        resolve({ completed: { result } });
      } catch (error) {
        if (error instanceof Killed) throw error;
        if (isRetryable(error)) again();
        else resolve({ failed: { failure: activityFailure(error, name) } });
      } finally {
        this.#threads.delete(own);
      }
    };
    const thread = `${this.#options.name}: ${run.workflowId} ${name}`;
    this.#whenUp(() => void schedule.spawn(thread, perform));
  }
}

function backoffOf({ retryPolicy }: ScheduledActivity, attempt: number): number {
  const first = optionalTsToMs(retryPolicy?.initialInterval) ?? FIRST_BACKOFF_MS;
  const most = optionalTsToMs(retryPolicy?.maximumInterval) ?? Infinity;
  const coefficient = retryPolicy?.backoffCoefficient || BACKOFF_COEFFICIENT;
  return Math.min(first * coefficient ** (attempt - 1), most);
}

function isEnd(command: Command): boolean {
  return (
    command.completeWorkflowExecution != null ||
    command.failWorkflowExecution != null ||
    command.cancelWorkflowExecution != null ||
    command.continueAsNewWorkflowExecution != null
  );
}
