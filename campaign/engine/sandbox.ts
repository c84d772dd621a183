import { readFile } from 'node:fs/promises';
import { TypedSearchAttributes } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { coresdk } from '@temporalio/proto';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

export type Job = coresdk.workflow_activation.IWorkflowActivationJob;
export type Command = coresdk.workflow_commands.IWorkflowCommand;

/** One call into workflow code, as the engine's history keeps it. */
export interface Activation {
  readonly atMs: number;
  readonly jobs: readonly Job[];
  readonly historyLength: number;
  readonly isReplaying: boolean;
  /** Of the SDK, as the first run used them. */
  readonly flags: readonly number[];
}

export interface Activated {
  readonly commands: readonly Command[];
  readonly flags: readonly number[];
}

/** One run's workflow code with its state, as a worker has it in its cache. */
export interface SandboxedRun {
  /** Throws where the workflow task fails, which an engine would try again for ever. */
  activate(activation: Activation): Promise<Activated>;
  dispose(): Promise<void>;
}

export interface RunFacts {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly startedAtMs: number;
}

/** Makes runs of the real workflow code on the real SDK's workflow side. */
export interface Sandbox {
  open(facts: RunFacts): Promise<SandboxedRun>;
}

/** The SDK's sandbox for a bundle; what is doubled is Core and the server around it, not this. */
export async function openSandbox(
  codePath: string,
  activities: ReadonlySet<string>,
): Promise<Sandbox> {
  // Its hooks trace every promise of the process for stack-trace queries, which nobody asks here.
  Reflect.set(globalHandlers, 'installed', true);
  const bundle = parseWorkflowCode(await readFile(codePath, 'utf8'), codePath);
  // No limit in time for a call: each would cost a watchdog's thread.
  const creator = await ReusableVMWorkflowCreator.create(
    bundle,
    undefined as never,
    new Set(activities),
  );
  return {
    async open(facts) {
      const { runId, startedAtMs } = facts;
      const started = new Date(startedAtMs);
      const run = await creator.createWorkflow({
        info: {
          ...facts,
          namespace: 'campaign',
          searchAttributes: {},
          typedSearchAttributes: new TypedSearchAttributes(),
          firstExecutionRunId: runId,
          originalExecutionRunId: runId,
          startTime: started,
          runStartTime: started,
          taskTimeoutMs: 1_000,
          attempt: 1,
          historyLength: 0,
          historySize: 0,
          continueAsNewSuggested: false,
          unsafe: { isReplaying: false },
        } as never,
        randomnessSeed: [...Buffer.from(runId)],
        now: startedAtMs,
        showStackTraceSources: false,
      });
      return {
        async activate({ atMs, jobs, historyLength, isReplaying, flags }) {
          const completion = await run.activate({
            runId,
            timestamp: msToTs(atMs),
            isReplaying,
            historyLength,
            jobs: [...jobs],
            availableInternalFlags: [...flags],
          } as never);
          const { successful, failed } = completion;
          if (failed != null)
            throw new Error(`a task of ${facts.workflowId} failed`, {
              cause: failed.failure?.message,
            });
          return {
            commands: successful?.commands ?? [],
            flags: successful?.usedInternalFlags ?? [],
          };
        },
        dispose: () => run.dispose(),
      };
    },
  };
}
