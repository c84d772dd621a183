import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { callJson, createAgent } from '../../activities/clients/agent.ts';
import { holderOf } from '../../stack/supervision/lock.ts';
import { localPlaces, processFact } from '../doctor/examine.ts';
import type { ProcessFact } from '../doctor/facts.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { renderRows, type Column } from '../output/table.ts';
import { DATA_DIR, dataDirOf, localCa, type PlaceOptions } from '../place.ts';
import type { Surroundings } from '../surroundings.ts';
import { readFile } from 'node:fs/promises';
import { JSON_OUTPUT, writeJson, type Run } from './command.ts';

interface Options extends PlaceOptions {
  readonly json?: boolean;
}

const START = fileURLToPath(new URL('../../stack/start.js', import.meta.url));
// A first start fetches an engine and makes a database; later ones take 10 to 20 s.
const START_LIMIT_MS = 300_000;
// It stops within 10 s, or its watchdog does it.
const STOP_LIMIT_MS = 30_000;
const POLL_MS = 250;
const CALL_TIMEOUT_MS = 2_000;
const CONNECTIONS = 2;

const COLUMNS: readonly Column[] = [
  ['process', 'name'],
  ['state', 'state'],
  ['at', 'url'],
  ['failing', 'failing'],
];

/** `xwl stack …` */
export function addStack(program: Command, run: Run): void {
  const stack = program.command('stack').description('the local stack of this machine');
  stack
    .command('start')
    .description('starts it in the background and waits until it is ready')
    .option(...DATA_DIR)
    .action(run(start));
  stack
    .command('stop')
    .description('stops all of it')
    .option(...DATA_DIR)
    .action(run(stop));
  stack
    .command('status')
    .description('whether it runs, and each of its processes')
    .option(...DATA_DIR)
    .option(...JSON_OUTPUT)
    .action(run(status));
}

async function start(around: Surroundings, options: Options): Promise<ExitCode> {
  const dataDir = dataDirOf(around, options);
  const holder = await holderOf(dataDir);
  if (holder !== undefined) {
    around.write(`it runs already: process ${holder} on ${dataDir}\n`);
    return EXIT.ok;
  }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', START], {
    env: { ...around.env, DATA_DIR: dataDir },
    // It outlives this command; what it says is in stack.log.
    detached: true,
    stdio: 'ignore',
  });
  child.unref();
  around.complain(`starting on ${dataDir}\n`);
  const isReady = await until(START_LIMIT_MS, async () => {
    if (child.exitCode !== null) {
      throw new CommandError(EXIT.failed, `it ended while starting: see ${dataDir}/stack.log`);
    }
    const facts = await processes(around, options);
    return facts.every(({ state }) => state === 'READY');
  });
  if (!isReady) throw new CommandError(EXIT.failed, `not ready yet: see ${dataDir}/stack.log`);
  around.write(`ready: process ${child.pid} on ${dataDir}\n`);
  return EXIT.ok;
}

async function stop(around: Surroundings, options: Options): Promise<ExitCode> {
  const dataDir = dataDirOf(around, options);
  const holder = await holderOf(dataDir);
  if (holder === undefined) {
    around.write(`no stack runs on ${dataDir}\n`);
    return EXIT.ok;
  }
  process.kill(holder, 'SIGTERM');
  const isGone = await until(STOP_LIMIT_MS, async () => (await holderOf(dataDir)) === undefined);
  if (!isGone) throw new CommandError(EXIT.failed, `process ${holder} is still stopping`);
  around.write(`stopped: process ${holder} on ${dataDir}\n`);
  return EXIT.ok;
}

async function status(around: Surroundings, options: Options): Promise<ExitCode> {
  const dataDir = dataDirOf(around, options);
  const holder = await holderOf(dataDir);
  const facts = await processes(around, options);
  const isRunning = facts.every(({ state }) => state === 'READY');
  if (options.json === true) {
    writeJson(around, { dataDir, pid: holder ?? null, ready: isRunning, processes: facts });
  } else {
    const what = holder === undefined ? 'no stack runs' : `process ${holder} runs`;
    around.write(`${what} on ${dataDir}\n${renderRows(around, COLUMNS, facts.map(rowOf))}`);
  }
  return isRunning ? EXIT.ok : EXIT.failed;
}

function rowOf(fact: ProcessFact) {
  return { ...fact, state: fact.state.toLowerCase().replace('_', ' ') };
}

async function processes(around: Surroundings, options: Options): Promise<ProcessFact[]> {
  const caFile = await localCa(around, options);
  const agent = createAgent({
    tls: { ca: caFile === undefined ? '' : await readFile(caFile, 'utf8'), cert: '', key: '' },
    connections: CONNECTIONS,
  });
  const call = { agent, method: 'GET', timeoutMs: CALL_TIMEOUT_MS } as const;
  try {
    return await Promise.all(
      localPlaces(around).map((place) =>
        // Nobody there is what the row says then.
        processFact(place, (url) => callJson({ ...call, url }).catch(() => undefined)),
      ),
    );
  } finally {
    await agent.close();
  }
}

async function until(limitMs: number, holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
