import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import { plainText, renderRows, type Column, type Row } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb } from '../web.ts';
import {
  addAct,
  addList,
  JSON_OUTPUT,
  keyOf,
  partsOf,
  segment,
  readAll,
  writeJson,
  type Filter,
  type Options,
  type Run,
} from './command.ts';
import { wlIdOf } from './white-label.ts';

const COLUMNS: readonly Column[] = [
  ['id', 'id'],
  ['payee', 'src'],
  ['payer', 'dst'],
  ['amount', 'amount'],
  ['currency', 'currency'],
  ['payer pays', (row) => `${String(row['payerAmount'])} ${String(row['payerCurrency'])}`],
  ['state', 'state'],
  ['made by', 'maker'],
  ['made', 'madeAt'],
  ['applied', (row) => appliedOf(row['sides'] as readonly Row[])],
  ['note', 'note'],
];

const SHOWN: readonly Column[] = [
  ...COLUMNS,
  ['plan', 'planId'],
  ['fx', 'fxRate'],
  ['decided by', 'decidedBy'],
  ['decided', 'decidedAt'],
];

const LINE: readonly Column[] = [
  ['at', 'at'],
  ['what', 'kind'],
  ['reference', 'reference'],
  ['amount', 'amount'],
  ['balance', 'balance'],
];

export const PAIR_FILTERS: readonly Filter[] = [
  { flag: '--src <wl>', about: 'exporter', name: 'src', isWl: true },
  { flag: '--dst <wl>', about: 'importer', name: 'dst', isWl: true },
];

/** `xwl settlement …` */
export function addSettlement(program: Command, run: Run): void {
  const settlement = program.command('settlement').description('payments between white labels');
  addList(settlement.command('list').description('newest first'), run, {
    ...{ path: '/admin/api/settlements', paging: 'cursor', columns: COLUMNS },
    filters: [
      ...PAIR_FILTERS,
      { flag: '--state <state>', about: 'pending, confirmed or withdrawn', name: 'state' },
      { flag: '--plan <id>', about: 'of this compensation plan', name: 'plan', query: 'planId' },
    ],
  });
  addAct(
    settlement
      .command('create')
      .description('records a payment; another person confirms it')
      .argument('<payee>', 'exporter: id or name')
      .argument('<payer>', 'importer: id or name')
      .argument('<amount>', "in the payee's currency")
      .requiredOption('--note <text>', 'what it settles')
      .option('--key <key>', 'idempotency key; the same one never records twice'),
    run,
    {
      call: async (web, [src = '', dst = '', amount], options, around) => ({
        ...{ method: 'POST', path: '/admin/api/settlements', headers: keyOf(around, options) },
        body: {
          ...{ src: await wlIdOf(web, src), dst: await wlIdOf(web, dst) },
          ...{ amount, note: options['note'] },
        },
      }),
      said: SHOWN,
    },
  );
  const decide = (name: 'confirm' | 'withdraw', about: string, question: string): void =>
    void addAct(settlement.command(name).description(about).argument('<id>'), run, {
      question: ([id]) => question.replace('%', String(id)),
      call: async (_web, [id = '']) => ({
        ...{ method: 'POST', path: `/admin/api/settlements/${segment(id)}/${name}` },
      }),
      said: SHOWN,
    });
  decide(
    'confirm',
    'the second person agrees',
    'Settlement % will be posted in both books. Go on?',
  );
  decide('withdraw', 'takes back what is not confirmed', 'Settlement % will be void. Go on?');
  settlement
    .command('statement')
    .description('what was owed and paid in a period')
    .argument('<exporter>', 'id or name')
    .argument('<importer>', 'id or name')
    .requiredOption('--from <time>', 'ISO 8601')
    .requiredOption('--to <time>', 'ISO 8601')
    .option('--csv', 'CSV instead of text')
    .option(...JSON_OUTPUT)
    .action(
      run(async (around, ...given: unknown[]) => {
        const { args, options } = partsOf(given);
        return statement(around, args, options);
      }),
    );
}

async function statement(around: Surroundings, args: readonly string[], options: Options) {
  const isCsv = options['csv'] === true;
  const [from = '', to = ''] = [options['from'], options['to']].map(String);
  const path = '/admin/api/settlements/statement';
  const answer = await withWeb(around, async (web) => {
    const [src, dst] = [await wlIdOf(web, args[0] ?? ''), await wlIdOf(web, args[1] ?? '')];
    const query = { src, dst, from, to };
    if (!isCsv) return readAll(web, path, query);
    return (await web.call({ path, query, headers: { accept: 'text/csv' } })).text;
  });
  if (typeof answer === 'string') {
    around.write(answer);
    return EXIT.ok;
  }
  if (options['json'] === true) return writeJson(around, answer);
  const { currency, opening, items, closing } = answer;
  const unit = ` ${plainText(currency)}`.trimEnd();
  around.write(`opening ${String(opening)}${unit}\n`);
  around.write(renderRows(around, LINE, items as readonly Row[]));
  around.write(`closing ${String(closing)}${unit}\n`);
  return EXIT.ok;
}

function appliedOf(sides: readonly Row[]): string {
  return sides
    .filter(({ appliedAt }) => appliedAt !== null)
    .map(({ role }) => String(role).toLowerCase())
    .join(', ');
}
