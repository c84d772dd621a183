import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Sequencer from '@jest/test-sequencer';

/**
 * Jest goes by the size of a file where it has no times of a run before, as on a fresh clone. These
 * take a minute and more: one of them started last would leave a core idle for as long. Those that
 * compute (whole stacks) and those that wait (skipped time, deadlines) take turns, so that the cores
 * have something to do for as long as the run lasts.
 */
const LONGEST = [
  'console/console.test.ts',
  'cp/signals.test.ts',
  'cp/settlements/workflows.test.ts',
  'runbook/runbook.test.ts',
  'cp/alerts.test.ts',
  'purchase/ambiguity.test.ts',
  'stack/reset.test.ts',
  'cp/revisions.test.ts',
  'cp/workflows.test.ts',
  'telemetry/relay.test.ts',
  'cp/explain.test.ts',
  'cp/desk.test.ts',
  'stack/main.test.ts',
  'purchase/takeover.test.ts',
  'wl/reversal.test.ts',
  'cp/worker-killed.test.ts',
  'cp/ledgers.test.ts',
  'purchase/manual.test.ts',
  'runbook/fast-block.test.ts',
  'stack/compose-run.test.ts',
  'cp/signals-routes.test.ts',
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
