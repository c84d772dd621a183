// Records what is missing of the renewal of certificates:
// `npx node test/replay/record-certificate-renewal.ts`.
import { mkdir, rm } from 'node:fs/promises';
import { nextFile } from '../../runtime/tls.ts';
import { startRenewalBench, type RenewalBench } from '../wl/certificate-renewal-bench.ts';
import { VERSION } from './histories.ts';
import { isKept, keepHistory } from './keep.ts';

async function record(bench: RenewalBench, path: string): Promise<void> {
  const name = `certificate-renewal/${VERSION}/${path}`;
  if (await isKept(name)) return;
  const { workflowId } = await bench.run();
  await keepHistory(bench.client.workflow.getHandle(workflowId), name);
}

const bench = await startRenewalBench();
try {
  await record(bench, 'not-due');
  await bench.age(50);
  await mkdir(nextFile(bench.files.keyFile));
  await record(bench, 'stuck');
  await rm(nextFile(bench.files.keyFile), { recursive: true });
  await record(bench, 'renewed');
} finally {
  await bench.stop();
}
