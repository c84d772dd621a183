import type { Command } from 'commander';
import type { z } from 'zod';
import type { whatIfView } from '../../api/cp/whatif/schemas.ts';
import { EXIT } from '../exit.ts';
import { renderFields, renderRows, type Column, type Row } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb } from '../web.ts';
import { JSON_OUTPUT, partsOf, writeJson, type Options, type Run } from './command.ts';
import { bodyOf, exportPolicyOf, somethingIn, velocityOf, type Field } from './fields.ts';
import { wlIdOf } from './white-label.ts';

type Result = z.output<typeof whatIfView>;

/** What may differ; the period alone decides nothing otherwise. */
const CHANGES: readonly Field[] = [
  ['fx', 'fxRate'],
  ['limit', 'limitAmount'],
  ['velocity', 'velocity', velocityOf],
];

/** `xwl whatif` */
export function addWhatIf(program: Command, run: Run): void {
  program
    .command('whatif')
    .description(
      'which past purchases of a pair, or of all, other terms would have decided otherwise',
    )
    .argument('[exporter]', 'id or name; else every pair')
    .argument('[importer]', 'id or name; else every pair of that exporter')
    .requiredOption('--since <time>', 'begin of the period (ISO 8601)')
    .option('--until <time>', 'its end; else now')
    .option('--fx <rate>', "exporter's currency to importer's, at most 8 decimals")
    .option('--limit <amount>', "in the exporter's currency")
    .option('--export-policy <file>', 'JSON of the export_policy; none for without one')
    .option('--velocity <amount/seconds>', 'at most so much in so long; none for without one')
    .option(...JSON_OUTPUT)
    .action(run(async (around, ...given: unknown[]) => whatIf(around, partsOf(given))));
}

async function whatIf(around: Surroundings, { args, options }: ReturnType<typeof partsOf>) {
  const changes = await changesOf(options);
  const { body } = await withWeb(around, async (web) => {
    const [src, dst] = args;
    const { since, until } = options;
    const pair = {
      ...(src !== undefined && { src: await wlIdOf(web, src) }),
      ...(dst !== undefined && { dst: await wlIdOf(web, dst) }),
    };
    return web.call({
      ...{ method: 'POST', path: '/admin/api/whatif' },
      body: { ...pair, since, ...(until === undefined ? {} : { until }), ...changes },
    });
  });
  if (options['json'] === true) return writeJson(around, body);
  const result = body as Result;
  const isOnePair = result.src !== null && result.dst !== null;
  around.write(renderRows(around, isOnePair ? FLIPS : [...PAIR, ...FLIPS], result.flips));
  if (result.flips.length < result.flipped) {
    around.write(`the newest ${result.flips.length} of ${result.flipped}\n`);
  }
  if (!isOnePair) around.write(`\n${renderRows(around, [...PAIR, ...PAIR_SUMS], result.pairs)}`);
  around.write(`\n${renderFields(SUMS, body as Row)}`);
  return EXIT.ok;
}

async function changesOf(options: Options): Promise<Record<string, unknown>> {
  const exportPolicy = await exportPolicyOf(options);
  return somethingIn({
    ...bodyOf(CHANGES, options),
    ...(exportPolicy === undefined ? {} : { exportPolicy }),
  });
}

const PASSED = 'passed';

const PAIR: readonly Column[] = [
  ['exporter', 'src'],
  ['importer', 'dst'],
];

const PAIR_SUMS: readonly Column[] = [
  ['again', ({ rerun, unanswered }) => (unanswered === true ? 'no answer' : rerun)],
  ['flipped', 'flipped'],
  ['gained', ({ gained }) => moneyText(gained as Money)],
  ['avoided', ({ avoided }) => moneyText(avoided as Money)],
  ['left out', ({ from }) => (typeof from === 'string' ? `before ${from}` : '')],
];

const FLIPS: readonly Column[] = [
  ['trade', 'tradeId'],
  ['at', 'at'],
  ['then', ({ before }) => before ?? PASSED],
  ['now', ({ after }) => after ?? PASSED],
  ['amount', 'amount'],
  ['captured', 'confirmed'],
];

const SUMS: readonly Column[] = [
  ['decided again', 'rerun'],
  ['flipped', 'flipped'],
  ['gained', ({ gained }) => (gained as Result['gained']).map(moneyText).join(', ')],
  ['avoided', ({ avoided }) => (avoided as Result['avoided']).map(moneyText).join(', ')],
  ['buyers paid', ({ paid }) => (paid as Result['paid']).map(paidText).join('; ')],
  ['without a record', ({ unrecorded }) => countText(unrecorded)],
  ['exporter was never asked', ({ undecided }) => countText(undecided)],
  ['no answer', ({ pairs }) => unansweredText(pairs as Result['pairs'])],
  ['left out', (result) => leftOutText(result as unknown as Result)],
];

type Money = Result['gained'][number];

function moneyText({ amount, currency }: Money): string {
  return [amount, currency].filter((part) => part !== null).join(' ');
}

function unansweredText(pairs: Result['pairs']): string {
  const count = pairs.filter(({ unanswered }) => unanswered).length;
  return count === 0 ? '' : `${count} of ${pairs.length} pairs`;
}

function leftOutText({ truncated, pairsLeftOut, pairs }: Result): string {
  if (pairsLeftOut) return 'pairs that traded longest ago: shorten the period';
  if (!truncated) return '';
  const from = pairs.length === 1 ? pairs[0]?.from : undefined;
  return `the oldest${from ? `, before ${from}` : ''}: shorten the period`;
}

function paidText({ before, after, currency }: Result['paid'][number]): string {
  return `${moneyText({ amount: before, currency })}, would have paid ${moneyText({ amount: after, currency })}`;
}

/** Left out where there are none. */
function countText(count: unknown): unknown {
  return count === 0 ? '' : count;
}
