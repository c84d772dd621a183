import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Sequencer from '@jest/test-sequencer';

/**
 * Jest goes by the size of a file where it has no times of a run before, as on a fresh clone. These
 * take a minute and more: one of them started last would leave a core idle for as long.
 */
const LONGEST = [
  'console/console.test.ts',
  'runbook/runbook.test.ts',
  'cp/signals.test.ts',
  'stack/reset.test.ts',
  'telemetry/relay.test.ts',
  'cp/settlements/workflows.test.ts',
  'cp/worker-killed.test.ts',
  'cp/alerts.test.ts',
  'stack/main.test.ts',
  'purchase/takeover.test.ts',
  'purchase/ambiguity.test.ts',
  'cp/explain.test.ts',
  'cp/workflows.test.ts',
  'stack/compose-run.test.ts',
  'cp/ledgers.test.ts',
  'cp/revisions.test.ts',
].map((path) => fileURLToPath(new URL(`../${path}`, import.meta.url)));

const gone = LONGEST.filter((path) => !existsSync(path));
if (gone.length > 0)
  throw new Error(`named as the longest tests, but not there: ${gone.join(', ')}`);

export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const others = await super.sort(tests.filter(({ path }) => !LONGEST.includes(path)));
    const first = LONGEST.flatMap((path) => tests.filter((test) => test.path === path));
    return [...first, ...others];
  }
}
