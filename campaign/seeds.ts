import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBundles } from '../stack/bundles/bundles.ts';
import { runLanes } from './lanes.ts';
import { FINISHED } from './mutants/run.ts';
import { renderProgress } from './progress.ts';
import type { Outcome } from './run-seed.ts';
import type { Script } from './script.ts';
import {
  addTo,
  readCampaign,
  renderCampaign,
  stateOfTree,
  writeCampaign,
  type KeptCampaign,
} from './states.ts';

export interface SeedsRun {
  readonly seeds: number;
  readonly from: number | undefined;
  readonly lanes: number;
  readonly data: string;
  /** Ends with the first seed that breaks a rule, and keeps nothing. */
  readonly isFirst: boolean;
  readonly bundles: string;
  readonly say: (text: string) => void;
}

/** Often enough to see that it goes on. */
const SHOWN_EVERY_MS = 15_000;
/** Failing scripts that are kept: the tests run every file of it. */
const KEPT = new URL('../test/campaign/scripts/', import.meta.url).pathname;
/** Of a process that was ended by Ctrl-C. */
const INTERRUPTED = 130;

/** Runs seeds on the double, in lanes, and answers what the command does. */
export async function runSeeds(run: SeedsRun): Promise<number> {
  const { lanes, bundles, isFirst, say } = run;
  const path = join(run.data, 'record.json');
  const [state, kept] = await Promise.all([stateOfTree(), readCampaign(path)]);
  await ensureBundles(bundles);
  const tally = new Tally(run, { kept, state, path });
  const ending = new AbortController();
  const interrupt = (): void => {
    if (tally.isEnding) ending.abort();
    tally.isEnding = true;
    tally.isInterrupted = true;
    say('ends with the seeds that are under way; once more ends at once');
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const shown = setInterval(() => tally.show(), SHOWN_EVERY_MS);
  try {
    await runLanes({
      ...{ lanes, bundles, state, isShrinking: !isFirst, signal: ending.signal },
      next: () => tally.next(),
      onOutcome: (outcome) => tally.hear(outcome),
      onShrunk: (seed, script) => tally.keep(seed, script),
    });
  } finally {
    clearInterval(shown);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await tally.written;
  }
  return tally.end();
}

interface Place {
  readonly kept: KeptCampaign;
  readonly state: string;
  readonly path: string;
}

/** Hands the seeds out and adds up, in their order, what they came to. */
class Tally {
  readonly #run: SeedsRun;
  readonly #place: Place;
  readonly #from: number;
  readonly #start = performance.now();
  /** Over, while one before them is not: the record knows no gaps. */
  readonly #ahead = new Map<number, Outcome>();
  #next: number;
  #toAdd: number;
  #done = 0;
  #broken = 0;
  #again = 0;
  isEnding = false;
  isInterrupted = false;
  /** Settled once all that is known so far is in the record. */
  written: Promise<void> = Promise.resolve();

  constructor(run: SeedsRun, place: Place) {
    this.#run = run;
    this.#place = place;
    this.#from = run.from ?? place.kept.next;
    this.#next = this.#from;
    this.#toAdd = this.#from;
  }

  next(): number | undefined {
    if (this.isEnding || this.#next >= this.#from + this.#run.seeds) return undefined;
    this.#next += 1;
    return this.#next - 1;
  }

  hear(outcome: Outcome): void {
    const { seed, broken } = outcome;
    const { say, isFirst } = this.#run;
    this.#done += 1;
    this.#ahead.set(seed, outcome);
    if (broken.length > 0) {
      this.#broken += 1;
      say([`seed ${seed} breaks:`, ...broken].join('\n  '));
      if (isFirst) this.isEnding = true;
    }
    if (!isFirst) this.#add();
  }

  #add(): void {
    const { kept, state, path } = this.#place;
    for (;;) {
      const outcome = this.#ahead.get(this.#toAdd);
      if (outcome === undefined) break;
      this.#ahead.delete(this.#toAdd);
      this.#toAdd += 1;
      if (!addTo(kept, state, outcome)) this.#again += 1;
    }
    this.written = this.written.then(() => writeCampaign(path, kept));
  }

  keep(seed: number, script: Script): void {
    const path = join(KEPT, `seed-${seed}.json`);
    const { operations, faults } = script;
    const left = operations.filter(({ kind }) => kind !== 'nothing').length;
    this.#run.say(`seed ${seed} shrunk to ${left} operations and ${faults.length} faults: ${path}`);
    this.written = this.written.then(async () => {
      await mkdir(KEPT, { recursive: true });
      await writeFile(path, `${JSON.stringify(script, undefined, 2)}\n`);
    });
  }

  show(): void {
    const elapsedMs = performance.now() - this.#start;
    const progress = { done: this.#done, of: this.#run.seeds, broken: this.#broken, elapsedMs };
    this.#run.say(`seed ${this.#next - 1}, ${renderProgress(progress, new Date())}`);
  }

  end(): number {
    const { say, isFirst } = this.#run;
    const { kept, state } = this.#place;
    this.show();
    if (this.#again > 0) say(`${this.#again} of them were run on this state before: not counted`);
    if (this.#broken === 0 && !this.isInterrupted) say(FINISHED);
    if (!isFirst) say(renderCampaign(kept, state));
    if (this.#broken > 0) return 1;
    return this.isInterrupted ? INTERRUPTED : 0;
  }
}
