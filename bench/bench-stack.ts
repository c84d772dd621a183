import { readFileSync } from 'node:fs';
import type { Kysely } from 'kysely';
import { createDatabase, createPool } from '../db/pool.ts';
import type { WlTables } from '../db/wl/schema.ts';
import { messageOf } from '../stack/errors.ts';
import { EXPORTER, IMPORTER, type WlParty } from '../stack/parties.ts';
import { createProgress } from '../stack/progress.ts';
import { register } from '../stack/register.ts';
import { startStack, type Stack } from '../stack/stack.ts';
import { createBuyer, createBuyerAgent } from './buyer.ts';
import type { Answer } from './load.ts';
import { openMarket, type Market, type Purchase } from './market.ts';
import { findPorts } from './ports.ts';
import type { Books } from './verify.ts';

/** Of what the processes wrote; shown where something was wrong. */
const LAST_LINES = 60;
const CHECK_POOL = 2;
/** Whole tables are read and summed in one statement. */
const CHECK_TIMEOUT_MS = 60_000;

export interface StackSetting {
  readonly dataDir: string;
  /** The last lines that the processes wrote. */
  readonly lines: string[];
  readonly signal: AbortSignal;
  /** Beside what every stack of a benchmark is told. */
  readonly env?: Readonly<Record<string, string>>;
  /** Undone in reverse order at the end. */
  readonly closing: (() => Promise<unknown>)[];
}

/** A whole stack of its own, with deep stock, deep funds and buyers of its own. */
export interface BenchStack {
  readonly stack: Stack;
  readonly books: Books;
  readonly market: Market;
  buyAt(base: string): (purchase: Purchase) => Promise<Answer>;
}

export async function openBenchStack(setting: StackSetting): Promise<BenchStack> {
  const { closing } = setting;
  const stack = await openStack(setting);
  await register(stack, () => undefined);
  const open = (party: WlParty): Kysely<WlTables> => {
    const pool = createPool({
      url: stack.databaseUrl(party),
      size: CHECK_POOL,
      applicationName: 'bench',
      statementTimeoutMs: CHECK_TIMEOUT_MS,
      onError: (error) => setting.lines.push(`bench: ${messageOf(error)}`),
    });
    closing.push(() => pool.end());
    return createDatabase<WlTables>(pool);
  };
  const books = { exporter: open(EXPORTER), importer: open(IMPORTER) };
  const market = await openMarket(stack, books.exporter);
  const agent = createBuyerAgent(readFileSync(stack.pki.caPath, 'utf8'));
  closing.push(() => agent.destroy());
  return { stack, books, market, buyAt: (base) => createBuyer(agent, base) };
}

async function openStack({ dataDir, lines, signal, closing, env }: StackSetting): Promise<Stack> {
  const progress = createProgress({
    write: (text) => void process.stdout.write(text),
    isTerminal: process.stdout.isTTY,
    ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
  });
  const starting = startStack({
    env: { ...stackEnvironment(), ...env },
    dataDir,
    ports: await findPorts(),
    progress,
    log(line) {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
    },
    onFatal: (error) => void process.stderr.write(`${messageOf(error)}\n`),
    signal,
  });
  // A start that failed has stopped everything, and its error is told where it is awaited.
  closing.push(() =>
    starting.then(
      (stack) => stack.stop(),
      () => undefined,
    ),
  );
  return starting;
}

/** The user's own servers and addresses are not what this measures. */
const NOT_OURS = /^(?:DATABASE_URL|TEMPORAL_ADDRESS|CP_|EXPORTER_|IMPORTER_)/;

function stackEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !NOT_OURS.test(name));
  // As docker compose has it, where load is carried.
  return { LOG_LEVEL: 'warn', WORKFLOW_STACK_TRACES: 'off', ...Object.fromEntries(own) };
}
