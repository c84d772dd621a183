import { cpuBetween, readCpu, type CpuReading, type WatchedProcess } from '../../bench/cpu.ts';
import type { Stage } from './stage.ts';

/** How long something took, many times over. Milliseconds; nearest rank. */
export interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export function timesOf(all: readonly number[]): Times {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? 0 };
}

export function describeTimes({ count, p50, p95, max }: Times): string {
  return `${count} times: p50 ${Math.round(p50)} ms, p95 ${Math.round(p95)} ms, max ${Math.round(max)} ms`;
}

export function startCpuWatch(stage: Stage): CpuReading | undefined {
  return readCpu(watched(stage));
}

/** The share of the machine that programs of others took meanwhile; what it does to the figures. */
export function describeForeignCpu(stage: Stage, before: CpuReading | undefined): string {
  const use = cpuBetween(before, readCpu(watched(stage)));
  return use === undefined
    ? 'foreign CPU unknown'
    : `foreign CPU ${(use.foreignShare * 100).toFixed(0)} %`;
}

function watched({ stack }: Stage): WatchedProcess[] {
  const { supervisor } = stack;
  const ours = supervisor.names().flatMap((name) => {
    const pid = supervisor.pid(name);
    return pid === undefined ? [] : [{ name, pid, withChildren: name === 'postgres' }];
  });
  return [...ours, { name: 'drill', pid: process.pid, withChildren: false }];
}
