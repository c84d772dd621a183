import type { Command } from 'commander';
import type { z } from 'zod';
import type { ChangeView, explainView } from '../../api/cp/explain/schemas.ts';
import { EXPLAIN_WORDS } from '../../console/src/texts/explain-words.ts';
import { languageOf } from '../language.ts';
import { plainText, renderFields, type Column, type Row } from '../output/table.ts';
import { addAct, type Run } from './command.ts';
import { oneTrade, partiesOf, tradePath } from './one-trade.ts';

type Explained = z.output<typeof explainView>;
type Word = keyof typeof EXPLAIN_WORDS;
type Say = (word: Word) => string;

/** Titled by the console's words, so that both name a thing alike in either language. */
const EXPLAINED: readonly (readonly [Word, (explained: Explained, say: Say) => unknown])[] = [
  ['trade', ({ tradeId }) => tradeId],
  ['state', ({ state }) => state],
  ['refused', ({ refused }, say) => say(refused ? 'yes' : 'no')],
  ['code', ({ code }) => code],
  ['by', ({ party }, say) => party && say(party)],
  ['rule', ({ rule }) => rule],
  ['at', ({ decidedAt }) => decidedAt],
  ['policyRevision', ({ revision }) => revision?.policy],
  ['relationshipRevision', ({ revision }) => revision?.relationship],
  ['inputs', ({ inputs = {} }) => inputsOf(inputs)],
  ['smallest', ({ change }) => change?.message],
  ['after', ({ further = [] }) => messagesOf(further)],
  ['or', ({ alternatives = [] }, say) => waysOut(alternatives, say)],
  ['whyNot', ({ whyNot }) => whyNot?.message],
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
    said: (row, { env }) => {
      const say: Say = (word) => EXPLAIN_WORDS[word][languageOf(env)];
      return renderFields(columnsOf(say), row);
    },
  });
}

function columnsOf(say: Say): readonly Column[] {
  return EXPLAINED.map(([word, value]) => [
    say(word),
    (row: Row) => value(row as unknown as Explained, say),
  ]);
}

function inputsOf(inputs: NonNullable<Explained['inputs']>): string {
  return Object.entries(inputs)
    .map(([name, value]) => `${name} ${plainText(value ?? '–')}`)
    .join(', ');
}

function messagesOf(changes: readonly ChangeView[]): string {
  return changes.map(({ message }) => message).join(' ');
}

function waysOut(alternatives: NonNullable<Explained['alternatives']>, say: Say): string {
  return alternatives
    .map(({ change, further }) => messagesOf([change, ...further]))
    .join(` ${say('or')}: `);
}
