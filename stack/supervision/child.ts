import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError, messageOf } from '../errors.ts';
import type { Lifeline } from './lifeline.ts';

/** What is needed to start one process. */
export type ChildCommand = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** What asks it to stop in good order; SIGTERM unless said. */
  readonly stopSignal?: NodeJS.Signals;
  /** Stop order: higher groups are stopped first. */
  readonly group?: number;
};

export type ChildExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Child = {
  readonly name: string;
  readonly pid: number;
  /** Resolves, never rejects. */
  readonly exited: Promise<ChildExit>;
  /** The last lines it wrote, oldest first. */
  lastLines(): readonly string[];
  signal(signal: NodeJS.Signals): boolean;
  /** Asks, waits, kills. */
  stop(graceMs: number): Promise<ChildExit>;
};

// Enough to hold the reason a server gives for refusing to start.
const LAST_LINES = 40;
// After an exit the last lines may still be in the pipe; a grandchild may hold it open for longer.
const LINES_AFTER_EXIT_MS = 200;
const LINE_LENGTH_MAX = 8_192;

export type LaunchOptions = {
  readonly lifeline: Lifeline;
  readonly onLine?: (line: string) => void;
};

export async function launch(command: ChildCommand, options: LaunchOptions): Promise<Child> {
  const stopSignal = command.stopSignal ?? 'SIGTERM';
  const child = spawn(command.command, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C reaches only the stack, which stops its children in order.
    detached: true,
    env: command.env ?? process.env,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  });
  const pid = child.pid;
  if (pid === undefined) throw await notStarted(command, child);
  options.lifeline.add(pid, { signal: stopSignal, group: command.group ?? 0 });

  const lines: string[] = [];
  const onLine = (raw: string): void => {
    const line = raw.slice(0, LINE_LENGTH_MAX);
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
    options.onLine?.(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
  }
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  let gone = false;
  const exited = new Promise<ChildExit>((done) => {
    child.once('exit', (code, signal) => {
      gone = true;
      options.lifeline.remove(pid);
      void Promise.race([closed, delay(LINES_AFTER_EXIT_MS)]).then(() => done({ code, signal }));
    });
  });
  const signal = (name: NodeJS.Signals): boolean => !gone && child.kill(name);

  return {
    name: command.name,
    pid,
    exited,
    lastLines: () => [...lines],
    signal,
    async stop(graceMs) {
      signal(stopSignal);
      // A stopped process gets its signal only once it is continued.
      signal('SIGCONT');
      const inTime = await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
      if (inTime === undefined) killGroup(pid);
      return exited;
    },
  };
}

async function notStarted(
  command: ChildCommand,
  child: ReturnType<typeof spawn>,
): Promise<StackError> {
  const cause = await new Promise<Error>((done) => child.once('error', done));
  return new StackError({
    code: 'CHILD_NOT_STARTED',
    message: `${command.name} can't be started: ${messageOf(cause)}.`,
    wayOut: [`Check that ${command.command} is there and may be executed.`],
    cause,
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It went between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function describeExit(exit: ChildExit): string {
  return exit.signal ?? `code ${exit.code}`;
}
