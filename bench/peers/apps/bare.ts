import { PURCHASE_WORKER } from '../../../workers/compose/purchase-worker.ts';
import { PURCHASE_TASK_TIMEOUT_MS } from '../../../workflows/purchase/contract.ts';
import { openTemporal } from './temporal.ts';
import { serveApp } from './serve.ts';

/** The gateway's shape with nothing around it: its worker settings, eager start, local steps. */
export async function serveBare(system: 'ours-bare' | 'ours-timeout'): Promise<void> {
  const taskQueue = `bench-${system}`;
  const { client, saga } = await openTemporal(system, { ...PURCHASE_WORKER, taskQueue });
  serveApp(async (id) => {
    const settled = saga.settled(id);
    await client.workflow.start('barePurchase', {
      ...{ workflowId: `${system}/${id}`, taskQueue, args: [id] },
      workflowTaskTimeout: PURCHASE_TASK_TIMEOUT_MS,
      requestEagerStart: true,
    });
    await settled;
  });
}
