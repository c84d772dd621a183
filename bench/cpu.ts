import { readdirSync, readFileSync } from 'node:fs';

/** CPU that has been used so far, in milliseconds. */
export interface CpuReading {
  readonly byProcess: ReadonlyMap<string, number>;
  /** Of the whole machine: everything but idle and waiting for disks. */
  readonly machineBusyMs: number;
  readonly machineTotalMs: number;
  /** Taken by the host for others, where this machine is a virtual one; not in the busy time. */
  readonly machineStealMs: number;
}

export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
  /** PostgreSQL works in children, one a connection; others in threads of their own. */
  readonly withChildren: boolean;
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

interface ProcessTimes {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly reaped: number;
}

/** Undefined where there is no /proc: latencies are measured all the same. */
export function readCpu(watched: readonly WatchedProcess[]): CpuReading | undefined {
  const machine = readMachine();
  if (machine === undefined) return undefined;
  const times = readTimes();
  const byProcess = new Map(
    watched.map((one) => [one.name, MS_PER_TICK * ticksOf(one, times)] as const),
  );
  return { byProcess, ...machine };
}

function ticksOf(watched: WatchedProcess, times: ReadonlyMap<number, ProcessTimes>): number {
  const self = times.get(watched.pid);
  if (self === undefined) return 0;
  if (!watched.withChildren) return self.own;
  let sum = self.own + self.reaped;
  for (const { parent, own } of times.values()) if (parent === watched.pid) sum += own;
  return sum;
}

function readTimes(): Map<number, ProcessTimes> {
  const times = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = readIfThere(`/proc/${name}/stat`);
    if (text === undefined) continue;
    // The name in field 2 may hold spaces and brackets; what follows its last bracket is plain.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0, utime = 0, stime = 0, cutime = 0, cstime = 0] = [1, 11, 12, 13, 14].map(
      (index) => fields[index],
    );
    times.set(Number(name), { parent, own: utime + stime, reaped: cutime + cstime });
  }
  return times;
}

function readMachine(): Omit<CpuReading, 'byProcess'> | undefined {
  const line = readIfThere('/proc/stat')?.split('\n')[0];
  if (line === undefined) return undefined;
  // user nice system idle iowait irq softirq steal; guests are in user already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, value) => sum + value, 0);
  const [idle = 0, waiting = 0] = [ticks[3], ticks[4]];
  const steal = ticks[7] ?? 0;
  return {
    machineBusyMs: (total - idle - waiting - steal) * MS_PER_TICK,
    machineTotalMs: total * MS_PER_TICK,
    machineStealMs: steal * MS_PER_TICK,
  };
}

/** A file of /proc; nothing where its process has ended while it was listed. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

export interface CpuUse {
  readonly byProcess: ReadonlyMap<string, number>;
  /** Share of the machine, 0 to 1, that went to programs that are not part of this run. */
  readonly foreignShare: number;
  /** Share of the machine, 0 to 1, that the host gave to other machines. */
  readonly stealShare: number;
}

export function cpuBetween(
  before: CpuReading | undefined,
  after: CpuReading | undefined,
): CpuUse | undefined {
  if (before === undefined || after === undefined) return undefined;
  const byProcess = new Map(
    [...after.byProcess].map(([name, ms]) => [name, ms - (before.byProcess.get(name) ?? 0)]),
  );
  const ours = [...byProcess.values()].reduce((sum, ms) => sum + ms, 0);
  const busy = after.machineBusyMs - before.machineBusyMs;
  const total = after.machineTotalMs - before.machineTotalMs;
  const share = (ms: number): number => (total === 0 ? 0 : Math.max(0, ms) / total);
  return {
    byProcess,
    foreignShare: share(busy - ours),
    stealShare: share(after.machineStealMs - before.machineStealMs),
  };
}
