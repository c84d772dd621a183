import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';

/**
 * A stopped process must not hold a buyer's row: whoever waits for a lock, runs a statement or sits
 * idle in a transaction for longer than this is cut off by the server (DESIGN.md 5, RULES.md 9).
 */
const LOCK_TIMEOUT_MS = 1_000;
const STATEMENT_TIMEOUT_MS = 2_000;
const IDLE_IN_TRANSACTION_MS = 2_000;
/** The server gives up on a peer that acknowledges nothing, such as a machine that vanished. */
const TCP_USER_TIMEOUT_MS = 2_000;
/**
 * Beyond what a statement may take: the server would have answered, if only with an error. On cores
 * that others had for seconds both ends were late, and healthy sessions went after two.
 */
const SILENCE_MS = 8_000;
/** A pool that is used up answers with an error while the buyer still waits. */
const CONNECT_TIMEOUT_MS = 2_000;
/** Deadlocks and serialisation failures are normal races: the loser runs again, briefly. */
const CLASH_ATTEMPTS = 4;
const CLASH_CODES = new Set(['40P01', '40001']);

const INT8_OID = 20;
pg.types.setTypeParser(INT8_OID, (text) => BigInt(text));

export interface PoolOptions {
  readonly url: string;
  readonly size: number;
  readonly applicationName: string;
  /** Reports connections that broke while idle; the pool replaces them. */
  readonly onError: (error: Error) => void;
  /** Milliseconds; for reports, migrations and checkers, which may read whole tables. */
  readonly statementTimeoutMs?: number;
  /** How long the server may say nothing beyond that; shorter only in tests. */
  readonly silenceMs?: number;
  /** Called at the start of each transaction; what it answers is called at the end. */
  readonly onTransaction?: TransactionObserver | undefined;
  /** Stops at the edges of each transaction; only runs of faults hand one in. */
  readonly onEdge?: TransactionEdge | undefined;
}

/** What it throws before the commit rolls back; after it, the outcome is unknown to the caller. */
export type TransactionEdge = (edge: 'begin' | 'commit' | 'committed') => Promise<void>;

export type TransactionObserver = () => (end: 'commit' | 'rollback' | 'lost') => void;

/** A pool whose sessions carry the time-outs of this project. Close it with `end()`. */
export function createPool(options: PoolOptions): pg.Pool {
  const statement = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    Client: clientOf(options),
    connectionString: options.url,
    max: options.size,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    options: [
      `-c lock_timeout=${LOCK_TIMEOUT_MS}`,
      `-c statement_timeout=${statement}`,
      `-c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_MS}`,
      `-c tcp_user_timeout=${TCP_USER_TIMEOUT_MS}`,
    ].join(' '),
  });
  pool.on('error', options.onError);
  // A connection that the server cuts off while it is checked out reports here, and again as the
  // failed query; without a listener the report alone would end the process.
  pool.on('connect', (client) => {
    client.on('error', options.onError);
    endWhenSilent(client, statement + (options.silenceMs ?? SILENCE_MS));
  });
  return pool;
}

/** What the driver has and its types leave out. */
interface Driver {
  readonly connection: { readonly stream: Socket };
  readonly readyForQuery: boolean;
}

/**
 * The server's own time-outs end what it knows of. Where a request or its answer was lost on a line
 * that stands, only this end can tell: the caller is told that the server is away, and the pool
 * makes another connection instead of keeping one that would never answer again.
 */
function endWhenSilent(client: pg.PoolClient, silentMs: number): void {
  const driver = client as unknown as Driver;
  const { stream } = driver.connection;
  stream.setTimeout(silentMs, () => {
    // A process that itself stood still has its timers before what came in meanwhile is read.
    const before = stream.bytesRead;
    setImmediate(() => {
      // An idle session is silent by right.
      if (driver.readyForQuery || stream.bytesRead !== before) return;
      stream.destroy(Object.assign(new Error('The database is silent'), { code: 'ETIMEDOUT' }));
    });
  });
}

function clientOf({ onTransaction, onEdge }: PoolOptions): typeof PreparingClient {
  const observing = onTransaction === undefined ? PreparingClient : observingClient(onTransaction);
  return onEdge === undefined ? observing : edgedClient(observing, onEdge);
}

/** Kysely over a pool. */
export function createDatabase<S>(pool: pg.Pool): Kysely<S> {
  return new Kysely<S>({ dialect: new PostgresDialect({ pool }) });
}

/**
 * Runs `work` in one READ COMMITTED transaction, again where it lost a race (deadlock). Nothing in
 * `work` may have an effect outside the database.
 */
export async function inTransaction<S, T>(
  db: Kysely<S>,
  work: (tx: Transaction<S>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt >= CLASH_ATTEMPTS || !CLASH_CODES.has(sqlState(error) ?? '')) throw error;
    }
  }
}

/** Sessions cut off, refused or ended by the server's own going down or coming up. */
const LOST_STATES = /^(08...|57P0[1-3]|53300)$/;
const LOST_SOCKETS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** The driver's own words, which carry no code. */
const LOST_WORDS = /^(Connection terminated|timeout exceeded when trying to connect)/;

/** True where the database could not be reached at all: the same call may work in a moment. */
export function isDatabaseAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return LOST_STATES.test(state);
  // By shape: a socket's error of another realm (a test's sandbox) is no `instanceof Error`.
  const { message, code, cause } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (typeof message !== 'string') return false;
  const lost = (code !== undefined && LOST_SOCKETS.has(code)) || LOST_WORDS.test(message);
  return lost || isDatabaseAway(cause);
}

/** The five-letter SQLSTATE of a PostgreSQL error, where it is one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** PostgreSQL truncates identifiers at 63 bytes; 32 hex digits are far from colliding. */
const STATEMENT_NAME_LENGTH = 32;
/** Lists of varying length make new texts; past this many, further ones are not prepared. */
const PREPARED_MAX = 500;
const statementNames = new Map<string, string>();

/** Compiled statements have stable texts, so a hash of the text names a prepared statement. */
function statementName(text: string): string | undefined {
  const known = statementNames.get(text);
  if (known !== undefined || statementNames.size >= PREPARED_MAX) return known;
  const name = createHash('sha256').update(text).digest('hex').slice(0, STATEMENT_NAME_LENGTH);
  statementNames.set(text, name);
  return name;
}

/** Statements with parameters are planned once per connection instead of at every call. */
class PreparingClient extends pg.Client {
  override query = ((text: unknown, ...rest: unknown[]): unknown => {
    const [values] = rest;
    const name =
      typeof text === 'string' && Array.isArray(values) ? statementName(text) : undefined;
    const run = super.query.bind(this) as (...all: unknown[]) => unknown;
    return name === undefined ? run(text, ...rest) : run({ name, text, values }, ...rest.slice(1));
  }) as pg.Client['query'];
}

/** The same with an eye on transactions; a class of its own, so that it costs nobody else. */
function observingClient(observe: TransactionObserver): typeof PreparingClient {
  return class extends PreparingClient {
    constructor(...config: ConstructorParameters<typeof PreparingClient>) {
      super(...config);
      const run = this.query as unknown as (...all: unknown[]) => unknown;
      let done: ReturnType<TransactionObserver> | undefined;
      const finish = (end: 'commit' | 'rollback' | 'lost'): void => {
        done?.(end);
        done = undefined;
      };
      this.once('end', () => finish('lost'));
      this.query = ((text: unknown, ...rest: unknown[]): unknown => {
        if (isBegin(text)) done = observe();
        const result = run(text, ...rest);
        if (text !== 'commit' && text !== 'rollback') return result;
        return Promise.resolve(result).then(
          (answer) => {
            finish(text);
            return answer;
          },
          (error: unknown) => {
            finish('lost');
            throw error;
          },
        );
      }) as pg.Client['query'];
    }
  };
}

/** Waits at the edges of each transaction for what a run of faults has to say. */
function edgedClient(
  Base: typeof PreparingClient,
  onEdge: TransactionEdge,
): typeof PreparingClient {
  return class extends Base {
    constructor(...config: ConstructorParameters<typeof PreparingClient>) {
      super(...config);
      const run = this.query as unknown as (...all: unknown[]) => unknown;
      this.query = ((text: unknown, ...rest: unknown[]): unknown => {
        if (isBegin(text)) return onEdge('begin').then(() => run(text, ...rest));
        if (text !== 'commit') return run(text, ...rest);
        const commit = async (): Promise<unknown> => {
          await onEdge('commit');
          const answer = await run(text, ...rest);
          await onEdge('committed');
          return answer;
        };
        return commit();
      }) as pg.Client['query'];
    }
  };
}

function isBegin(text: unknown): boolean {
  return typeof text === 'string' && /^(begin|start transaction)\b/.test(text);
}
