import type { Command } from 'commander';
import { CommandError, EXIT } from '../exit.ts';
import { plainText, renderFields, renderRows, type Column, type Row } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb } from '../web.ts';
import {
  addAct,
  addList,
  askFirst,
  keyOf,
  JSON_OUTPUT,
  partsOf,
  segment,
  writeJson,
  YES,
  type Filter,
  type Options,
  type Run,
} from './command.ts';
import { wlIdOf } from './white-label.ts';

const LISTED: readonly Column[] = [
  ['id', 'id'],
  ['exporter', 'src'],
  ['importer', 'dst'],
  ['action', 'action'],
  ['origin', 'origin'],
  ['state', 'state'],
  ['acked', (row) => ackedOf(row['deliveries'] as readonly Row[])],
  ['attempts', (row) => attemptsOf(row['deliveries'] as readonly Row[])],
  ['created', 'createdAt'],
];

const SHOWN: readonly Column[] = [
  ...LISTED,
  ['sequence', 'sequence'],
  ['reason', 'reason'],
  ['exposure', 'exposure'],
  ['limit', 'limit'],
  ['created by', 'createdBy'],
  ['correlation id', 'correlationId'],
];

const DELIVERY: readonly Column[] = [
  ['white label', 'wlId'],
  ['state', 'state'],
  ['round', 'round'],
  ['attempts', 'attemptCount'],
  ['sent', 'lastSentAt'],
  ['acked', 'ackedAt'],
  ['by', 'ackKind'],
  ['offers', 'offersChanged'],
  ['last answer', (row) => lastAnswer(row['attempts'] as readonly Row[] | undefined)],
];

const FILTERS: readonly Filter[] = [
  { flag: '--state <state>', about: 'pending, sent, acked, superseded, cancelled', name: 'state' },
  { flag: '--wl <wl>', about: 'to this one', name: 'wl', query: 'wlId', isWl: true },
  { flag: '--src <wl>', about: 'exporter', name: 'src', isWl: true },
  { flag: '--dst <wl>', about: 'importer', name: 'dst', isWl: true },
];

/** `xwl signal …` */
export function addSignal(program: Command, run: Run): void {
  const signal = program.command('signal').description('DISABLE and ENABLE of a pair');
  addList(signal.command('list').description('newest first'), run, {
    ...{ path: '/imbalance/signals', paging: 'cursor', columns: LISTED, filters: FILTERS },
  });
  addAct(signal.command('show').description('with deliveries and attempts').argument('<id>'), run, {
    call: async (_web, [id = '']) => ({ path: `/imbalance/signals/${segment(id)}` }),
    said: shownText,
  });
  addAct(
    signal
      .command('create')
      .description('signals both white labels of a pair')
      .argument('<action>', 'disable or enable')
      .argument('<exporter>', 'id or name')
      .argument('<importer>', 'id or name')
      .requiredOption('--reason <text>', 'why, for the audit')
      .option('--key <key>', 'idempotency key; the same one never signals twice'),
    run,
    {
      question: ([action = '', src, dst]) =>
        `${action.toUpperCase()} new purchases ${src} → ${dst} at both white labels?`,
      call: async (web, [action = '', src = '', dst = ''], options, around) => ({
        ...{ method: 'POST', path: '/imbalance/signals', headers: keyOf(around, options) },
        body: {
          ...{ src: await wlIdOf(web, src), dst: await wlIdOf(web, dst) },
          ...{ action: action.toUpperCase(), reason: options['reason'] },
        },
      }),
      said: SHOWN,
    },
  );
  addRedrive(signal, run);
  addAct(
    signal
      .command('cancel')
      .description('stops what is still open of it')
      .argument('<id>')
      .requiredOption('--reason <text>', 'why, for the audit')
      .option('--wl <wl>', 'only at this one'),
    run,
    {
      question: ([id], { wl }) =>
        `Signal ${id} will not reach ${typeof wl === 'string' ? wl : 'any white label'} any more. Go on?`,
      call: async (web, [id = ''], { reason, wl }) => ({
        ...{ method: 'POST', path: `/imbalance/signals/${segment(id)}/cancel` },
        body: { reason, ...(typeof wl === 'string' ? { wlId: await wlIdOf(web, wl) } : {}) },
      }),
      said: shownText,
    },
  );
  addTest(signal, run);
}

function addTest(signal: Command, run: Run): void {
  addAct(
    signal
      .command('test')
      .description('asks a gateway whether it takes signals; nothing changes there')
      .argument('<wl>', 'id or name'),
    run,
    {
      call: async (web, [wl = '']) => ({
        ...{ method: 'POST', path: '/imbalance/signals/test' },
        body: { wlId: await wlIdOf(web, wl) },
      }),
      said: [
        ['white label', 'wlId'],
        ['taken', 'taken'],
        ['status', 'status'],
        ['failure', 'failure'],
        ['latency ms', 'latencyMs'],
        ['test id', 'testId'],
      ],
    },
  );
}

function addRedrive(signal: Command, run: Run): void {
  const redrive = signal
    .command('redrive')
    .description('sends again what is final, and tries at once what is open; counts first')
    .argument('[ids...]', 'these; else by the options')
    .option('--since <time>', 'created since then (ISO 8601)');
  for (const { flag, about } of FILTERS) redrive.option(flag, about);
  redrive
    .option('--dry-run', 'only the count')
    .option(...YES)
    .option(...JSON_OUTPUT)
    .action(
      run(async (around, ...given: unknown[]) => {
        const { args, options } = partsOf(given);
        return redriveBy(around, args.flat(), options);
      }),
    );
}

async function redriveBy(around: Surroundings, ids: readonly string[], options: Options) {
  return withWeb(around, async (web) => {
    const filter: Record<string, unknown> = {};
    for (const { name, query = name, isWl } of FILTERS) {
      const value = options[name];
      if (typeof value !== 'string') continue;
      filter[query] = isWl === true ? await wlIdOf(web, value) : value.toUpperCase();
    }
    if (options['since'] !== undefined) filter['since'] = options['since'];
    const which = {
      ...(ids.length === 0 ? {} : { ids }),
      ...(Object.keys(filter).length === 0 ? {} : { filter }),
    };
    if (Object.keys(which).length === 0) {
      throw new CommandError(EXIT.usage, 'name signals, or a filter: --help shows them');
    }
    const send = async (dryRun: boolean): Promise<Row> => {
      const call = { method: 'POST', path: '/imbalance/signals/redrive' } as const;
      return (await web.call({ ...call, body: { ...which, dryRun } })).body as Row;
    };
    const count = await send(true);
    if (options['dryRun'] === true) return told(around, options, count);
    if (count['reopened'] === 0 && count['open'] === 0) return told(around, options, count);
    await askFirst(around, `${countText(count)} Go on?`, options['yes'] === true);
    return told(around, options, await send(false));
  });
}

function told(around: Surroundings, options: Options, count: Row) {
  if (options['json'] === true) return writeJson(around, count);
  around.write(`${countText(count)}\n`);
  return EXIT.ok;
}

function countText({ dryRun, reopened, open }: Row): string {
  const [again, now] = dryRun === true ? ['will be', 'will be'] : ['are', 'were'];
  return `${String(reopened)} deliveries ${again} sent again, ${String(open)} open ones ${now} tried at once.`;
}

function shownText(row: Row): string {
  const deliveries = row['deliveries'] as readonly Row[];
  return `${renderFields(SHOWN, row)}\n${renderRows({ env: {} }, DELIVERY, deliveries)}`;
}

function ackedOf(deliveries: readonly Row[]): string {
  return `${deliveries.filter(({ state }) => state === 'ACKED').length} of ${deliveries.length}`;
}

function attemptsOf(deliveries: readonly Row[]): number {
  return deliveries.reduce((sum, { attemptCount }) => sum + Number(attemptCount), 0);
}

function lastAnswer(attempts: readonly Row[] = []): string {
  const [last] = attempts;
  if (last === undefined) return '';
  return `${plainText(last['failure'] ?? last['status'])} ${String(last['latencyMs'])} ms`;
}
