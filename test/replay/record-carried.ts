// Records what is missing among the histories of revisions and alerts:
// `npx node test/replay/record-carried.ts`.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CARRIED_SCENARIOS } from '../cp/carried-scenarios.ts';
import { startEngineStage } from '../cp/engine-stage.ts';
import { EXPORTER, IMPORTER, registerBoth } from '../cp/stage.ts';
import { startPullingWl } from '../support/pulling-wl.ts';
import { isKept, keepHistory } from './keep.ts';

const HOST = 'alerts.localhost';

const stage = await startEngineStage();
await registerBoth(stage.cp);
const exporter = await startPullingWl(stage.cp, EXPORTER);
const importer = await startPullingWl(stage.cp, IMPORTER);
const { key, cert } = await stage.cp.pki.issue({ dnsNames: [HOST] });
const hook = createServer({ key, cert }, (request, response) => {
  request.resume();
  response.writeHead(204).end();
});
hook.listen(0, '127.0.0.1');
await once(hook, 'listening');
const hookUrl = `https://${HOST}:${(hook.address() as AddressInfo).port}/`;
try {
  await Promise.all([exporter.pull(), importer.pull()]);
  for (const { golden, run } of CARRIED_SCENARIOS) {
    if (await isKept(golden)) continue;
    const workflowId = await run({ stage, exporter, importer, hookUrl });
    await keepHistory(stage.client.workflow.getHandle(workflowId), golden);
  }
} finally {
  hook.closeAllConnections();
  hook.close();
  await Promise.all([exporter.close(), importer.close()]);
  await stage.stop();
}
