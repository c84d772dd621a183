import { NativeConnection, Worker } from '@temporalio/worker';
import { createLogger } from '../../../runtime/log.ts';
import { installRuntime } from '../../../runtime/temporal.ts';

/** `worker.ts <address> <bundle>`: a worker process that can meet workflow code without an end. */
const [, , address = '', codePath = ''] = process.argv;

installRuntime(createLogger({ name: 'endless', level: 'silent' }));
const connection = await NativeConnection.connect({ address });
const options = {
  ...{ connection, namespace: 'endless', taskQueue: 'endless', workflowBundle: { codePath } },
  // The SDK's own is 5 s, which a test has no patience for; its type leaves the option out.
  isolateExecutionTimeout: '300ms',
};
const worker = await Worker.create(options);
process.stdout.write(`polling ${process.pid}\n`);
await worker.run();
