import { need } from '../saga.ts';
import { openTemporal } from './temporal.ts';
import { serveApp } from './serve.ts';

/** Everything as a first attempt leaves it: the SDK's defaults, and the result is the answer. */
const taskQueue = 'bench-naive';
const system = need('SYSTEM');
const { client } = await openTemporal(system, { taskQueue });

serveApp((id) =>
  client.workflow.execute('naivePurchase', {
    workflowId: `${system}/${id}`,
    taskQueue,
    args: [id],
  }),
);
