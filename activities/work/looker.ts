import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from '../../runtime/log.ts';
import { LOOK } from '../../workflows/signal-dispatch/contract.ts';

/** Tells running workflows that their rows have changed. */
export interface Looker {
  /**
   * Does not wait. A workflow that does not hear of it finds out at its next look: the row is the
   * truth, and this is only haste.
   */
  look(workflowIds: readonly string[]): void;
  /** Resolves once everybody has been told or given up. */
  settle(): Promise<void>;
}

export interface LookerDeps {
  readonly client: () => Pick<Client, 'workflow'>;
  readonly log: Logger;
}

/** A recovered gateway has hundreds waiting; telling them must not crowd out starts. */
const SIGNALS_AT_ONCE = 8;

export function createLooker({ client, log }: LookerDeps): Looker {
  const telling = new Set<Promise<void>>();
  const tell = async (workflowId: string): Promise<void> => {
    try {
      await client().workflow.getHandle(workflowId).signal(LOOK);
    } catch (err) {
      // It has ended, or is about to be started by its order: either way it reads the row.
      if (err instanceof WorkflowNotFoundError) return;
      log.debug({ err, workflowId }, 'a workflow was not told to look');
    }
  };
  const tellAll = async (workflowIds: readonly string[]): Promise<void> => {
    const left = workflowIds.values();
    const lane = async (): Promise<void> => {
      for (const workflowId of left) await tell(workflowId);
    };
    await Promise.all(Array.from({ length: SIGNALS_AT_ONCE }, lane));
  };
  return {
    look(workflowIds) {
      if (workflowIds.length === 0) return;
      const work = tellAll(workflowIds).finally(() => telling.delete(work));
      telling.add(work);
    },
    async settle() {
      await Promise.all(telling);
    },
  };
}
