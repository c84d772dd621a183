import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuBetween, readCpu, type WatchedProcess } from '../cpu.ts';
import { runCell, type Attempt, type Cell, type Load } from '../load.ts';
import { isFull, type FullName, type SystemName } from './contract.ts';
import type { Engines } from './engines.ts';
import type { FullSystem } from './full.ts';
import { verifyBare, type Verified } from './outcome.ts';
import { encodeLatencies, type CellResult } from './results.ts';
import type { RunningApp } from './systems.ts';

/** Everything that runs for the whole of a run, whichever system is measured. */
export interface Field {
  readonly engines: Engines;
  readonly apps: ReadonlyMap<SystemName, RunningApp>;
  readonly full: ReadonlyMap<FullName, FullSystem>;
}

/** A workflow completes behind its answer: this much belongs to the cell too. */
const DRAIN_MS = 300;
/** Foreign CPU and steal together; above it the cell is measured again. */
export const NOISE_MAX = 0.1;
/** A machine that is never quiet still gets a table, with its noise printed. */
const TRIES = 3;
const MS_PER_SECOND = 1_000;

export async function measureQuietly(
  field: Field,
  cell: Cell,
  system: SystemName,
  mayRepeat: () => boolean,
): Promise<Omit<CellResult, 'repetition'>> {
  let best: Omit<CellResult, 'repetition' | 'tries'> | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const result = await measureOn(field, cell, system);
    if (best === undefined || noiseOf(result) < noiseOf(best)) best = result;
    const isLast = attempt === TRIES || !mayRepeat();
    if (noiseOf(best) <= NOISE_MAX || isLast) return { ...best, tries: attempt };
  }
}

export function noiseOf(result: Pick<CellResult, 'foreignShare' | 'stealShare'>): number {
  return result.foreignShare + result.stealShare;
}

function measureOn(
  field: Field,
  cell: Cell,
  system: SystemName,
): Promise<Omit<CellResult, 'repetition' | 'tries'>> {
  const { engines, apps } = field;
  if (isFull(system)) {
    const full = field.full.get(system);
    if (full === undefined) throw new Error('the full stack does not run');
    return measure(field, { cell, system, load: full.load, verify: (all) => full.verify(all) });
  }
  const app = apps.get(system);
  if (app === undefined) throw new Error(`${system} does not run`);
  const load = { next: randomUUID, buy: app.buy };
  return measure(field, {
    ...{ cell, system, load },
    verify: (all) => verifyBare(engines, system, all),
  });
}

interface Measurement<P> {
  readonly cell: Cell;
  readonly system: SystemName;
  readonly load: Load<P>;
  readonly verify: (attempts: readonly Attempt<P>[]) => Promise<Verified>;
}

async function measure<P>(
  field: Field,
  { cell, system, load, verify }: Measurement<P>,
): Promise<Omit<CellResult, 'repetition' | 'tries'>> {
  const watched = watchedOf(field);
  const before = readCpu(watched);
  const { attempts, elapsedMs } = await runCell(cell, load);
  await delay(DRAIN_MS);
  const cpu = cpuBetween(before, readCpu(watched));
  const verified = await verify(attempts);
  const full = isFull(system) ? field.full.get(system) : undefined;
  const confirmed = attempts.filter(({ answer }) => answer.status === 'CONFIRMED').length;
  return {
    ...{ cell: cell.name, system, attempts: attempts.length, confirmed, elapsedMs, verified },
    histogram: encodeLatencies(attempts.map(({ latencyMs }) => latencyMs)),
    ...(cell.kind === 'open' && { asked: cell.perSecond }),
    errors: errorsOf(attempts),
    cpu: Object.fromEntries(cpu?.byProcess ?? []),
    foreignShare: cpu?.foreignShare ?? 0,
    stealShare: cpu?.stealShare ?? 0,
    ...(full && { confirms: await full.confirms() }),
  };
}

function watchedOf({ engines, apps, full }: Field): WatchedProcess[] {
  return [
    ...engines.watched,
    ...[...apps.values()].map(({ name, child }) => ({
      name: `app ${name}`,
      pid: child.pid,
      withChildren: false,
    })),
    ...[...full.values()].flatMap(({ watched }) => watched),
    { name: 'client', pid: process.pid, withChildren: false },
  ];
}

function errorsOf<P>(attempts: readonly Attempt<P>[]): Record<string, number> {
  const errors: Record<string, number> = {};
  for (const { answer } of attempts) {
    if (answer.status === 'CONFIRMED') continue;
    const what = [answer.status, answer.detail].filter(Boolean).join(' ');
    errors[what] = (errors[what] ?? 0) + 1;
  }
  return errors;
}

/** What each part of the machine does while nobody buys, as a share of it. */
export async function measureIdle(field: Field, seconds: number): Promise<Map<string, number>> {
  const watched = watchedOf(field);
  const before = readCpu(watched);
  await delay(seconds * MS_PER_SECOND);
  const use = cpuBetween(before, readCpu(watched));
  const shares = [...(use?.byProcess ?? [])].map(
    ([name, ms]) => [name, ms / (seconds * MS_PER_SECOND)] as const,
  );
  return new Map([...shares, ['foreign', use?.foreignShare ?? 0]]);
}
