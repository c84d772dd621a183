import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { msOptionalToNumber } from '@temporalio/common/lib/time.js';
import type { Duration } from '@temporalio/common';
import type { Engine, StartRequest } from './engine.ts';
import { errorOf } from './failure.ts';

/** What our code hands to the client of the engine. */
interface Start {
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly args?: readonly unknown[];
  readonly workflowTaskTimeout?: Duration;
  readonly signal?: string;
}

export interface EngineClientOptions {
  readonly engine: () => Engine;
  /** Types that the double runs; a start of another is only noted. */
  readonly types: ReadonlySet<string>;
  /** Before the engine is asked, and after it has done so and before the asker knows. */
  readonly pass: (point: 'engine.ask' | 'engine.asked', label: string) => Promise<void>;
  /** A start of a type that the double does not run. */
  readonly onOther: (type: string) => Promise<void>;
}

/** The double behind the interface by which our code starts, wakes and updates workflows. */
export function engineClient(options: EngineClientOptions): Pick<Client, 'workflow'> {
  const { engine, types, pass, onOther } = options;
  const around = async <T>(label: string, work: () => T): Promise<T> => {
    await pass('engine.ask', label);
    const result = work();
    await pass('engine.asked', label);
    return result;
  };
  const workflow = {
    async start(type: string, start: Start) {
      if (!types.has(type)) return onOther(type);
      const isNew = await around(`start ${type}`, () => engine().start(requestOf(type, start)));
      if (isNew) return { workflowId: start.workflowId };
      const message = 'Workflow execution already started';
      throw new WorkflowExecutionAlreadyStartedError(message, start.workflowId, type);
    },
    async signalWithStart(type: string, start: Start) {
      if (!types.has(type)) return onOther(type);
      return around(`signal ${type}`, () => {
        engine().start(requestOf(type, start));
        engine().signal(start.workflowId, start.signal ?? '');
      });
    },
    getHandle: (workflowId: string) => ({
      async signal(name: string) {
        const isTold = await around(`signal ${name}`, () => engine().signal(workflowId, name));
        if (isTold) return;
        throw new WorkflowNotFoundError('no such workflow is open', workflowId, undefined);
      },
      async executeUpdate(name: string, { args = [] }: { readonly args?: readonly unknown[] }) {
        const response = await around(`update ${name}`, () =>
          engine().update(workflowId, name, args),
        );
        if (response === undefined) {
          throw new WorkflowNotFoundError('no such workflow is open', workflowId, undefined);
        }
        const { rejected, completed } = response;
        if (rejected != null) throw new WorkflowUpdateFailedError('refused', errorOf(rejected));
        return completed == null ? undefined : defaultPayloadConverter.fromPayload(completed);
      },
    }),
  };
  return { workflow } as unknown as Pick<Client, 'workflow'>;
}

function requestOf(workflowType: string, start: Start): StartRequest {
  const { workflowId, taskQueue, args = [] } = start;
  const taskTimeoutMs = msOptionalToNumber(start.workflowTaskTimeout);
  return {
    ...{ workflowId, workflowType, taskQueue, args },
    ...(taskTimeoutMs !== undefined && { taskTimeoutMs }),
  };
}
