import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { resetControlPlane } from '../db/cp/reset.ts';
import type { CpSchema } from '../db/cp/schema.ts';
import { createDatabase, createPool } from '../db/pool.ts';
import { resetWhiteLabel } from '../db/wl/reset.ts';
import type { WlTables } from '../db/wl/schema.ts';
import { StackError, messageOf } from './errors.ts';
import type { ResetScope } from './options.ts';
import { CP, PARTIES, WL_PARTIES } from './parties.ts';
import type { Party } from './parties.ts';

const POOL_SIZE = 1;
// TRUNCATE waits for nobody: no process of the stack runs while it is reset.
const STATEMENT_TIMEOUT_MS = 30_000;
const CALL_TIMEOUT_MS = 5_000;
const DELETED_WITHIN_MS = 20_000;
const POLL_MS = 200;
const NOT_FOUND = 5;

export function partiesOf(scopes: ReadonlySet<ResetScope>): readonly Party[] {
  return PARTIES.filter(({ slug }) => scopes.has(slug === 'cp' ? 'cp' : 'wl'));
}

/** Truncates the tables of the run book's steps 1 (cp) and 2 (wl), each with an audit row. */
export async function resetTables(
  scopes: ReadonlySet<ResetScope>,
  databaseUrl: (party: Party) => string,
): Promise<void> {
  const author = { actor: 'stack', source: 'reset', correlationId: randomUUID() };
  if (scopes.has('cp')) {
    await withPool(databaseUrl(CP), (pool) =>
      resetControlPlane(createDatabase<CpSchema>(pool), author),
    );
  }
  if (!scopes.has('wl')) return;
  for (const party of WL_PARTIES) {
    await withPool(databaseUrl(party), (pool) =>
      resetWhiteLabel(createDatabase<WlTables>(pool), author),
    );
  }
}

async function withPool(
  url: string,
  work: (pool: ReturnType<typeof createPool>) => Promise<void>,
): Promise<void> {
  const pool = createPool({
    ...{ url, size: POOL_SIZE, applicationName: 'reset', statementTimeoutMs: STATEMENT_TIMEOUT_MS },
    onError: (error) => void process.stderr.write(`reset: ${messageOf(error)}\n`),
  });
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}

/** All of the engine's data, which also mends a damaged file; the server must not run. */
export async function removeTemporalData(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => /^temporal-.*\.sqlite/.test(name));
  await Promise.all(files.map((name) => rm(join(dataDir, name), { force: true })));
}

/**
 * Deletes namespaces of the running server, which has to be restarted before they are used again:
 * one recreated under a running server accepts starts that are gone seconds later.
 */
export async function deleteNamespaces(
  address: string,
  namespaces: readonly string[],
): Promise<void> {
  const connection = Connection.lazy({ address });
  const call = <T>(request: () => Promise<T>): Promise<T> =>
    connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, request);
  try {
    for (const namespace of namespaces) {
      await call(() => connection.operatorService.deleteNamespace({ namespace })).catch(
        acceptMissing,
      );
      const deadline = Date.now() + DELETED_WITHIN_MS;
      const isThere = (): Promise<boolean> =>
        call(() => connection.workflowService.describeNamespace({ namespace })).then(
          () => true,
          (error: { code?: unknown }) => {
            acceptMissing(error);
            return false;
          },
        );
      while (await isThere()) {
        if (Date.now() > deadline) throw new Error(`namespace ${namespace} is still there`);
        await delay(POLL_MS);
      }
    }
  } finally {
    await connection.close();
  }
}

function acceptMissing(error: { code?: unknown }): void {
  if (error.code !== NOT_FOUND) throw error;
}

/** On a server that is not the stack's, deleting namespaces is its owner's business. */
export function refuseForeignEngine(address: string, parties: readonly Party[]): StackError {
  const names = parties.map(({ namespace }) => namespace);
  return new StackError({
    code: 'RESET_REFUSED',
    message: `The Temporal server at ${address} is not this stack's to reset.`,
    wayOut: [
      `Delete ${names.join(', ')} there: temporal operator namespace delete -n <name>`,
      'restart that server, and start without --reset; or unset TEMPORAL_ADDRESS.',
    ],
  });
}
