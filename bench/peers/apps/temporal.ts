import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import { createLogger } from '../../../runtime/log.ts';
import { connectTemporal, installRuntime } from '../../../runtime/temporal.ts';
import { createSaga, need, type Saga } from '../saga.ts';

/** A process with a client and a worker on one connection, as the gateway has them. */
export async function openTemporal(
  system: string,
  options: Partial<WorkerOptions> & { readonly taskQueue: string },
): Promise<{ readonly saga: Saga; readonly client: Client }> {
  const log = createLogger({ name: system, level: 'warn' });
  installRuntime(log);
  const saga = createSaga(system);
  const { connection, client, namespace } = await connectTemporal({
    address: need('TEMPORAL_ADDRESS'),
    namespace: need('TEMPORAL_NAMESPACE'),
    log,
  });
  const quiet = (): void => undefined;
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows.ts', import.meta.url)),
    logger: {
      ...{ log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet },
      error: (message) => void process.stderr.write(`${message}\n`),
    },
  });
  const { hold, debit, confirm, settle } = saga;
  const worker = await Worker.create({
    ...{ connection, namespace, workflowBundle },
    activities: { hold, debit, confirm, settle },
    ...options,
  });
  worker.run().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
  return { saga, client };
}
