import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SANDBOX_PRELOAD } from '../../stack/supervision/sandbox-preload.ts';
import { eventually } from '../stack/setup.ts';
import type { WhiteLabel } from './white-label.ts';

/** A real `wl-worker`, which can be killed and stopped as only a process can. */
export interface WorkerProcess {
  /** SIGSTOP, SIGCONT, SIGKILL. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM; answers its exit code. */
  stop(): Promise<number | null>;
  /** Kills it, where it is still there, and waits for its end. */
  end(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('../../workers/wl-worker.ts', import.meta.url));
const READY_MS = 60_000;

export async function startWorkerProcess({ environment }: WhiteLabel): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [...SANDBOX_PRELOAD, ENTRY], {
    // Little of the test's own: it must not inherit how Jest runs.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const ready = `http://127.0.0.1:${environment['WORKER_HTTP_PORT']}/readyz`;
  const isReady = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`the worker ended with ${child.exitCode}`);
    return fetch(ready).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    await exited;
    return child.exitCode;
  };
  try {
    await eventually('the worker polls', isReady, READY_MS);
  } catch (error) {
    await end();
    throw error;
  }
  return { signal: (signal) => void child.kill(signal), stop, end };
}
