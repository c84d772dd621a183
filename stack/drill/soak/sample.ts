import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { sql, type Kysely } from 'kysely';
import { readIfThere } from '../../../bench/cpu.ts';
import { outboxLag } from '../../../db/wl/outbox.ts';
import type { WlTables } from '../../../db/wl/schema.ts';
import { PARTIES } from '../../parties.ts';
import type { Stage } from '../stage.ts';

/** What one look at the running stack saw. Sizes in MB. */
export interface Sample {
  /** Since the buyers began. */
  readonly minutes: number;
  /** Memory that is a process's own; what PostgreSQL's sessions share is counted for none. */
  readonly memory: Readonly<Record<string, number>>;
  /** Sessions at PostgreSQL, the drill's own left out. */
  readonly connections: number;
  /** Of all databases, and of the engine's. */
  readonly tables: number;
  readonly engine: number;
  /** Seconds that the oldest event of either white label has waited, and how many wait. */
  readonly lagSeconds: number;
  readonly unsent: number;
  /** Events of the longest history among the workflows that never end. */
  readonly longestHistory: number;
}

const BYTES_PER_MB = 1_048_576;
const KB_PER_MB = 1_024;
// Purchases come and go; what is looked at is what goes on for ever.
const LONG_LIVED = "ExecutionStatus = 'Running' AND WorkflowType != 'purchase'";
// A stack has a handful of them; more would be a finding of its own.
const LONG_LIVED_MAX = 50;

export interface Sampler {
  take(minutes: number): Promise<Sample>;
  close(): Promise<void>;
}

export function openSampler(stage: Stage): Sampler {
  const connection = Connection.lazy({ address: stage.stack.temporal.address });
  const clients = [...new Set(PARTIES.map(({ namespace }) => namespace))].map(
    (namespace) => new Client({ connection, namespace }),
  );
  return {
    async take(minutes) {
      const lags = await Promise.all([outboxLag(stage.importer), outboxLag(stage.exporter)]);
      const lengths = await Promise.all(clients.map(longestHistory));
      return {
        minutes,
        memory: memoryOf(stage),
        ...(await serverFigures(stage.importer)),
        engine: folderSize(join(stage.dataDir, 'temporal')),
        lagSeconds: Math.max(...lags.map(({ lagSeconds }) => lagSeconds)),
        unsent: lags.reduce((sum, { unsent }) => sum + unsent, 0),
        longestHistory: Math.max(...lengths),
      };
    },
    close: () => connection.close(),
  };
}

async function longestHistory(client: Client): Promise<number> {
  let longest = 0;
  let seen = 0;
  for await (const { workflowId } of client.workflow.list({ query: LONG_LIVED })) {
    seen += 1;
    if (seen > LONG_LIVED_MAX) break;
    // A list does not know how long a history is that goes on.
    const { historyLength } = await client.workflow.getHandle(workflowId).describe();
    longest = Math.max(longest, historyLength);
  }
  return longest;
}

/** Both figures are of the whole server, which all parties of a local stack share. */
async function serverFigures(db: Kysely<WlTables>) {
  const { rows } = await sql<{ connections: number; bytes: number }>`
    SELECT (SELECT count(*)::int FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND application_name <> 'drill') AS connections,
           (SELECT sum(pg_database_size(oid))::float8 FROM pg_database) AS bytes`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the server answered without a row');
  return { connections: row.connections, tables: row.bytes / BYTES_PER_MB };
}

function memoryOf({ stack }: Stage): Record<string, number> {
  const { supervisor } = stack;
  const parents = parentsOfAll();
  const memory: Record<string, number> = {};
  for (const name of supervisor.names()) {
    const pid = supervisor.pid(name);
    if (pid === undefined) continue;
    const own = [...parents].filter(([child, parent]) => child === pid || parent === pid);
    memory[name] = own.reduce((sum, [child]) => sum + anonymousMb(child), 0);
  }
  return memory;
}

function parentsOfAll(): ReadonlyMap<number, number> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.map((pid) => [Number(pid), field(Number(pid), 'PPid')]));
}

/** Without files and shared memory, which all sessions of a server count once more. */
const anonymousMb = (pid: number): number => field(pid, 'RssAnon') / KB_PER_MB;

function field(pid: number, name: string): number {
  const text = readIfThere(`/proc/${pid}/status`) ?? '';
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

function folderSize(folder: string): number {
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  return sizes.reduce((sum, size) => sum + size, 0) / BYTES_PER_MB;
}
