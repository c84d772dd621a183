import { openTemporal } from './temporal.ts';
import { serveApp } from './serve.ts';

/** Everything as a first attempt leaves it: the SDK's defaults, and the result is the answer. */
const taskQueue = 'bench-naive';
const { client } = await openTemporal('temporal-naive', { taskQueue });

serveApp((id) =>
  client.workflow.execute('naivePurchase', { workflowId: `naive/${id}`, taskQueue, args: [id] }),
);
