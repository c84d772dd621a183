import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One line to the watchdog. `group` is the stop order: higher groups go first. */
export type LifelineMessage =
  | { readonly op: 'add'; readonly pid: number; readonly signal: string; readonly group: number }
  | { readonly op: 'remove'; readonly pid: number };

export type Registration = { readonly signal: NodeJS.Signals; readonly group: number };

export type Lifeline = {
  add(pid: number, registration: Registration): void;
  remove(pid: number): void;
  /** Lets the watchdog go; what is still registered is stopped by it. */
  close(): void;
};

/**
 * A small process of its own session that holds the end of a pipe: when this process dies in
 * whatever way, SIGKILL included, the pipe closes and the watchdog stops every registered child,
 * also a stopped (SIGSTOP) one and also servers that are not ours to change. Linux's own
 * parent-death signal needs a wrapper that macOS lacks; a preload in the children can't run in a
 * stopped process and not at all in PostgreSQL.
 */
export function createLifeline(): Lifeline {
  const registered = new Map<number, Registration>();
  let watchdog: ChildProcess | undefined;
  let closed = false;

  function send(message: LifelineMessage): void {
    if (watchdog === undefined) watchdog = revive();
    watchdog.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  function revive(): ChildProcess {
    const started = startWatchdog();
    started.once('exit', () => {
      if (closed || watchdog !== started) return;
      watchdog = undefined;
      for (const [pid, registration] of registered) send({ op: 'add', pid, ...registration });
    });
    return started;
  }

  return {
    add(pid, registration) {
      registered.set(pid, registration);
      send({ op: 'add', pid, ...registration });
    },
    remove(pid) {
      if (registered.delete(pid)) send({ op: 'remove', pid });
    },
    close() {
      closed = true;
      watchdog?.stdin?.end();
    },
  };
}

function startWatchdog(): ChildProcess {
  const script = fileURLToPath(new URL('./watchdog.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own session: neither Ctrl-C nor a closing terminal may reach it.
    detached: true,
    cwd: '/',
    env: {},
  });
  // A watchdog that is gone is replaced on its exit event; the failed write itself says no more.
  child.stdin?.on('error', () => undefined);
  child.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return child;
}
