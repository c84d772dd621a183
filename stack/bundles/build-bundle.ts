import { bundleWorkflowCode } from '@temporalio/worker';
import { BUNDLE_ENTRIES, BUNDLE_INTERCEPTORS } from '../../workers/compose/workflow-bundle.ts';
import { writeFileWhole } from '../folders.ts';

/** `node stack/bundles/build-bundle.ts cp|wl FILE`: a process of its own, for its memory and its CPU. */

const [party, target] = process.argv.slice(2);
if ((party !== 'cp' && party !== 'wl') || target === undefined) {
  process.stderr.write('usage: node stack/bundles/build-bundle.ts cp|wl FILE\n');
  process.exit(2);
}
const quiet = (): void => undefined;
const { code } = await bundleWorkflowCode({
  workflowsPath: BUNDLE_ENTRIES[party],
  workflowInterceptorModules: BUNDLE_INTERCEPTORS,
  logger: {
    ...{ log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet },
    error: (message) => void process.stderr.write(`${message}\n`),
  },
});
await writeFileWhole(target, code, { mode: 0o644 });
