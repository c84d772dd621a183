import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import { renderRows, type Column, type Row } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb, type Query } from '../web.ts';
import { JSON_OUTPUT, partsOf, writeJson, type Options, type Run } from './command.ts';
import { wlIdOf } from './white-label.ts';

const PAIRS: readonly Column[] = [
  ['white label', 'wlId'],
  ['partner', 'partner'],
  ['currency', 'currency'],
  ['exports', 'exports'],
  ['imports', 'imports'],
  ['net', 'net_delta'],
  ['reserved', 'reserved'],
  ['exposure', 'exposure'],
  ['limit', 'limit'],
  ['%', 'percent'],
  ['disabled', 'disabled'],
];

const CONSOLIDATED: readonly Column[] = [
  ['white label', 'wlId'],
  ['currency', 'currency'],
  ['partners', 'partners'],
  ['exports', 'exports'],
  ['imports', 'imports'],
  ['net', 'net_delta'],
  ['reserved', 'reserved'],
  ['exposure', 'exposure'],
];

/** `xwl balance` */
export function addBalance(program: Command, run: Run): void {
  program
    .command('balance')
    .description('exports, imports and exposure of each pair, and of each white label')
    .option('--wl <wl>', 'of this one')
    .option('--partner <wl>', 'towards this one')
    .option('--from <time>', 'begin of the period (ISO 8601)')
    .option('--to <time>', 'end of the period')
    .option('--as-of <time>', 'as it stood then')
    .option('--limit <n>', 'pairs of a page, at most 200')
    .option('--cursor <cursor>', 'where the page begins')
    .option('--csv', 'CSV instead of text')
    .option(...JSON_OUTPUT)
    .action(run(async (around, ...given: unknown[]) => balance(around, partsOf(given).options)));
}

async function balance(around: Surroundings, options: Options) {
  const isCsv = options['csv'] === true;
  const { body, text } = await withWeb(around, async (web) => {
    const { wl, partner, from, to, asOf, limit, cursor } = options;
    const query = {
      ...{ from, to, asOf, limit, cursor },
      wlId: wl === undefined ? undefined : await wlIdOf(web, String(wl)),
      partner: partner === undefined ? undefined : await wlIdOf(web, String(partner)),
    } as Query;
    const headers: Record<string, string> = isCsv ? { accept: 'text/csv' } : {};
    return web.call({ path: '/reports/trade-balance', query, headers });
  });
  if (isCsv) {
    around.write(text);
    return EXIT.ok;
  }
  if (options['json'] === true) return writeJson(around, body);
  const { asOf, items, consolidated, nextCursor } = body as Row;
  around.write(`as of ${String(asOf)}\n`);
  around.write(renderRows(around, PAIRS, items as readonly Row[]));
  around.write(`\n${renderRows(around, CONSOLIDATED, consolidated as readonly Row[])}`);
  if (typeof nextCursor === 'string') around.write(`more: --cursor ${nextCursor}\n`);
  return EXIT.ok;
}
