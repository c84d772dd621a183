import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ownDatabases } from '../stack/postgres/databases.ts';
import { SUPERUSER } from '../stack/postgres/postgres-cluster.ts';
import { readPorts } from '../stack/ports.ts';
import type { Party } from '../stack/parties.ts';
import { CommandError, EXIT } from './exit.ts';
import type { Surroundings } from './surroundings.ts';

/** The option of every command that looks into the local stack. */
export const DATA_DIR = [
  '--data-dir <folder>',
  'folder of the local stack (DATA_DIR, else .data)',
] as const;

export interface PlaceOptions {
  readonly dataDir?: string;
}

/** Folder of the local stack. */
export function dataDirOf({ env }: Pick<Surroundings, 'env'>, options: PlaceOptions = {}): string {
  return resolve(options.dataDir ?? env['DATA_DIR'] ?? '.data');
}

/** The three DATABASE_URL_… variables, else the databases of the stack in that folder. */
export async function databasesOf(
  around: Pick<Surroundings, 'env'>,
  options: PlaceOptions,
): Promise<(party: Party) => string> {
  const own = ownDatabases(around.env);
  if (own !== undefined) return own;
  const path = join(dataDirOf(around, options), 'postgres', 'password');
  const password = await readFile(path, 'utf8').catch((error: unknown) => {
    const way = 'name the folder of a stack (--data-dir), or set the DATABASE_URL_… variables';
    throw new CommandError(EXIT.usage, `${path} can't be read: ${way}`, error);
  });
  const { postgres: port } = readPorts(around.env);
  return ({ database }) =>
    `postgres://${SUPERUSER}:${password.trim()}@127.0.0.1:${port}/${database}`;
}

/** The CA of the local stack where it is there. */
export async function localCa(
  around: Pick<Surroundings, 'env'>,
  options: PlaceOptions = {},
): Promise<string | undefined> {
  const path = join(dataDirOf(around, options), 'pki', 'ca.crt');
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere ? path : undefined;
}
