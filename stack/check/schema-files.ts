import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { WL_MIGRATIONS } from '../../db/wl/migrations.ts';
import { startPostgres } from '../postgres/postgres.ts';
import { dumpSchema } from './schema-dump.ts';

/** A file in the repository that the code makes; `path` is relative to its root. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Applies the migrations to scratch databases of a server of its own, and reads them back. */
export async function schemaFiles(): Promise<GeneratedFile[]> {
  const folder = await mkdtemp(join(tmpdir(), 'xpory-schema-'));
  // As root the server runs under its own account, which has to get in.
  await chmod(folder, 0o755);
  const databases = ['cp', 'wl'];
  const options = { dataDir: join(folder, 'data'), port: await freePort(), databases };
  const server = await startPostgres({ ...options, fsync: false }).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  try {
    return [
      { path: 'db/schema/cp.sql', content: await dumpSchema(server.urlFor('cp'), CP_MIGRATIONS) },
      { path: 'db/schema/wl.sql', content: await dumpSchema(server.urlFor('wl'), WL_MIGRATIONS) },
    ];
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
