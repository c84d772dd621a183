import { rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ensureConsole } from '../../stack/console/console.ts';
import { cpuBetween, readCpu, type WatchedProcess } from '../cpu.ts';
import { prepare, timed } from './ask.ts';
import {
  openControlPlane,
  openPostgres,
  type ControlPlane,
  type Setting,
} from './control-plane.ts';
import { forgottenReads } from './coverage.ts';
import { fill } from './fill.ts';
import { renderProportions } from './proportions.ts';
import { QUESTIONS, type Facts } from './questions.ts';
import { openRegistry, type Registry } from './registry.ts';
import { openOverview, type Openings } from './first-paint.ts';
import { drawFlatness } from './picture.ts';
import { figuresOf, renderOpenings, renderRows, verdictOf, type Row } from './report.ts';

/** `npm run bench -- console`: does the console stay as fast with a hundred times the trades? */

export const CONSOLE_USAGE = `npm run bench -- console [--quick] [--only WORD] [--write]

  Fills two databases, with 500 trades and with 50,000, and asks a real cp-api on each whatever
  the console asks, one request on the one and one on the other in turn. Then opens the overview
  in a real Chromium, ten times with an empty cache and ten times with a full one.
  --quick       few requests: shows that everything works, its figures mean little
  --only WORD   only questions whose page or name has it
  --write       draws the run into docs/images/console-flat.svg`;

const SIZES = [500, 50_000] as const;
const PICTURE = 'docs/images/console-flat.svg';
const DATA_FOLDER = '.data';
const REMOVE = { recursive: true, force: true, maxRetries: 8, retryDelay: 250 };
const REQUESTS = { full: 200, quick: 5 };
const WARM_UP = 10;
const SAMPLE_IDS = 200;
/** DESIGN.md has no figure for lists; the console's pages refresh every few seconds. */
const TARGET_P95_MS = 200;
/** Of the overview, until the browser draws something and until the figures stand there. */
const TARGET_PAINT_MS = 1_500;
const LAST_LINES = 40;

interface Options {
  readonly requests: number;
  readonly only: string | undefined;
  readonly isWritten: boolean;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

export async function benchConsole(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    print(CONSOLE_USAGE);
    return 0;
  }
  const forgotten = forgottenReads();
  if (forgotten.length > 0) throw new Error(`nobody asks ${forgotten.join(', ')}`);
  const options = {
    requests: args.includes('--quick') ? REQUESTS.quick : REQUESTS.full,
    only: args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined,
    isWritten: args.includes('--write'),
  };
  const dataDir = join(DATA_FOLDER, `bench-console-${process.pid}`);
  const setting: Setting = { dataDir, lines: [], closing: [() => rm(dataDir, REMOVE)] };
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
    }
  });
  try {
    return await Promise.race([run(setting, options), interrupted]);
  } catch (error) {
    print(setting.lines.slice(-LAST_LINES).join('\n'));
    throw error;
  } finally {
    for (const close of setting.closing.reverse()) await close();
  }
}

interface Side {
  readonly plane: ControlPlane;
  readonly facts: Facts;
}

async function run(setting: Setting, options: Options): Promise<number> {
  const postgres = await openPostgres(
    setting,
    SIZES.map((size) => `cp_${size}`),
  );
  print(renderProportions());
  const sides: Side[] = [];
  for (const size of SIZES) {
    const startedAt = performance.now();
    const url = postgres.urlFor(`cp_${size}`);
    const plane = await openControlPlane(setting, `cp-api ${size}`, url);
    const registry = await openRegistry(plane);
    await fill(url, registry, size);
    sides.push({ plane, facts: await factsOf(url, registry) });
    print(`${size} trades written after ${Math.round((performance.now() - startedAt) / 1000)} s`);
  }
  const watched: WatchedProcess[] = [
    { name: 'postgres', pid: postgres.pid, withChildren: true },
    ...sides.map(({ plane: { name, pid } }) => ({ name, pid, withChildren: false })),
    { name: 'client', pid: process.pid, withChildren: false },
  ];
  const rows = await measureAll(sides, watched, options);
  print(renderRows(rows, TARGET_P95_MS));
  await ensureConsole();
  const planes = sides.map(({ plane }, index) => ({ plane, size: SIZES[index] ?? 0 }));
  const openings = await openOverview(planes);
  print(renderOpenings(openings, TARGET_PAINT_MS));
  if (options.isWritten) await draw(rows, openings, options);
  // Once more, where a person looks last.
  print(`\n${verdictOf(rows, TARGET_P95_MS)}`);
  const isKept =
    rows.every(({ large }) => large.p95 < TARGET_P95_MS) &&
    openings.every(({ firstPaint }) => firstPaint.p50 < TARGET_PAINT_MS);
  return isKept ? 0 : 1;
}

async function draw(
  rows: readonly Row[],
  openings: readonly Openings[],
  { requests }: Options,
): Promise<void> {
  const [cpu] = cpus();
  const machine = `${cpus().length} cores (${cpu?.model ?? 'unknown'})`;
  const caption = `${new Date().toISOString().slice(0, 10)}, ${machine}, ${requests} requests a bar`;
  const targets = { targetMs: TARGET_P95_MS, paintTargetMs: TARGET_PAINT_MS };
  await writeFile(PICTURE, drawFlatness({ rows, openings, caption, ...targets }));
  print(PICTURE);
}

async function factsOf(url: string, { pairs }: Registry): Promise<Facts> {
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  const column = async (text: string): Promise<string[]> => {
    const { rows } = await db.query<{ value: string }>(`${text} LIMIT ${SAMPLE_IDS}`);
    return rows.map(({ value }) => value);
  };
  try {
    return {
      pairs,
      tradeIds: await column('SELECT trade_id AS value FROM trade ORDER BY md5(trade_id)'),
      signalIds: await column('SELECT id AS value FROM signal ORDER BY md5(id::text)'),
      planIds: await column('SELECT id AS value FROM compensation_plan ORDER BY id'),
      subjects: await column('SELECT subject AS value FROM audit ORDER BY md5(subject)'),
      now: Date.now(),
    };
  } finally {
    await db.end();
  }
}

async function measureAll(
  [small, large]: readonly Side[],
  watched: readonly WatchedProcess[],
  { requests, only }: Options,
): Promise<Row[]> {
  if (small === undefined || large === undefined) throw new Error('two sizes are compared');
  const rows: Row[] = [];
  for (const question of QUESTIONS) {
    const { page, name } = question;
    if (only !== undefined && !`${page}, ${name}`.includes(only)) continue;
    const paths = {
      small: await prepare(small.plane, small.facts, question),
      large: await prepare(large.plane, large.facts, question),
    };
    const times = { small: [] as number[], large: [] as number[] };
    for (let n = 0; n < Math.min(WARM_UP, requests); n += 1) {
      await timed(small.plane, paths.small(n));
      await timed(large.plane, paths.large(n));
    }
    const before = readCpu(watched);
    for (let n = 0; n < requests; n += 1) {
      times.small.push(await timed(small.plane, paths.small(n)));
      times.large.push(await timed(large.plane, paths.large(n)));
    }
    const cpu = cpuBetween(before, readCpu(watched));
    const row: Row = {
      ...{ page, name, foreignShare: cpu?.foreignShare },
      small: figuresOf(times.small),
      large: figuresOf(times.large),
    };
    rows.push(row);
    print(`  ${page}, ${name}: p95 ${row.small.p95.toFixed(1)} → ${row.large.p95.toFixed(1)} ms`);
  }
  return rows;
}
