import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderTable } from '../../table.ts';
import { describeEntries } from '../client-log.ts';
import type { ClientEntry } from '../client-log.ts';
import { openAccounts, putUpOffers } from '../market.ts';
import type { DrillOptions } from '../options.ts';
import { waitForQuiet } from '../quiet.ts';
import { describeForeignCpu, startCpuWatch, timesOf } from '../reaction-times.ts';
import { widenLimit } from '../relationship.ts';
import { allHeld, SHOP_ENV, withShop } from '../shop.ts';
import { openStage, sleep } from '../stage.ts';
import type { Stage } from '../stage.ts';
import { openSampler, type Sample } from './sample.ts';
import { trendsOf } from './trend.ts';

/** More than a cool-down of 60 s lets one account buy at one a second. */
const OFFERS = { unitPrice: '12.34', available: 1_000_000, count: 90 };
const LIMIT = '900000000.00';
/** Forty samples or more of a run of ten minutes: enough for a mean of each third. */
const SAMPLE_EVERY_MS = 10_000;
const SAY_EVERY_MS = 60_000;
const MS_PER_MINUTE = 60_000;

/** Buyers at an even pace for a long time; what a process or table keeps must not add up. */
export async function drillSoak(options: DrillOptions): Promise<boolean> {
  return withShop(await openStage({ name: 'soak', env: SHOP_ENV }), async (shop) => {
    const { stage, log } = shop;
    const sampler = openSampler(stage);
    shop.leaveWith(() => sampler.close());
    await widenLimit(stage, LIMIT);
    const buyers = await openAccounts(stage, options.buyers);
    const offers = await putUpOffers(stage, [OFFERS]);
    const cpu = startCpuWatch(stage);
    const startedAt = Date.now();
    const buying = shop.startBuying({ buyers, offers, everyMs: options.every * 1_000 });
    stage.say(`${options.buyers / options.every} purchases a second, ${options.minutes} min`);
    const samples = await watch(stage, { sampler, startedAt, minutes: options.minutes });
    await buying.stop();
    stage.say(`requests: ${describeEntries(log.entries)}; ${describeForeignCpu(stage, cpu)}`);
    const flat = await report(stage, samples, { entries: log.entries, startedAt });
    const quiet = await waitForQuiet(stage);
    return allHeld(stage, { flat, quiet, judged: await shop.judge(buyers) });
  });
}

interface Watch {
  readonly sampler: ReturnType<typeof openSampler>;
  readonly startedAt: number;
  readonly minutes: number;
}

async function watch(stage: Stage, { sampler, startedAt, minutes }: Watch): Promise<Sample[]> {
  const samples: Sample[] = [];
  const until = startedAt + minutes * MS_PER_MINUTE;
  let saidAt = startedAt;
  while (Date.now() < until) {
    await sleep(SAMPLE_EVERY_MS);
    const sample = await sampler.take((Date.now() - startedAt) / MS_PER_MINUTE);
    samples.push(sample);
    if (Date.now() - saidAt < SAY_EVERY_MS) continue;
    saidAt = Date.now();
    stage.say(describe(sample));
  }
  return samples;
}

function describe({ minutes, memory, connections, ...rest }: Sample): string {
  const megabytes = Object.values(memory).reduce((sum, each) => sum + each, 0);
  return (
    `${minutes.toFixed(0)} min: memory ${megabytes.toFixed(0)} MB, ${connections} sessions, ` +
    `databases ${rest.tables.toFixed(0)} MB, engine ${rest.engine.toFixed(0)} MB, ` +
    `oldest event ${rest.lagSeconds.toFixed(1)} s, history ${rest.longestHistory}`
  );
}

interface Bought {
  readonly entries: readonly ClientEntry[];
  readonly startedAt: number;
}

/** The figures early and late, one row each, and the samples in a file for whoever wants to draw. */
async function report(
  stage: Stage,
  samples: readonly Sample[],
  { entries, startedAt }: Bought,
): Promise<boolean> {
  const confirmed = entries.filter(({ status }) => status === 'CONFIRMED');
  const minutesOf = (entry: ClientEntry): number =>
    (Date.parse(entry.at) - startedAt) / MS_PER_MINUTE;
  const trends = trendsOf(samples, confirmed.map(minutesOf));
  const rows = trends.map(({ name, unit, early, late, limit, flat }) => [
    name,
    early.toFixed(1),
    late.toFixed(1),
    unit,
    limit,
    flat ? 'flat' : 'GROWS',
  ]);
  const header = ['what', 'early', 'late', '', 'limit', ''];
  stage.progress.print(`\n${renderTable(header, rows)}\n`);
  const half = confirmed.length / 2;
  for (const [name, part] of [
    ['first', confirmed.slice(0, half)],
    ['second', confirmed.slice(half)],
  ] as const) {
    const { p50, p95, max } = timesOf(part.map(({ ms }) => ms));
    stage.say(
      `${name} half: ${part.length} confirmed, p50 ${p50} ms, p95 ${p95} ms, max ${max} ms`,
    );
  }
  await writeFile(join(stage.dataDir, 'samples.json'), JSON.stringify(samples));
  return trends.every(({ flat }) => flat);
}
