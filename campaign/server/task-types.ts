import proto from '@temporalio/proto';

const { PollWorkflowTaskQueueResponse, RespondWorkflowTaskCompletedRequest } =
  proto.temporal.api.workflowservice.v1;

/** Tasks that a process has and has not answered: few, because a worker runs 16 at once. */
const KEPT_MAX = 200;

export interface TaskSeen {
  readonly type: string;
  readonly workflowId: string;
  /** The whole history came with it: the worker has not got the run in its memory. */
  readonly isWhole: boolean;
}

/** Which workflow a task on the wire is of: its completion names only the token. */
export function createTaskTypes(): {
  /** Undefined where it is no task. */
  learn(method: string, response: Buffer): TaskSeen | undefined;
  completed(method: string, request: Buffer): string | undefined;
} {
  const types = new Map<string, string>();
  return {
    learn(method, response) {
      if (method !== 'PollWorkflowTaskQueue' || response.length === 0) return undefined;
      const task = PollWorkflowTaskQueueResponse.decode(response);
      const type = task.workflowType?.name;
      const workflowId = task.workflowExecution?.workflowId;
      if (type == null || workflowId == null) return undefined;
      types.set(Buffer.from(task.taskToken).toString('base64'), type);
      const [oldest] = types.keys();
      if (types.size > KEPT_MAX && oldest !== undefined) types.delete(oldest);
      const isWhole = Number(task.history?.events?.[0]?.eventId ?? 0) === 1;
      return { type, workflowId, isWhole: isWhole && Number(task.previousStartedEventId) > 0 };
    },
    completed(method, request) {
      if (method !== 'RespondWorkflowTaskCompleted') return undefined;
      const { taskToken } = RespondWorkflowTaskCompletedRequest.decode(request);
      const token = Buffer.from(taskToken).toString('base64');
      const type = types.get(token);
      types.delete(token);
      return type;
    },
  };
}
