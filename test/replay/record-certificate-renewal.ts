// Records what is missing of the renewal of certificates:
// `npx node test/replay/record-certificate-renewal.ts`.
import { mkdir, rm } from 'node:fs/promises';
import { nextFile } from '../../runtime/tls.ts';
import { startRenewalBench, type RenewalBench } from '../wl/certificate-renewal-bench.ts';
import { VERSION } from './histories.ts';
import { isKept, keepHistory } from './keep.ts';

async function record(
  bench: RenewalBench,
  path: string,
  party: Pick<RenewalBench, 'run'> = bench,
): Promise<void> {
  const name = `certificate-renewal/${VERSION}/${path}`;
  if (await isKept(name)) return;
  const { workflowId } = await party.run();
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
  await bench.own.age(50);
  await record(bench, 'own.renewed', bench.own);
  await bench.own.age(50);
  await bench.own.tls.look();
  await bench.controlPlane.kill();
  await record(bench, 'own.stuck', bench.own);
} finally {
  await bench.stop();
}
