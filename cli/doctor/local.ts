import { Connection, type ConnectionLike } from '@temporalio/client';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { isMigrated, migrationNames } from '../../db/migrator.ts';
import { createPool } from '../../db/pool.ts';
import { WL_MIGRATIONS } from '../../db/wl/migrations.ts';
import { within } from '../../runtime/within.ts';
import { CP, PARTIES, WL_PARTIES, type Party } from '../../stack/parties.ts';
import { readPorts } from '../../stack/ports.ts';
import { CP_TASK_QUEUE } from '../../workflows/policy-revision/contract.ts';
import { PURCHASE_QUEUE } from '../../workflows/purchase/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { databasesOf, type PlaceOptions } from '../place.ts';
import type { Surroundings } from '../surroundings.ts';
import type { DatabaseFact, EngineFact, Facts, KeysFact, QueueFact } from './facts.ts';

// A database or an engine that is asked for its version and takes longer is not well.
const DATABASE_TIMEOUT_MS = 5_000;
const ENGINE_TIMEOUT_MS = 3_000;

type Local = Pick<Facts, 'databases' | 'engine' | 'queues'> & Pick<KeysFact, 'activated'>;

/** A Control Plane elsewhere shows its listener alone. */
export const NOTHING_LOCAL: Local = { databases: [], queues: [], activated: [] };

/** Databases and engine of the local stack, or of the servers that the environment names. */
export async function localFacts(around: Surroundings, options: PlaceOptions): Promise<Local> {
  const local = `127.0.0.1:${readPorts(around.env).temporal}`;
  const address = around.env['TEMPORAL_ADDRESS'] ?? local;
  const [databases, engine] = await Promise.all([
    databaseFacts(around, options),
    engineFacts(address),
  ]);
  return { ...databases, ...engine };
}

async function databaseFacts(
  around: Surroundings,
  options: PlaceOptions,
): Promise<Pick<Local, 'databases' | 'activated'>> {
  // Without a stack in that folder there is nothing to open.
  const urlOf = await databasesOf(around, options).catch(() => undefined);
  const seen = await Promise.all(PARTIES.map((party) => databaseFact(party, urlOf?.(party))));
  return {
    databases: seen.map(({ fact }) => fact),
    activated: seen.flatMap(({ activated }) => activated),
  };
}

interface Seen {
  readonly fact: DatabaseFact;
  readonly activated: KeysFact['activated'];
}

async function databaseFact(party: Party, url: string | undefined): Promise<Seen> {
  const name = party.database;
  const away: Seen = {
    fact: { name, isReached: false, missing: [], unknown: [] },
    activated: [],
  };
  if (url === undefined) return away;
  const pool = createPool({
    ...{ url, size: 1, applicationName: 'xwl-doctor', statementTimeoutMs: DATABASE_TIMEOUT_MS },
    // The failed query tells.
    onError: () => undefined,
  });
  const read = async (): Promise<Seen> => {
    const folder = party === CP ? CP_MIGRATIONS : WL_MIGRATIONS;
    const known = await migrationNames(folder);
    const { rows } = await pool.query<{ name: string }>('SELECT name FROM schema_migration');
    const applied = new Set(rows.map((row) => row.name));
    const missing = known.filter((file) => !applied.has(file));
    const isSame = await isMigrated((text) => pool.query(text), folder);
    const changed = missing.length === 0 && !isSame ? ['a migration in this text'] : [];
    const unknown = [...applied].filter((file) => !known.includes(file)).sort();
    const fact = { name, isReached: true, missing: [...missing, ...changed], unknown };
    return { fact, activated: party === CP && isSame ? await activatedKeys(pool) : [] };
  };
  try {
    return await within(DATABASE_TIMEOUT_MS, read());
  } catch {
    return away;
  } finally {
    await pool.end();
  }
}

async function activatedKeys(pool: ReturnType<typeof createPool>): Promise<KeysFact['activated']> {
  const { rows } = await pool.query<{ owner: string; at: Date }>(
    `SELECT coalesce(wl_id::text, 'control-plane') AS owner, activated_at AS at
     FROM signing_key WHERE state = 'CURRENT' AND activated_at IS NOT NULL`,
  );
  return rows;
}

const QUEUES = [
  { namespace: CP.namespace, queue: CP_TASK_QUEUE },
  ...WL_PARTIES.flatMap(({ namespace }) => [
    { namespace, queue: PURCHASE_QUEUE },
    { namespace, queue: BACKGROUND_QUEUE },
  ]),
].flatMap((one) => [
  { ...one, kind: 'workflow' as const, type: 1 },
  { ...one, kind: 'activity' as const, type: 2 },
]);

async function engineFacts(address: string): Promise<{ engine: EngineFact; queues: QueueFact[] }> {
  let connection: Connection | undefined;
  try {
    // Without the SDK's retries, of which one would go on behind a connection that is closed.
    const options = { address, connectTimeout: ENGINE_TIMEOUT_MS, interceptors: [] };
    const opened = await Connection.connect(options);
    connection = opened;
    const asked = opened.workflowService.getSystemInfo({});
    const { serverVersion } = await within(ENGINE_TIMEOUT_MS, asked);
    const queues = await Promise.all(QUEUES.map((queue) => queueFact(opened, queue)));
    return { engine: { address, version: serverVersion ?? 'of unknown version' }, queues };
  } catch {
    // Not there: the line of the engine says so, and its queues are not asked.
    return { engine: { address }, queues: [] };
  } finally {
    await connection?.close();
  }
}

async function queueFact(
  { workflowService }: ConnectionLike,
  { namespace, queue, kind, type }: (typeof QUEUES)[number],
): Promise<QueueFact> {
  const about = { namespace, queue, kind };
  const asked = workflowService.describeTaskQueue({
    ...{ namespace, taskQueue: { name: queue }, taskQueueType: type },
  });
  const told = await within(ENGINE_TIMEOUT_MS, asked).catch(() => undefined);
  return told === undefined ? about : { ...about, pollers: told.pollers?.length ?? 0 };
}
