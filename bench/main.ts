import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkInvariants, isHolding, renderInvariants } from '../invariants/index.ts';
import { messageOf } from '../stack/errors.ts';
import { EXPORTER, IMPORTER, tlsUrl, WL_PARTIES } from '../stack/parties.ts';
import type { Stack } from '../stack/stack.ts';
import { openBenchStack, type StackSetting } from './bench-stack.ts';
import { benchConsole } from './console/main.ts';
import { cpuBetween, readCpu, type CpuUse, type WatchedProcess } from './cpu.ts';
import { confirmsBetween, readConfirms } from './exporter-slo.ts';
import { latencyFigures } from './latency.ts';
import { runCell, type Attempt, type Cell, type Load } from './load.ts';
import type { Market } from './market.ts';
import { runPeers } from './peers/main.ts';
import { benchScale } from './scale/main.ts';
import { planOf, readBenchOptions, USAGE, type Plan } from './options.ts';
import { startPlain, type PlainSystem } from './plain-system.ts';
import {
  renderConfirms,
  renderCpu,
  renderLatencies,
  renderMethod,
  renderTargets,
  type Measured,
  type System,
} from './report.ts';
import { countTrades, verifyOutcomes, type Books } from './verify.ts';

/** `npm run bench`: what a purchase costs here, beside a plain handler that does the same. */

/** Beside the local stack's own data: /tmp may be memory, where a commit costs nothing. */
const DATA_FOLDER = '.data';
/** Above this the machine was busy with something else, and the figures say so. */
const FOREIGN_CPU_MAX = 0.1;
const EXIT_INTERRUPTED = 130;
/** An interrupted start may still be writing: the folder is tried again for a few seconds. */
const REMOVE = { recursive: true, force: true, maxRetries: 8, retryDelay: 250 };
/** A workflow completes behind its answer: this much belongs to the cell too. */
const DRAIN_MS = 500;
const MS_PER_SECOND = 1_000;

interface Bench {
  readonly stack: Stack;
  readonly books: Books;
  readonly market: Market;
  readonly plain: PlainSystem;
  readonly loads: Readonly<Record<System, Load>>;
  sent: number;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const [what, ...others] = process.argv.slice(2);
  if (what === 'console') return benchConsole(others);
  if (what === 'scale') return benchScale(others);
  if (what === 'core' || what === 'full' || what === 'kill') return runPeers([what, ...others]);
  const options = readBenchOptions(process.argv.slice(2));
  if (options.help) {
    print(USAGE);
    return 0;
  }
  const startedAt = performance.now();
  const dataDir = join(DATA_FOLDER, `bench-${process.pid}`);
  const interrupt = new AbortController();
  const setting: Setting = {
    dataDir,
    plan: planOf(options),
    lines: [],
    signal: interrupt.signal,
    closing: [() => rm(dataDir, REMOVE)],
  };
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve(EXIT_INTERRUPTED);
        interrupt.abort();
      });
    }
  });
  try {
    const code = await Promise.race([run(setting), interrupted]);
    if (code === 1) print(`\nLast lines of the processes\n${setting.lines.join('\n')}`);
    print(`\n${secondsSince(startedAt)} s in all`);
    return code;
  } finally {
    for (const close of setting.closing.reverse()) await close();
  }
}

interface Setting extends StackSetting {
  readonly plan: Plan;
}

const secondsSince = (startedAt: number): number =>
  Math.round((performance.now() - startedAt) / MS_PER_SECOND);

async function run(setting: Setting): Promise<number> {
  const { plan } = setting;
  const startedAt = performance.now();
  const bench = await openBench(setting);
  print(`\n${renderMethod()}\nready     after ${secondsSince(startedAt)} s\n`);
  const idle = await measureIdle(bench, plan.idleSeconds);
  for (const system of ['plain', 'workflow'] as const) await measure(bench, plan.warmUp, system);
  const rows: Measured[] = [];
  for (const cell of plan.cells) {
    for (const system of ['plain', 'workflow'] as const) {
      const measured = await measure(bench, cell, system);
      print(`  ${cell.name}, ${system}: p50 ${measured.latency.p50.toFixed(1)} ms`);
      rows.push(measured);
    }
  }
  print(`\nPurchases\n${renderLatencies(rows)}`);
  print(`\nConfirms, by the exporter's own metrics\n${renderConfirms(rows)}`);
  print(`\nCPU, ms a confirmed purchase\n${renderCpu(rows, idle)}`);
  print(`\nTargets\n${renderTargets(rows)}`);
  const foreign = Math.max(0, ...rows.map((row) => row.cpu?.foreignShare ?? 0));
  if (foreign > FOREIGN_CPU_MAX) {
    print(`Other programs used up to ${Math.round(foreign * 100)} % of this machine meanwhile.`);
  }
  return (await checkAll(bench, rows)) ? 0 : 1;
}

async function openBench(setting: Setting): Promise<Bench> {
  const { closing } = setting;
  const { stack, books, market, buyAt } = await openBenchStack(setting);
  const plain = await startPlain(stack);
  closing.push(() => plain.stop());
  const loadOf = (base: string): Load => ({ next: () => market.next(), buy: buyAt(base) });
  const loads = { plain: loadOf(plain.url), workflow: loadOf(tlsUrl(IMPORTER, stack.ports)) };
  return { stack, books, market, plain, loads, sent: 0 };
}

function watched({ stack, plain }: Bench): WatchedProcess[] {
  const ours = stack.supervisor.names().flatMap((name) => {
    const pid = stack.supervisor.pid(name);
    return pid === undefined ? [] : [{ name, pid, withChildren: name === 'postgres' }];
  });
  return [
    ...ours,
    { name: 'plain', pid: plain.pid, withChildren: false },
    { name: 'client', pid: process.pid, withChildren: false },
  ];
}

async function measureIdle(bench: Bench, seconds: number): Promise<CpuUse | undefined> {
  const before = readCpu(watched(bench));
  await delay(seconds * MS_PER_SECOND);
  return cpuBetween(before, readCpu(watched(bench)));
}

async function measure(bench: Bench, cell: Cell, system: System): Promise<Measured> {
  const { books, stack, loads } = bench;
  const exporter = stack.web(EXPORTER);
  const confirmsBefore = await readConfirms(exporter);
  const cpuBefore = readCpu(watched(bench));
  const { attempts, elapsedMs } = await runCell(cell, loads[system]);
  await delay(DRAIN_MS);
  const cpu = cpuBetween(cpuBefore, readCpu(watched(bench)));
  bench.sent += attempts.length;
  const verification = await verifyOutcomes(books, attempts);
  const confirmed = attempts.filter(({ answer }) => answer.status === 'CONFIRMED').length;
  return {
    ...{ cell: cell.name, system, cpu, confirmed, verification },
    latency: latencyFigures(attempts.map(({ latencyMs }) => latencyMs)),
    perSecond: (confirmed * MS_PER_SECOND) / elapsedMs,
    errors: errorsOf(attempts),
    confirm: confirmsBetween(confirmsBefore, await readConfirms(exporter)),
  };
}

function errorsOf(attempts: readonly Attempt[]): Map<string, number> {
  const errors = new Map<string, number>();
  for (const { answer } of attempts) {
    if (answer.status === 'CONFIRMED') continue;
    const what = [answer.status, answer.detail].filter(Boolean).join(' ');
    errors.set(what, (errors.get(what) ?? 0) + 1);
  }
  return errors;
}

/** Every outcome, no purchase beyond those that were asked for, and the invariants. */
async function checkAll(bench: Bench, rows: readonly Measured[]): Promise<boolean> {
  const { books, market, sent } = bench;
  const wrong = rows.flatMap((row) => row.verification.wrong);
  for (const line of wrong) print(`WRONG  ${line}`);
  const trades = await countTrades(books.importer, market.accountIds);
  if (trades > sent) print(`WRONG  ${trades} trades from ${sent} attempts`);
  const parties = WL_PARTIES.map(({ wlId, slug }) => ({ wlId, slug, db: books[slug] }));
  const invariants = await checkInvariants({ parties, quiet: true });
  print(`\nInvariants, over the rows of both systems\n${renderInvariants(invariants)}`);
  return wrong.length === 0 && trades <= sent && isHolding(invariants, { traded: true });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : messageOf(error)}\n`);
    process.exit(1);
  },
);
