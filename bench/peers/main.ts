import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCell, type Cell } from '../load.ts';
import { isFull, ON_POSTGRES, type FullName, type SystemName } from './contract.ts';
import { startEngines, type EngineSetting } from './engines.ts';
import { startFull, type FullSystem } from './full.ts';
import { installPeers } from './install.ts';
import { runKillTest } from './kill.ts';
import { measureIdle, measureQuietly, noiseOf, type Field } from './measure.ts';
import { createPace, type Pace } from './pace.ts';
import { orderOf, planOfPeers, type PeersPlan } from './plan.ts';
import { publishPeers } from './publish.ts';
import { renderPeers, type PeersReport } from './report.ts';
import { mergedFigures, openResults, type ResultStore } from './results.ts';
import { perSecond } from './summary.ts';
import { startApp, type RunningApp } from './systems.ts';
import { buildTemporalServer } from './temporal-server.ts';
import { HALF_OF_CAPACITY } from './targets.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXIT_INTERRUPTED = 130;
/** An interrupted start may still be writing: the folder is tried again for a few seconds. */
const REMOVE = { recursive: true, force: true, maxRetries: 8, retryDelay: 250 };
/** Compilers, caches and connections are warm before the first cell. */
const WARM_UP = { name: 'warm-up', kind: 'closed', clients: 8 } as const;
const WARM_UP_SECONDS = 4;
const IDLE_SECONDS = 4;
const MS_PER_MINUTE = 60_000;
/** Of the plan's minutes: the last cell's drain, the report and the end of the processes. */
const REPORT_MINUTES = 1;
const DAY_LENGTH = 'YYYY-MM-DD'.length;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** `npm run bench -- core | full | kill`; answers the exit code. */
export async function runPeers(args: readonly string[]): Promise<number> {
  const plan = planOfPeers(args);
  const startedAt = performance.now();
  const interrupt = new AbortController();
  const dataDir = join(ROOT, '.data', `bench-peers-${process.pid}`);
  const setting: EngineSetting = { dataDir, lines: [], closing: [() => rm(dataDir, REMOVE)] };
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        interrupt.abort();
        resolve(EXIT_INTERRUPTED);
      });
    }
  });
  const work = args[0] === 'kill' ? kill(setting, plan) : table(setting, plan, interrupt.signal);
  try {
    return await Promise.race([work, interrupted]);
  } catch (error) {
    print(`\nLast lines of the processes\n${setting.lines.join('\n')}`);
    throw error;
  } finally {
    for (const close of setting.closing.reverse()) await close();
    print(`${((performance.now() - startedAt) / MS_PER_MINUTE).toFixed(1)} minutes in all`);
  }
}

async function kill(setting: EngineSetting, asked: PeersPlan): Promise<number> {
  await installPeers(print);
  const plan = await withServer(setting, asked);
  const engines = await startEngines(setting);
  return (await runKillTest(engines, plan.systems, print)) ? 0 : 1;
}

/** Leaves out what needs the Temporal server on PostgreSQL where that can't be built. */
async function withServer(setting: EngineSetting, plan: PeersPlan): Promise<PeersPlan> {
  const wanted = new Set<SystemName>(ON_POSTGRES);
  if (!plan.systems.some((name) => wanted.has(name))) return plan;
  setting.temporalServer = await buildTemporalServer(print);
  if (setting.temporalServer !== undefined) return plan;
  const systems = plan.systems.filter((name) => !wanted.has(name));
  print('left out: Temporal on PostgreSQL, whose server is built with Go, which is not here');
  return { ...plan, systems };
}

async function table(
  setting: EngineSetting,
  asked: PeersPlan,
  signal: AbortSignal,
): Promise<number> {
  const plan = await withServer(setting, asked);
  const { systems, quick } = plan;
  const kind = plan.profile ? '-profile' : quick ? '-quick' : '';
  const pace = createPace(plan.minutes - REPORT_MINUTES, () => performance.now());
  const store = await openResults(`${plan.name}${kind}`, plan.fresh);
  await installPeers(print);
  const field = await openField(setting, plan, signal);
  await warmUp(field, systems);
  const idle = await measureIdle(field, IDLE_SECONDS);
  await measureAll({ store, field, plan, pace, signal });
  const known = new Set<string>(systems);
  const results = (await store.all()).filter(({ system }) => known.has(system));
  const report: PeersReport = { plan, results, durability: field.engines.durability, idle };
  print(renderPeers(report));
  if (plan.write) await publishPeers(report, new Date().toISOString().slice(0, DAY_LENGTH));
  return results.every(({ verified }) => verified.wrong.length === 0) ? 0 : 1;
}

interface Run {
  readonly store: ResultStore;
  readonly field: Field;
  readonly plan: PeersPlan;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** Repetition by repetition, so that a run that is out of time has whole ones. */
async function measureAll(run: Run): Promise<void> {
  const { systems, cells, repetitions } = run.plan;
  const turns = cells.length * systems.length + 1;
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    const missing = await missingOf(run, repetition);
    if (repetition > 1 && !run.pace.fits(missing)) {
      print(`${repetition - 1} of ${repetitions} repetitions: another one would take too long`);
      return;
    }
    let turnsLeft = (repetitions - repetition + 1) * turns;
    for (const [index, cell] of cells.entries()) {
      for (const system of orderOf(systems, repetition + index)) {
        turnsLeft -= 1;
        await measureOnce(run, { repetition, cell, system, turnsLeft });
      }
    }
    const half = await halfOfCapacity(run);
    if (half === undefined) continue;
    await measureOnce(run, { repetition, cell: half, system: 'ours-full', turnsLeft });
  }
}

async function missingOf({ store, plan }: Run, repetition: number): Promise<number> {
  const { cells, systems } = plan;
  const turns = cells.flatMap(({ name }) => systems.map((system) => [name, system] as const));
  const known = await Promise.all(
    turns.map(([name, system]) => store.read(repetition, name, system)),
  );
  return known.filter((one) => one === undefined).length;
}

/** Where the promise on the exporter's confirm is looked at: known once a closed loop has run. */
async function halfOfCapacity({ store, plan }: Run): Promise<Cell | undefined> {
  if (!plan.systems.includes('ours-full')) return undefined;
  const closed = (await store.all()).filter(
    ({ system, asked }) => system === 'ours-full' && asked === undefined,
  );
  const most = Math.max(0, ...closed.map((one) => perSecond([one])));
  const seconds = plan.cells[0]?.seconds ?? 0;
  // A whole number of purchases a second, and at least one, or there is nothing to look at.
  const rate = Math.max(1, Math.floor(most / 2));
  return { name: HALF_OF_CAPACITY, kind: 'open', perSecond: rate, seconds };
}

async function openField(
  setting: EngineSetting,
  { systems, profile }: PeersPlan,
  signal: AbortSignal,
): Promise<Field> {
  print('starting PostgreSQL, Temporal, Restate, the partners and each system');
  const engines = await startEngines(setting);
  const apps = new Map<SystemName, RunningApp>();
  for (const name of systems) {
    if (!isFull(name)) apps.set(name, await startApp(engines, name, profile));
  }
  const full = new Map<FullName, FullSystem>();
  for (const name of systems.filter(isFull)) {
    const address = name === 'ours-full-pg' ? engines.temporalOnPostgres : undefined;
    full.set(name, await startFull(setting, { name, signal, temporalAddress: address }));
  }
  return { engines, apps, full };
}

async function warmUp(field: Field, systems: readonly SystemName[]): Promise<void> {
  const cell: Cell = { ...WARM_UP, seconds: WARM_UP_SECONDS };
  for (const system of systems) {
    const app = field.apps.get(system);
    if (app !== undefined) await runCell(cell, { next: randomUUID, buy: app.buy });
    const full = isFull(system) ? field.full.get(system) : undefined;
    if (full !== undefined) await runCell(cell, full.load);
  }
  for (const full of field.full.values()) await full.confirms();
}

interface Turn {
  readonly repetition: number;
  readonly cell: Cell;
  readonly system: SystemName;
  /** Of the whole run, after this one. */
  readonly turnsLeft: number;
}

async function measureOnce(
  { store, field, plan, pace, signal }: Run,
  { repetition, cell, system, turnsLeft }: Turn,
): Promise<void> {
  signal.throwIfAborted();
  const name = `${repetition}  ${cell.name.padEnd(22)}  ${system.padEnd(15)}`;
  const known = await store.read(repetition, cell.name, system);
  if (known !== undefined) return print(`${name}  taken over`);
  const startedAt = performance.now();
  const mayRepeat = (): boolean => !plan.quick && pace.hasSpare(turnsLeft);
  const measured = await measureQuietly(field, cell, system, mayRepeat);
  pace.took((performance.now() - startedAt) / measured.tries);
  // What was measured while the processes were being stopped is nobody's figure.
  signal.throwIfAborted();
  const result = { ...measured, repetition };
  await store.write(result);
  const { p50, p99 } = mergedFigures([result]);
  const rate = perSecond([result]);
  print(
    `${name}  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(0)} ms  ${rate.toFixed(1)}/s  noise ${(100 * noiseOf(result)).toFixed(0)} %`,
  );
  for (const fault of result.verified.wrong) print(`WRONG  ${fault}`);
}
