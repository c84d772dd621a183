import { Client, Connection } from '@temporalio/client';
import { WORKER_DEPLOYMENT } from '../../workers/compose/engine-link.ts';
import { messageOf } from '../errors.ts';
import { PARTIES } from '../parties.ts';
import { sleep } from './stage.ts';

/** The builds of all parties as the engine knows them. */
export interface Versions {
  /** In every namespace; waits until the build's workers poll. */
  makeCurrent(buildId: string): Promise<void>;
  /** Purchases of the importer that began on a build; all of them, or those still open. */
  countPurchases(buildId: string, which?: 'open'): Promise<number>;
  /** Open workflows that have to end on the build that they began on, in all namespaces. */
  countPinned(buildId: string): Promise<number>;
  /** Workflows of a type that were under way at a moment, in all namespaces. */
  countUnderWay(workflow: string, at: Date): Promise<number>;
  close(): Promise<void>;
}

// Six processes that start beside six others on two cores.
const CURRENT_WITHIN_MS = 180_000;
const POLL_MS = 250;
const OPEN = "ExecutionStatus='Running'";

export function openVersions(address: string): Versions {
  const connection = Connection.lazy({ address });
  const count = async (namespaces: readonly string[], query: string): Promise<number> => {
    const counts = await Promise.all(
      namespaces.map(async (namespace) => {
        const client = new Client({ connection, namespace });
        return (await client.workflow.count(query)).count;
      }),
    );
    return counts.reduce((sum, each) => sum + each, 0);
  };
  const all = PARTIES.map(({ namespace }) => namespace);
  return {
    async makeCurrent(buildId) {
      await Promise.all(all.map((namespace) => setCurrent(connection, namespace, buildId)));
    },
    countPurchases: (buildId, which) =>
      count(all, [versionIs(buildId), "WorkflowType='purchase'", ...open(which)].join(' AND ')),
    countPinned: (buildId) =>
      count(
        all,
        `${versionIs(buildId)} AND TemporalWorkflowVersioningBehavior='Pinned' AND ${OPEN}`,
      ),
    async countUnderWay(workflow, at) {
      const moment = at.toISOString();
      const begun = `WorkflowType='${workflow}' AND StartTime <= '${moment}'`;
      const ended = await count(all, `${begun} AND CloseTime > '${moment}'`);
      return ended + (await count(all, `${begun} AND ${OPEN}`));
    },
    close: () => connection.close(),
  };
}

const versionIs = (buildId: string): string =>
  `TemporalWorkerDeploymentVersion='${WORKER_DEPLOYMENT}:${buildId}'`;

const open = (which: 'open' | undefined): string[] => (which === undefined ? [] : [OPEN]);

/** A build is known once its workers poll, all of its queues before it may be current. */
async function setCurrent(
  connection: Connection,
  namespace: string,
  buildId: string,
): Promise<void> {
  const deadline = Date.now() + CURRENT_WITHIN_MS;
  for (;;) {
    try {
      await connection.workflowService.setWorkerDeploymentCurrentVersion({
        ...{ namespace, buildId, identity: 'drill' },
        deploymentName: WORKER_DEPLOYMENT,
      });
      return;
    } catch (error) {
      if (Date.now() < deadline) {
        await sleep(POLL_MS);
        continue;
      }
      const message = `build ${buildId} did not become current in ${namespace}`;
      throw new Error(`${message}: ${messageOf(error)}`, { cause: error });
    }
  }
}
