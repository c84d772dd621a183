import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { createPool, sqlState } from '../../db/pool.ts';
import { cpuBetween, readCpu, type WatchedProcess } from '../cpu.ts';
import type { Server } from './server.ts';

/** What is varied; everything else stays at its smallest. */
export type Dimension = 'pairs' | 'offers' | 'trades';

/** A database of some size, asked over one session of the product's own pool. */
export interface Session<S> {
  readonly name: string;
  readonly subject: S;
  readonly pool: pg.Pool;
  /** Each statement that was sent, with the parameters of its last time. */
  readonly sent: Map<string, readonly unknown[]>;
}

export interface Work<S> {
  readonly name: string;
  /** Whether a buyer waits for it, or it runs beside purchases. */
  readonly place: 'path' | 'beside';
  /** How often in a round. */
  readonly times: number;
  readonly steps: readonly Step<S>[];
  /** What it has to read or write itself, and therefore may grow with. */
  readonly linearIn?: readonly Dimension[];
}

export interface Step<S> {
  readonly name: string;
  run(subject: S, turn: number): Promise<unknown>;
}

/** Of one turn, or the middle one of several. */
export interface Cost {
  /** CPU of the server's process that answers the session. */
  readonly serverMs: number;
  readonly elapsedMs: number;
  /** The server has ended it at the product's time-out: what it would have cost is unknown. */
  readonly isCutOff: boolean;
}

export interface Measured {
  readonly work: string;
  readonly step: string;
  readonly session: string;
  readonly round: number;
  readonly cost: Cost;
}

/** Pages that all statements of a work touched, a turn. */
export interface Pages {
  readonly work: string;
  readonly session: string;
  readonly round: number;
  readonly pages: number;
}

export interface Run {
  readonly costs: readonly Measured[];
  readonly pages: readonly Pages[];
  /** Of each work and round, the share of the machine that other programs took. */
  readonly foreign: readonly number[];
}

const NS_PER_MS = 1_000_000;

/** A pool of one session, so that its server process is known. */
export async function openSession<S>(
  url: string,
  name: string,
  subjectOf: (pool: pg.Pool) => Promise<S>,
): Promise<Session<S>> {
  const pool = createPool({ url, size: 1, applicationName: 'bench', onError: () => undefined });
  // An idle session would be closed after ten seconds, and its prepared statements with it.
  pool.options.idleTimeoutMillis = 0;
  const sent = new Map<string, readonly unknown[]>();
  pool.on('connect', (client) => record(client, sent));
  return { name, pool, sent, subject: await subjectOf(pool) };
}

function record(client: pg.PoolClient, sent: Map<string, readonly unknown[]>): void {
  const query = client.query.bind(client) as (...all: unknown[]) => unknown;
  client.query = ((text: unknown, ...rest: unknown[]) => {
    const [values] = rest;
    if (typeof text === 'string') sent.set(text, Array.isArray(values) ? values : []);
    return query(text, ...rest);
  }) as pg.PoolClient['query'];
}

export interface Measuring<S> {
  readonly server: Server;
  /** From small to large. */
  readonly sessions: readonly Session<S>[];
  readonly works: readonly Work<S>[];
  readonly rounds: number;
  /** Of `performance.now()`: a round that is not the first does not begin after it. */
  readonly until: number;
  readonly progress: (text: string) => void;
}

/** Rounds over all works; each turn goes through all sizes, forwards and backwards in turn. */
export async function measure<S>(measuring: Measuring<S>): Promise<Run> {
  const { server, sessions, works, rounds, until, progress } = measuring;
  const run = { costs: [] as Measured[], pages: [] as Pages[], foreign: [] as number[] };
  const pids = new Map<string, number>();
  for (const { name, pool } of sessions) {
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    pids.set(name, rows[0]?.pid ?? 0);
  }
  const turns = new Map<string, number>();
  const watched: WatchedProcess[] = [
    { name: 'postgres', pid: server.pid, withChildren: true },
    { name: 'client', pid: process.pid, withChildren: false },
  ];
  // Round 0 is not kept: plans, caches and the compiler are warm from the first one on.
  for (let round = 0; round <= rounds; round += 1) {
    if (round > 1 && performance.now() > until) break;
    for (const work of works) {
      const pagesBefore = await pagesOf(server);
      const cpuBefore = readCpu(watched);
      const costs = await runWork(work, { sessions, pids, turns });
      const cpu = cpuBetween(cpuBefore, readCpu(watched));
      const pages = await pagesOf(server);
      if (round === 0) continue;
      if (cpu !== undefined) run.foreign.push(cpu.foreignShare);
      run.costs.push(...costs.map((one) => ({ ...one, round })));
      for (const { name } of sessions) {
        const touched = (pages.get(name) ?? 0) - (pagesBefore.get(name) ?? 0);
        run.pages.push({ work: work.name, session: name, round, pages: touched / work.times });
      }
    }
    progress(round === 0 ? 'warm' : `round ${round} of ${rounds}`);
  }
  return run;
}

interface Going<S> {
  readonly sessions: readonly Session<S>[];
  readonly pids: ReadonlyMap<string, number>;
  /** How many turns each session and work has had: no two purchases are alike. */
  readonly turns: Map<string, number>;
}

async function runWork<S>(
  work: Work<S>,
  { sessions, pids, turns }: Going<S>,
): Promise<Omit<Measured, 'round'>[]> {
  const taken = new Map<string, Cost[]>();
  for (let time = 0; time < work.times; time += 1) {
    for (const { name, subject } of time % 2 === 0 ? sessions : sessions.toReversed()) {
      const key = `${work.name}/${name}`;
      const turn = turns.get(key) ?? 0;
      turns.set(key, turn + 1);
      for (const step of work.steps) {
        const cost = await costOf(pids.get(name) ?? 0, () => step.run(subject, turn));
        const place = `${step.name}/${name}`;
        taken.set(place, [...(taken.get(place) ?? []), cost]);
      }
    }
  }
  return work.steps.flatMap((step) =>
    sessions.map(({ name }) => ({
      ...{ work: work.name, step: step.name, session: name },
      cost: middleOf(taken.get(`${step.name}/${name}`) ?? []),
    })),
  );
}

async function costOf(pid: number, run: () => Promise<unknown>): Promise<Cost> {
  const before = serverMs(pid);
  const startedAt = performance.now();
  let isCutOff = false;
  try {
    await run();
  } catch (error) {
    if (sqlState(error) !== STATEMENT_TIMEOUT) throw error;
    isCutOff = true;
  }
  const elapsedMs = performance.now() - startedAt;
  return { elapsedMs, serverMs: serverMs(pid) - before, isCutOff };
}

const STATEMENT_TIMEOUT = '57014';

/** Nanoseconds on a processor, where /proc tells; elsewhere only times are measured. */
function serverMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / NS_PER_MS;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return 0;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]];
  return (low + high) / 2;
}

function middleOf(costs: readonly Cost[]): Cost {
  return {
    serverMs: median(costs.map((cost) => cost.serverMs)),
    elapsedMs: median(costs.map((cost) => cost.elapsedMs)),
    isCutOff: costs.some((cost) => cost.isCutOff),
  };
}

async function pagesOf({ admin }: Server): Promise<Map<string, number>> {
  const { rows } = await admin.query<{ name: string; pages: string }>(
    `SELECT datname AS name, sum(shared_blks_hit + shared_blks_read) AS pages
       FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid GROUP BY datname`,
  );
  return new Map(rows.map(({ name, pages }) => [name, Number(pages)]));
}
