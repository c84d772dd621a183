import type { Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { CP } from '../parties.ts';
import { sleep, type Stage } from './stage.ts';

const POOL_SIZE = 2;

/** Eyes on the Control Plane's database. */
export function openControlPlane({ stack }: Stage): Kysely<CpSchema> {
  return createDatabase<CpSchema>(
    createPool({
      url: stack.databaseUrl(CP),
      size: POOL_SIZE,
      applicationName: 'drill',
      // The server may be killed; whoever reads then gets the error.
      onError: () => undefined,
    }),
  );
}

/** Short against what is measured; the stamps come from the databases and not from here. */
const POLL_MS = 25;

/** Looks until there is something to see; fails with what was waited for. */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
    await sleep(POLL_MS);
  }
}
