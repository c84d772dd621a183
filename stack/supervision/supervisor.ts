import { EventEmitter } from 'node:events';
import type { ChildExit } from './child.ts';
import type { StackError } from '../errors.ts';
import { createLifeline } from './lifeline.ts';
import type { Lifeline } from './lifeline.ts';
import { renderLine } from './log-lines.ts';
import { RESTART_POLICY, Supervised } from './supervised.ts';
import type { RestartPolicy, SupervisedProcess } from './supervised.ts';

export type { RestartPolicy, SupervisedProcess } from './supervised.ts';

export type SupervisorEvents = {
  started: [{ readonly name: string; readonly pid: number }];
  ready: [{ readonly name: string; readonly pid: number }];
  exited: [{ readonly name: string; readonly pid: number; readonly exit: ChildExit }];
  restarting: [{ readonly name: string; readonly attempt: number; readonly delayMs: number }];
};

export type SupervisorOptions = {
  /** Takes finished lines, one call a line. */
  readonly log: (line: string) => void;
  /** A process that can't be kept up; the owner decides what becomes of the rest. */
  readonly onFatal: (error: StackError) => void;
  readonly colors?: boolean;
  readonly restartPolicy?: RestartPolicy;
};

export type Supervisor = {
  readonly events: EventEmitter<SupervisorEvents>;
  /** Resolves when it is ready; a process that does not get there the first time is stopped. */
  start(process: SupervisedProcess): Promise<void>;
  pid(name: string): number | undefined;
  names(): readonly string[];
  /** As an accident would: it is restarted. With SIGKILL it resolves once the process is gone. */
  kill(name: string, signal: NodeJS.Signals): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(name: string): void;
  resume(name: string): void;
  /** Stops it (SIGKILL: at once) and keeps it down until `restart`. */
  stop(name: string, signal?: 'SIGKILL'): Promise<void>;
  /** Stops it when it runs, starts it, resolves when it is ready. */
  restart(name: string): Promise<void>;
  /** Resolves when it is ready, after restarts too; rejects when it is down or given up. */
  whenReady(name: string): Promise<void>;
  /** Higher groups first; under 10 s whatever the processes do. */
  stopAll(): Promise<void>;
};

const STOP_GRACE_MS = 5_000;
// Ctrl-C has to be through in under 10 s, all groups together.
const STOP_ALL_BUDGET_MS = 8_500;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const events = new EventEmitter<SupervisorEvents>();
  const lifeline = createLifeline();
  const all = new Map<string, Supervised>();
  let stopping: Promise<void> | undefined;

  const find = (name: string): Supervised => {
    const found = all.get(name);
    if (found === undefined) throw new Error(`no process "${name}" is supervised`);
    return found;
  };

  const log = (process: SupervisedProcess, line: string): void => {
    const width = Math.max(...[...all.keys()].map((name) => name.length));
    const color = options.colors === true ? process.color : undefined;
    options.log(renderLine(line, { name: process.name, width, color }));
  };

  return {
    events,
    async start(process) {
      if (stopping !== undefined) throw new Error('the supervisor is stopping');
      if (all.has(process.name)) throw new Error(`"${process.name}" is supervised already`);
      const supervised = supervise(process, { ...options, events, lifeline, log });
      all.set(process.name, supervised);
      await supervised.start();
    },
    pid: (name) => find(name).pid,
    names: () => [...all.keys()],
    async kill(name, signal) {
      const gone = find(name).exited();
      find(name).signal(signal);
      if (signal === 'SIGKILL') await gone;
    },
    pause: (name) => find(name).signal('SIGSTOP'),
    resume: (name) => find(name).signal('SIGCONT'),
    async stop(name, signal) {
      if (signal === 'SIGKILL') find(name).signal(signal);
      await find(name).stop(STOP_GRACE_MS);
    },
    async restart(name) {
      await find(name).stop(STOP_GRACE_MS);
      await find(name).start();
    },
    whenReady: (name) => find(name).whenReady(),
    stopAll() {
      stopping ??= stopGroups([...all.values()]).finally(() => lifeline.close());
      return stopping;
    },
  };
}

type Wiring = Pick<SupervisorOptions, 'onFatal' | 'restartPolicy'> & {
  readonly events: EventEmitter<SupervisorEvents>;
  readonly lifeline: Lifeline;
  readonly log: (process: SupervisedProcess, line: string) => void;
};

function supervise(process: SupervisedProcess, wiring: Wiring): Supervised {
  const { name } = process;
  const { events } = wiring;
  return new Supervised(process, {
    lifeline: wiring.lifeline,
    restartPolicy: wiring.restartPolicy ?? RESTART_POLICY,
    onFatal: wiring.onFatal,
    onLine: (line) => wiring.log(process, line),
    onStarted: (pid) => events.emit('started', { name, pid }),
    onReady: (pid) => events.emit('ready', { name, pid }),
    onExited: (pid, exit) => events.emit('exited', { name, pid, exit }),
    onRestarting: (attempt, delayMs) => events.emit('restarting', { name, attempt, delayMs }),
  });
}

/** A group that is quick leaves its time to the next ones. */
async function stopGroups(all: readonly Supervised[]): Promise<void> {
  const deadline = Date.now() + STOP_ALL_BUDGET_MS;
  const groupOf = (supervised: Supervised): number => supervised.process.group ?? 0;
  const groups = [...new Set(all.map(groupOf))].sort((a, b) => b - a);
  for (const [index, group] of groups.entries()) {
    const graceMs = Math.max(0, (deadline - Date.now()) / (groups.length - index));
    const members = all.filter((supervised) => groupOf(supervised) === group);
    await Promise.all(members.map((supervised) => supervised.stop(graceMs)));
  }
}
