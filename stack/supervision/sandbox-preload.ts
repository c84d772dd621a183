/** Arguments of Node that enter the workflow sandbox without a thread a call. */
export const SANDBOX_PRELOAD = [
  '--import',
  new URL('../../runtime/sandbox-preload.ts', import.meta.url).href,
] as const;
