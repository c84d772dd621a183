import { watchUnstarted } from '../../activities/upkeep/unstarted-watch.ts';
import type { ProcessParts } from './process.ts';
import type { WlNode } from './wl-node.ts';

/** In every process that can run purchases: whichever is left starts what another has not. */
export function startUnstartedWatch(
  { database: { db }, starter }: Pick<WlNode, 'database' | 'starter'>,
  { log, shutdown }: Pick<ProcessParts, 'log' | 'shutdown'>,
): void {
  const stopping = new AbortController();
  const watching = watchUnstarted({ db, starter, log, signal: stopping.signal });
  shutdown.add('watch of unstarted purchases', async () => {
    stopping.abort();
    await watching;
  });
}
