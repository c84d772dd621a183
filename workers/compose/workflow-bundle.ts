import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from '../../runtime/log.ts';

/** The bundle entries: one a party, because a party's worker knows no other's workflows. */
export const BUNDLE_ENTRIES = {
  cp: fileURLToPath(new URL('../../workflows/cp.ts', import.meta.url)),
  wl: fileURLToPath(new URL('../../workflows/wl.ts', import.meta.url)),
} as const;

/** They stand in every bundle, because a prebuilt one does not know who will run it. */
export const BUNDLE_INTERCEPTORS = [
  fileURLToPath(new URL('../../workflows/shared/trace.ts', import.meta.url)),
];

/** A prebuilt bundle where the environment names one, else one that is built now (1-2.5 s). */
export async function workflowBundle(
  party: keyof typeof BUNDLE_ENTRIES,
  codePath: string | undefined,
  log: Logger,
): Promise<NonNullable<WorkerOptions['workflowBundle']>> {
  if (codePath !== undefined) return { codePath };
  const child = log.child({ component: 'bundle' });
  const { code } = await bundleWorkflowCode({
    workflowsPath: BUNDLE_ENTRIES[party],
    workflowInterceptorModules: BUNDLE_INTERCEPTORS,
    logger: {
      log: (level, message) => child.debug({ level }, message),
      trace: (message) => child.trace(message),
      debug: (message) => child.debug(message),
      info: (message) => child.debug(message),
      warn: (message) => child.warn(message),
      error: (message) => child.error(message),
    },
  });
  return { code };
}
