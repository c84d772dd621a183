import type { Command } from 'commander';
import type { z } from 'zod';
import type { whatIfView } from '../../api/cp/whatif/routes.ts';
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
    .description('which past purchases of a pair other terms would have decided otherwise')
    .argument('<exporter>', 'id or name')
    .argument('<importer>', 'id or name')
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
    const [src = '', dst = ''] = args;
    const { since, until } = options;
    const pair = { src: await wlIdOf(web, src), dst: await wlIdOf(web, dst) };
    return web.call({
      ...{ method: 'POST', path: '/admin/api/whatif' },
      body: { ...pair, since, ...(until === undefined ? {} : { until }), ...changes },
    });
  });
  if (options['json'] === true) return writeJson(around, body);
  const result = body as Result;
  around.write(renderRows(around, FLIPS, result.flips));
  if (result.flips.length < result.flipped) {
    around.write(`the first ${result.flips.length} of ${result.flipped}\n`);
  }
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
  ['gained', ({ gained }) => moneyText(gained as Result['gained'])],
  ['avoided', ({ avoided }) => moneyText(avoided as Result['avoided'])],
  ['buyers paid', ({ paid }) => paidText(paid as Result['paid'])],
  ['without a record', ({ unrecorded }) => countText(unrecorded)],
  ['exporter was never asked', ({ undecided }) => countText(undecided)],
  ['left out', ({ truncated }) => (truncated === true ? 'the newest: shorten the period' : '')],
];

function moneyText({ amount, currency }: Result['gained']): string {
  return [amount, currency].filter((part) => part !== null).join(' ');
}

function paidText({ before, after, currency }: Result['paid']): string {
  return `${moneyText({ amount: before, currency })}, would have paid ${moneyText({ amount: after, currency })}`;
}

/** Left out where there are none. */
function countText(count: unknown): unknown {
  return count === 0 ? '' : count;
}
