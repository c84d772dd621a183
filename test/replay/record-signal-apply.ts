// Records what is missing of a signal's rest at a white label:
// `npx node test/replay/record-signal-apply.ts`.
import { startSignalApply } from '../../activities/signal-apply/starter.ts';
import { OFFERS_AT_ONCE } from '../../db/wl/signals.ts';
import { signalApplyId } from '../../workflows/signal-apply/contract.ts';
import { startSignalApplyBench, type SignalApplyBench } from '../wl/signal-apply-bench.ts';
import { importMany, signalOf } from '../wl/signal-stage.ts';
import { VERSION } from './histories.ts';
import { isKept, keepHistory } from './keep.ts';

async function run(bench: SignalApplyBench): Promise<void> {
  await importMany(bench.stage, 'importer', OFFERS_AT_ONCE + 1);
  const [older, newer] = [signalOf(1, 'DISABLE'), signalOf(2, 'ENABLE')];
  for (const signal of [older, newer]) await bench.stage.send('importer', signal);
  bench.loseAcks(1);
  // The older one first: alone it finds that the newer has taken over.
  const handles = {
    superseded: bench.client.workflow.getHandle(signalApplyId(older.id)),
    acked: bench.client.workflow.getHandle(signalApplyId(newer.id)),
  };
  await handles.acked.terminate('recorded after the older one');
  const worker = await bench.startWorker();
  await handles.superseded.result();
  const { client } = bench;
  await startSignalApply(client, newer.id);
  await client.workflow.getHandle(signalApplyId(newer.id)).result();
  await worker.stop();
  for (const path of ['acked', 'superseded'] as const) {
    const name = `signal-apply/${VERSION}/${path}`;
    if (!(await isKept(name))) await keepHistory(handles[path], name);
  }
}

const bench = await startSignalApplyBench();
try {
  await run(bench);
} finally {
  await bench.stop();
}
