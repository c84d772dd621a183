import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { pino } from 'pino';
import { installRuntime } from '../../runtime/temporal.ts';
import { workflowOf, workflowsOf, type StoredHistory } from './histories.ts';

const SILENT = pino({ level: 'silent' });

/** Where a party's workflow code lies: this build's, or another's. */
export type BundleOf = (party: 'wl' | 'cp') => Promise<{ readonly codePath: string }>;

/** What differs from a build, by name; nothing where all of them replay. */
export async function replay(
  histories: readonly StoredHistory[],
  bundleOf: BundleOf,
): Promise<Record<string, string>> {
  installRuntime(SILENT);
  const failures: Record<string, string> = {};
  for (const party of ['wl', 'cp'] as const) {
    const workflows = new Set(await workflowsOf(party));
    const own = histories.filter((history) => workflows.has(workflowOf(history)));
    if (own.length > 0) Object.assign(failures, await replayOf(await bundleOf(party), own));
  }
  return failures;
}

async function replayOf(
  workflowBundle: { readonly codePath: string },
  histories: readonly StoredHistory[],
): Promise<Record<string, string>> {
  // Its default leaves a promise hook in this thread, which kills other tests' cryptography.
  const options: ReplayWorkerOptions & { debugMode: boolean } = {
    workflowBundle,
    debugMode: false,
  };
  const named = histories.map(({ name, history }) => ({ workflowId: name, history }));
  const failures: Record<string, string> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories(options, named)) {
    if (error !== undefined) failures[workflowId] = String(error);
  }
  return failures;
}
