import type { Command } from 'commander';
import { renderFields, type Column, type Row } from '../output/table.ts';
import type { Call, Web } from '../web.ts';
import {
  addAct,
  addList,
  keyOf,
  type ActSpec,
  type ListSpec,
  type Options,
  type Run,
} from './command.ts';
import { oneTrade, partiesOf, tradePath } from './one-trade.ts';

const ATTENTION: ListSpec = {
  ...{ path: '/admin/api/attention', paging: 'cursor' },
  columns: [
    ['kind', 'kind'],
    ['trade or event', (row) => (row['trade'] === null ? row['id'] : tradeOf(row)['tradeId'])],
    ['reason', 'reason'],
    ['since', 'since'],
    ['importer', 'trade.importer.name'],
    ['exporter', 'trade.exporter.name'],
    ['offer', 'trade.offer.title'],
    ['amount', 'trade.amount'],
    ['currency', 'trade.currency'],
    ['detail', (row) => (row['quarantined'] as Row | null)?.['detail']],
  ],
  filters: [
    { flag: '--kind <kind>', about: 'parked, mismatch or quarantined', name: 'kind' },
    { flag: '--wl <wl>', about: 'of this one', name: 'wl', isWl: true },
    { flag: '--text <text>', about: 'in ids, offer, seller, buyer (masked), reason', name: 'text' },
  ],
  footer: ({ counts, nextCursor }) => {
    const { parked, mismatches, quarantined } = counts as Row;
    const more = typeof nextCursor === 'string' ? `; more: --cursor ${nextCursor}, or --all` : '';
    return `${String(parked)} parked, ${String(mismatches)} mismatches, ${String(quarantined)} quarantined${more}`;
  },
};

function tradeOf(row: Row): Row {
  return row['trade'] as Row;
}

const RESULT: readonly Column[] = [
  ['result', 'result'],
  ['state', 'state'],
];
const PURCHASE: readonly Column[] = [
  ['trade', 'tradeId'],
  ['status', 'status'],
  ['state', 'state'],
  ['reason', 'reason'],
  ['message', 'msg'],
];

/** `xwl trade attention` and what finishes a purchase by hand (docs/support.md). */
export function addDesk(trade: Command, run: Run): void {
  addList(trade.command('attention').description('what waits for a person'), run, ATTENTION);
  act(trade, run, {
    name: 'retry',
    about: 'asks the exporter once more, now',
    said: RESULT,
  });
  act(trade, run, {
    name: 'abandon',
    about: 'cancels at the exporter for good and adopts its answer',
    question: (id) =>
      `Trade ${id} is cancelled at the exporter: refunded, or confirmed if it was captured. Go on?`,
    said: RESULT,
  });
  resolve(trade, run);
  act(trade, run, {
    name: 'confirm',
    route: 'resolve/confirm',
    about: 'the second person agrees to a resolution against or without the exporter',
    question: (id) => `Trade ${id} ends as was asked, whatever the exporter did. Go on?`,
    said: RESULT,
  });
  act(trade, run, {
    name: 'reverse',
    about: 'undoes a confirmed purchase at both parties',
    question: (id) => `Trade ${id} is undone: stock and money go back at both parties. Go on?`,
    said: PURCHASE,
    isKeyed: true,
  });
  act(trade, run, {
    name: 'rerun',
    about: "a new purchase on today's terms, linked to a rejected one",
    question: (id) => `The buyer of trade ${id} buys again, at today's price. Go on?`,
    said: PURCHASE,
    isKeyed: true,
  });
}

interface Act {
  readonly name: string;
  /** Below the trade's path; the name unless said otherwise. */
  readonly route?: string;
  readonly about: string;
  readonly question?: (tradeId: string) => string;
  readonly said: readonly Column[];
  readonly isKeyed?: boolean;
}

function act(trade: Command, run: Run, { name, route = name, ...spec }: Act): void {
  const command = reasoned(oneTrade(trade.command(name).description(spec.about)));
  if (spec.isKeyed === true) command.option('--key <key>', 'idempotency key: done once by it');
  const { question } = spec;
  addAct(command, run, {
    ...(question === undefined ? {} : { question: ([id = '']) => question(id) }),
    call: async (web, [id = ''], options, around) => ({
      ...(await deskCall(web, { id, route, options })),
      ...(spec.isKeyed === true ? { headers: keyOf(around, options) } : {}),
      body: { reason: options['reason'] },
    }),
    said: spec.said,
  });
}

function resolve(trade: Command, run: Run): void {
  const about = 'adopts what the exporter answers; without an answer a second person confirms';
  const command = oneTrade(trade.command('resolve').description(about)).argument(
    '<outcome>',
    'confirmed or compensated',
  );
  const said: ActSpec['said'] = (row) => {
    const hint = 'another person confirms it: xwl trade confirm TRADE --reason …\n';
    return `${renderFields(RESULT, row)}${row['result'] === 'NEEDS_SECOND_PERSON' ? hint : ''}`;
  };
  addAct(reasoned(command), run, {
    question: ([id, outcome]) =>
      `Trade ${id}: the exporter is asked; without an answer it is to end ${outcome}. Go on?`,
    call: async (web, [id = '', outcome = ''], options) => ({
      ...(await deskCall(web, { id, route: 'resolve', options })),
      body: { outcome: outcome.toUpperCase(), reason: options['reason'] },
    }),
    said,
  });
}

function reasoned(command: Command): Command {
  return command.requiredOption('--reason <text>', 'why, for the audit');
}

interface Wanted {
  readonly id: string;
  readonly route: string;
  readonly options: Options;
}

async function deskCall(web: Web, { id, route, options }: Wanted): Promise<Call> {
  const query = await partiesOf(web, options);
  return { method: 'POST', path: `${tradePath(id)}/${route}`, query };
}
