import { DBOS } from '@dbos-inc/dbos-sdk';
import { createSaga, need } from '../saga.ts';
import { serveApp } from './serve.ts';

/** DBOS as its documentation shows it; the buyer is answered when the row commits, as for ours. */
const saga = createSaga('dbos');
/** As every other pool here. */
const SYSTEM_POOL = 10;

DBOS.setConfig({
  name: 'bench',
  systemDatabaseUrl: need('DBOS_DATABASE_URL'),
  systemDatabasePoolSize: SYSTEM_POOL,
  logLevel: 'error',
  // A restarted process resumes what it left only where name and version are the same.
  applicationVersion: 'bench',
  executorID: 'bench',
});

const RETRY = { retriesAllowed: true, maxAttempts: 10, intervalSeconds: 1 };

async function buy(id: string): Promise<void> {
  await DBOS.runStep(() => saga.hold(id), { name: 'hold', ...RETRY });
  await DBOS.runStep(() => saga.debit(id), { name: 'debit', ...RETRY });
  await DBOS.runStep(() => saga.confirm(id), { name: 'confirm', ...RETRY });
  await DBOS.runStep(() => saga.settle(id), { name: 'settle', ...RETRY });
}
const workflow = DBOS.registerWorkflow(buy, { name: 'buy' });

await DBOS.launch();
serveApp(async (id) => {
  const settled = saga.settled(id);
  await DBOS.startWorkflow(workflow, { workflowID: id })(id);
  await settled;
});
