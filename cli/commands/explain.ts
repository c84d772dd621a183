import type { Command } from 'commander';
import type { Column, Row } from '../output/table.ts';
import { addAct, type Run } from './command.ts';
import { oneTrade, partiesOf, tradePath } from './one-trade.ts';

const EXPLAINED: readonly Column[] = [
  ['trade', 'tradeId'],
  ['state', 'state'],
  ['refused', 'refused'],
  ['code', 'code'],
  ['decided by', 'party'],
  ['rule', 'rule'],
  ['decided', 'decidedAt'],
  ['revisions', 'revision'],
  ['inputs', 'inputs'],
  ['smallest change', 'change.message'],
  ['and then', ({ further }) => messagesOf(further)],
  ['or', ({ alternatives }) => waysOut(alternatives)],
  ['why there is none', 'whyNot.message'],
];

/** `xwl trade explain` */
export function addExplain(trade: Command, run: Run): void {
  const command = trade
    .command('explain')
    .description('why it was refused, and the smallest change that would have confirmed it');
  addAct(oneTrade(command), run, {
    call: async (web, [id = ''], options) => ({
      ...{ path: `${tradePath(id)}/explain`, query: await partiesOf(web, options) },
    }),
    said: EXPLAINED,
  });
}

function messagesOf(changes: unknown): string {
  return ((changes ?? []) as readonly Row[]).map(({ message }) => String(message)).join(' ');
}

function waysOut(alternatives: unknown): string {
  return ((alternatives ?? []) as readonly { change: Row; further: readonly Row[] }[])
    .map(({ change, further }) => messagesOf([change, ...further]))
    .join(' Or: ');
}
