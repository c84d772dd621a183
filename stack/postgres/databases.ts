import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { MigrationChanged, migrate } from '../../db/migrator.ts';
import { WL_MIGRATIONS } from '../../db/wl/migrations.ts';
import { StackError, messageOf } from '../errors.ts';
import { PARTIES } from '../parties.ts';
import type { Party } from '../parties.ts';
import type { Environment } from '../ports.ts';

/** Databases of the user's own; all three or none, because the embedded server is one. */
export function ownDatabases(env: Environment): ((party: Party) => string) | undefined {
  const urls = PARTIES.map(({ databaseVariable }) => env[databaseVariable]?.trim() ?? '');
  if (urls.every((url) => url === '')) return undefined;
  const missing = PARTIES.filter((_party, index) => urls[index] === '');
  if (missing.length > 0) {
    throw new StackError({
      code: 'OPTION_UNKNOWN',
      message: `${missing.map(({ databaseVariable }) => databaseVariable).join(', ')} is not set.`,
      wayOut: ['Set all of the three DATABASE_URL_… variables, or none for the embedded server.'],
    });
  }
  return (party) => urls[PARTIES.indexOf(party)] ?? '';
}

/** The names of the migrations that were applied now. */
export async function migrateAll(databaseUrl: (party: Party) => string): Promise<string[]> {
  const applied: string[] = [];
  for (const party of PARTIES) {
    const folder = party.slug === 'cp' ? CP_MIGRATIONS : WL_MIGRATIONS;
    const names = await migrate(databaseUrl(party), folder).catch((error: unknown) => {
      throw notMigrated(party, error);
    });
    applied.push(...names.map((name) => `${party.database}/${name}`));
  }
  return applied;
}

function notMigrated(party: Party, error: unknown): StackError {
  const cause = (error as Error).cause;
  const details = [messageOf(error), ...(cause === undefined ? [] : [messageOf(cause)])];
  const facts = { details, cause: error };
  if (error instanceof MigrationChanged) {
    return new StackError({
      ...facts,
      code: 'DATA_FOLDER_CORRUPT',
      message: `The database ${party.database} was made by other code than this.`,
      wayOut: ['Run the code that made it, or choose a new folder: DATA_DIR=.data-2 npm start'],
    });
  }
  return new StackError({
    ...facts,
    code: 'STEP_FAILED',
    message: `The database ${party.database} can't be migrated.`,
    wayOut: [`Check ${party.databaseVariable} where it is set; else move the data folder away.`],
  });
}

// The pool gives up on a connection after 2 s, because a buyer waits behind it. Nobody waits here,
// and a machine that starts everything at once may take longer than that.
const ATTEMPTS = 5;
const CONNECTION_TROUBLE = /timeout|ECONNREFUSED|starting up/i;

/** Runs what may be repeated again where it got no connection. */
export async function patiently(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ATTEMPTS || !CONNECTION_TROUBLE.test(messageOf(error))) throw error;
    }
  }
}
