import { PURCHASES_AT_ONCE, PURCHASE_WORKER } from '../../../workers/compose/purchase-worker.ts';
import { PURCHASE_TASK_TIMEOUT_MS } from '../../../workflows/purchase/contract.ts';
import { createAdmission } from '../../../runtime/admission.ts';
import { need } from '../saga.ts';
import { openTemporal } from './temporal.ts';
import { serveApp } from './serve.ts';

/** Half of the client's patience, as the gateway waits for half of its buyers'. */
const PATIENCE_MS = 2_500;

/** The gateway's shape with nothing around it: its worker settings, eager start, local steps. */
export async function serveBare(): Promise<void> {
  const system = need('SYSTEM');
  const taskQueue = `bench-${system}`;
  const { client, saga } = await openTemporal(system, { ...PURCHASE_WORKER, taskQueue });
  const admission = createAdmission(Number(process.env['AT_ONCE'] ?? PURCHASES_AT_ONCE));
  serveApp(async (id) => {
    const leave = await admission.enter(PATIENCE_MS);
    if (leave === undefined) throw new Error('no room in time');
    try {
      const settled = saga.settled(id);
      await client.workflow.start('barePurchase', {
        ...{ workflowId: `${system}/${id}`, taskQueue, args: [id] },
        workflowTaskTimeout: PURCHASE_TASK_TIMEOUT_MS,
        requestEagerStart: true,
      });
      await settled;
    } finally {
      leave();
    }
  });
}
