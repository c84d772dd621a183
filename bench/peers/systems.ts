import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { callFailed } from './outcome.ts';
import type { Answer } from '../load.ts';
import type { Child } from '../../stack/supervision/child.ts';
import { SANDBOX_PRELOAD } from '../../stack/supervision/sandbox-preload.ts';
import type { AppName, RunningSystem } from './contract.ts';
import { nodeCommand, type Engines } from './engines.ts';

/** More than the largest cell has clients; an open loop never waits for a connection. */
const CONNECTIONS = 1_024;
/** Who waits longer gives up, and the attempt counts with this time and as an error. */
const ATTEMPT_TIMEOUT_MS = 5_000;

/** As docker compose has it, where load is carried. */
const LOAD_PROFILE = { WORKFLOW_STACK_TRACES: 'off' };

const PROFILES = fileURLToPath(new URL('../../.data/bench-profiles', import.meta.url));

export interface RunningApp extends RunningSystem {
  readonly name: AppName;
  readonly child: Child;
}

/** Starts one of the bare systems as a process of its own. */
export async function startApp(
  engines: Engines,
  name: AppName,
  profile = false,
): Promise<RunningApp> {
  // The same program on either Temporal server.
  const program = name.replace(/-pg$/, '');
  const entry = fileURLToPath(new URL(`./apps/${program}.ts`, import.meta.url));
  const isOurs = program === 'ours-bare';
  const isOnPostgres = program !== name;
  const { command, args } = nodeCommand(entry);
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${join(PROFILES, name)}`] : [];
  const { child, port } = await engines.start({
    ...{
      name,
      command,
      args: [...(isOurs ? SANDBOX_PRELOAD : []), ...profiling, ...args],
    },
    env: {
      ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], ...engines.env },
      SYSTEM: name,
      ...(isOnPostgres && { TEMPORAL_ADDRESS: engines.temporalOnPostgres }),
      ...(isOurs && LOAD_PROFILE),
    },
  });
  const http = new Pool(`http://127.0.0.1:${port}`, {
    connections: CONNECTIONS,
    headersTimeout: ATTEMPT_TIMEOUT_MS,
    bodyTimeout: ATTEMPT_TIMEOUT_MS,
  });
  return { name, child, buy: (id) => buy(http, id) };
}

async function buy(http: Pool, id: string): Promise<Answer> {
  try {
    const { statusCode, body } = await http.request({
      method: 'POST',
      path: '/purchase',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id }),
    });
    const text = await body.text();
    if (statusCode === 200) return { status: 'CONFIRMED', tradeId: id };
    return { status: 'FAILED', detail: `${statusCode} ${text.slice(0, 80)}` };
  } catch (error) {
    return callFailed(error);
  }
}
