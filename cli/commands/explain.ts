import type { Command } from 'commander';
import type { Column } from '../output/table.ts';
import { addAct, segment, type Run } from './command.ts';
import { wlIdOf } from './white-label.ts';

const EXPLAINED: readonly Column[] = [
  ['trade', 'tradeId'],
  ['state', 'state'],
  ['code', 'code'],
  ['decided by', 'party'],
  ['rule', 'rule'],
  ['decided', 'decidedAt'],
  ['revisions', 'revision'],
  ['inputs', 'inputs'],
  ['smallest change', 'change.message'],
  ['why there is none', 'whyNot.message'],
];
/** `xwl trade explain` */
export function addExplain(trade: Command, run: Run): void {
  const command = trade
    .command('explain')
    .description('why it was refused, and the smallest change that would have confirmed it')
    .argument('<tradeId>')
    .option('--importer <wl>', 'where two importers use the same trade id');
  addAct(command, run, {
    call: async (web, [id = ''], { importer }) => ({
      path: `/admin/api/trades/${segment(id)}/explain`,
      query: typeof importer === 'string' ? { importer: await wlIdOf(web, importer) } : {},
    }),
    said: EXPLAINED,
  });
}
