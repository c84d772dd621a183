import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { readKept, writeRecord } from '../record.ts';
import { lifeFolder, openLife } from './life.ts';
import type { Life } from './life.ts';
import { addSeed, NO_PROCESS_RECORD, renderProcessRecord } from './record.ts';
import { runSeed } from './run-seed.ts';

export interface ProcessCampaign {
  readonly seeds?: string | undefined;
  readonly from?: string | undefined;
  readonly data: string;
  readonly say: (text: string) => void;
}

const SEEDS = 30;
/** A stack that lives long hides what only a fresh one meets; one that is new meets only that. */
const SEEDS_A_LIFE = 10;

/** Seeds on real processes; without `from` it goes on where the last run ended. 0: all held. */
export async function runProcesses(campaign: ProcessCampaign): Promise<number> {
  const { data, say } = campaign;
  const path = join(data, 'processes.json');
  const record = await readKept(path, NO_PROCESS_RECORD);
  const from = campaign.from === undefined ? record.next : Number(campaign.from);
  const end = from + (campaign.seeds === undefined ? SEEDS : Number(campaign.seeds));
  const brokenBefore = record.broken.length;
  for (let seed = from; seed < end;) {
    const life = await openLife(seed);
    for (const line of life.leftOut) say(`left out on this machine: ${line}`);
    let isWell = true;
    try {
      const last = Math.min(end, seed + SEEDS_A_LIFE);
      for (; seed < last && isWell; seed += 1) {
        const outcome = await Promise.race([runSeed(life, seed), life.stage.broken]);
        addSeed(record, outcome);
        await writeRecord(path, record);
        isWell = outcome.broken.length === 0;
        const took = (outcome.tookMs / 1_000).toFixed(0);
        say(`seed ${seed}: ${isWell ? 'holds' : `BROKEN ${outcome.broken.join(', ')}`}, ${took} s`);
      }
      // What is broken stays so in these books: the next seed needs others.
      if (!isWell) await keep(life, join(data, `seed-${seed - 1}`), say);
    } finally {
      await life.close();
    }
    if (!isWell) say(`again: npm run campaign -- --processes --seeds=1 --from=${seed - 1}`);
  }
  say(renderProcessRecord(record));
  return record.broken.length === brokenBefore ? 0 : 1;
}

/** Logs of processes and buyers, and the databases as they stand. */
async function keep(life: Life, folder: string, say: (text: string) => void): Promise<void> {
  await life.stage.stack.supervisor.stopAll();
  await cp(lifeFolder(), folder, { recursive: true, preserveTimestamps: true });
  say(`logs, client logs and databases are kept in ${folder}`);
}
