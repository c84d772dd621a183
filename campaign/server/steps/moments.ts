import proto from '@temporalio/proto';

const service = proto.temporal.api.workflowservice.v1;

/** One call of a worker to the engine, about one task. */
export interface Moment {
  readonly workflowId: string;
  readonly type: string;
  /** `workflow task given`, `deliverSignal done`: what the engine or the worker knows from here on. */
  readonly name: string;
}

export interface Call {
  readonly method: string;
  readonly request: Buffer;
}

type Task = Omit<Moment, 'name'> & { readonly what: string };
type Given = {
  readonly taskToken?: Uint8Array | null;
  readonly workflowExecution?: { readonly workflowId?: string | null } | null;
  readonly workflowType?: { readonly name?: string | null } | null;
  readonly activityType?: { readonly name?: string | null } | null;
};

/** Tasks that a process has and has not answered. */
const KEPT_MAX = 400;
const ANSWERS = {
  RespondWorkflowTaskCompleted: service.RespondWorkflowTaskCompletedRequest,
  RespondActivityTaskCompleted: service.RespondActivityTaskCompletedRequest,
  RespondActivityTaskFailed: service.RespondActivityTaskFailedRequest,
} as const;

/**
 * Reads the calls of one worker: a task is given, what was done is told, and the engine has taken
 * it. Each event of a history is written before one of these answers, so that a worker that dies at
 * each of them has died after each event.
 */
export class Moments {
  readonly #tasks = new Map<string, Task>();

  /** Before the engine hears of it: it was done, and only the worker knows. */
  asked({ method, request }: Call): Moment | undefined {
    const task = this.#taskOf(method, request);
    return task && momentOf(task, 'done');
  }

  /** After the engine has done it: the worker does not know. */
  answered(call: Call, response: Buffer): readonly Moment[] {
    const { method, request } = call;
    if (method === 'PollWorkflowTaskQueue' && response.length > 0) {
      return this.#given(service.PollWorkflowTaskQueueResponse.decode(response));
    }
    if (method === 'PollActivityTaskQueue' && response.length > 0) {
      return this.#given(service.PollActivityTaskQueueResponse.decode(response));
    }
    const task = this.#taskOf(method, request);
    if (task === undefined) return [];
    if (method === 'RespondWorkflowTaskCompleted') {
      const { activityTasks, workflowTask } =
        service.RespondWorkflowTaskCompletedResponse.decode(response);
      // Given with the answer: dying here is dying before them, too.
      for (const eager of [...(activityTasks ?? []), workflowTask]) {
        if (eager != null) this.#given(eager);
      }
    }
    return [momentOf(task, 'taken')];
  }

  #taskOf(method: string, request: Buffer): Task | undefined {
    const form = ANSWERS[method as keyof typeof ANSWERS];
    return form && this.#tasks.get(keyOf(form.decode(request).taskToken));
  }

  #given(given: Given): Moment[] {
    const workflowId = given.workflowExecution?.workflowId;
    const type = given.workflowType?.name;
    if (workflowId == null || type == null || given.taskToken == null) return [];
    const task: Task = { workflowId, type, what: given.activityType?.name ?? 'workflow task' };
    this.#tasks.set(keyOf(given.taskToken), task);
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > KEPT_MAX && oldest !== undefined) this.#tasks.delete(oldest);
    return [momentOf(task, 'given')];
  }
}

const momentOf = ({ workflowId, type, what }: Task, verb: string): Moment => ({
  ...{ workflowId, type },
  name: `${what} ${verb}`,
});

const keyOf = (token: Uint8Array): string => Buffer.from(token).toString('base64');
