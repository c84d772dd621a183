import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testFolder } from '../../test/stack/setup.ts';
import { startTestTemporal } from '../../test/support/temporal.ts';
import { FINISHED } from '../mutants/run.ts';
import { add, readRecord, renderRecord, writeRecord, type CampaignRecord } from '../record.ts';
import type { Comparison } from './compare.ts';
import type { FromLane, LaneSetup, ToLane } from './lane.ts';
import { namespaceOf } from './lane-world.ts';

export interface ServerRun {
  readonly seeds: number;
  readonly from: number | undefined;
  readonly data: string;
  readonly bundles: string;
  readonly lanes: number;
  /** Runs scripts without faults on double and server, and compares. */
  readonly isComparing: boolean;
  readonly say: (text: string) => void;
}

const ENTRY = fileURLToPath(new URL('./lane.ts', import.meta.url));
/** The server's default of 10 s for whoever names none: a seed would wait for nothing else. */
export const TASK_TIMEOUT = { 'history.defaultWorkflowTaskTimeout': 2 };
const SHOWN_EVERY = 10;

/** Runs seeds on one real server, several lanes at once; answers the exit code. */
export async function runOnServer(run: ServerRun): Promise<number> {
  const path = join(run.data, 'server.json');
  const record = await readRecord(path);
  const from = run.from ?? record.next;
  const seeds = Array.from({ length: run.seeds }, (_, index) => from + index);
  const folder = await testFolder();
  const lanes = Array.from({ length: Math.min(run.lanes, run.seeds) }, (_, lane) => lane);
  const temporal = await startTestTemporal(
    folder.path,
    lanes.flatMap((lane) => [namespaceOf('importer', lane), namespaceOf('exporter', lane)]),
    TASK_TIMEOUT,
  );
  const tally = new Tally(run, record, path);
  const startedAt = performance.now();
  try {
    await Promise.all(
      lanes.map((lane) => {
        const { bundles, isComparing } = run;
        const setup = { lane, address: temporal.address, bundles, isComparing };
        return runLane(
          setup,
          () => seeds.shift(),
          (message) => tally.hear(lane, message),
        );
      }),
    );
  } finally {
    await temporal.stop();
    await folder.remove();
  }
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  run.say(`${run.seeds} seeds on the real server in ${seconds} s, ${lanes.length} at once`);
  return tally.end();
}

function runLane(
  setup: LaneSetup,
  next: () => number | undefined,
  hear: (message: FromLane) => Promise<void>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = fork(ENTRY, [JSON.stringify(setup)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', (message: FromLane) => {
    hear(message).then(() => {
      const told: ToLane = { seed: next() };
      child.send(told);
    }, reject);
  });
  child.on('error', reject);
  child.on('exit', (code, signal) => {
    if (code === 0) resolve();
    else reject(new Error(`lane ${setup.lane} has ended: ${code ?? signal}`));
  });
  return promise.finally(() => child.kill('SIGKILL'));
}

/** Adds up what the lanes report. */
class Tally {
  readonly #run: ServerRun;
  readonly #record: CampaignRecord;
  readonly #path: string;
  readonly #lost = new Map<number, { readonly killed: number; readonly stopped: number }>();
  readonly #compared: Comparison[] = [];
  #seen = 0;
  #voided = 0;
  #broken = 0;

  constructor(run: ServerRun, record: CampaignRecord, path: string) {
    this.#run = run;
    this.#record = record;
    this.#path = path;
  }

  async hear(lane: number, message: FromLane): Promise<void> {
    const { say } = this.#run;
    if (message.kind === 'ready') return;
    this.#seen += 1;
    if (message.kind === 'compared') {
      const { seed, differences } = message.comparison;
      this.#compared.push(message.comparison);
      if (differences.length > 0) say([`seed ${seed} differs:`, ...differences].join('\n  '));
      return;
    }
    const { outcome, voided, lost } = message;
    this.#voided += voided;
    const { seed, broken } = outcome;
    this.#lost.set(lane, lost);
    const next = Math.max(this.#record.next, seed + 1);
    add(this.#record, outcome);
    this.#record.next = next;
    if (broken.length > 0) {
      this.#broken += 1;
      say([`seed ${seed} breaks:`, ...broken].join('\n  '));
    }
    if (this.#seen % SHOWN_EVERY === 0) say(`${this.#seen} seeds: ${this.#broken} broken so far`);
    await writeRecord(this.#path, this.#record);
  }

  end(): number {
    const { say, isComparing } = this.#run;
    if (isComparing) {
      const differing = this.#compared.filter(({ differences }) => differences.length > 0);
      const trades = this.#compared.reduce((sum, { trades: count }) => sum + count, 0);
      say(`${this.#compared.length} scripts, ${trades} trades: ${differing.length} scripts differ`);
      return differing.length === 0 ? 0 : 1;
    }
    const sum = (what: 'killed' | 'stopped'): number =>
      [...this.#lost.values()].reduce((total, lost) => total + lost[what], 0);
    say(`processes of workers: ${sum('killed')} killed, ${sum('stopped')} stopped`);
    if (this.#voided > 0) say(`${this.#voided} runs without a connection in time were repeated`);
    if (this.#broken === 0) say(FINISHED);
    say(renderRecord(this.#record));
    return this.#broken === 0 ? 0 : 1;
  }
}
