import type { Command } from 'commander';
import { renderFields, renderRows, type Column, type Row } from '../output/table.ts';
import { addAct, addList, segment, type Run } from './command.ts';
import { PAIR_FILTERS } from './settlement.ts';

const LISTED: readonly Column[] = [
  ['id', 'id'],
  ['exporter', 'src'],
  ['importer', 'dst'],
  ['n', 'n'],
  ['state', 'state'],
  ['needed', 'needed'],
  ['compensated', 'compensated'],
  ['exposure', 'exposure'],
  ['target', 'target'],
  ['currency', 'currency'],
  ['opened', 'openedAt'],
];

const SHOWN: readonly Column[] = [
  ...LISTED,
  ['signal', 'signalId'],
  ['workflow', 'workflowId'],
  ['closed', 'closedAt'],
  ['closed by', 'closedBy'],
  ['why', 'closeReason'],
];

const STEP: readonly Column[] = [
  ['step', 'step'],
  ['%', 'percent'],
  ['amount', 'amount'],
  ['due', 'dueAt'],
  ['outcome', 'outcome'],
  ['compensated', 'compensated'],
];

/** `xwl plan …` */
export function addPlan(program: Command, run: Run): void {
  const plan = program.command('plan').description('compensation plans of pairs over their limit');
  addList(plan.command('list').description('newest first'), run, {
    ...{ path: '/admin/api/plans', paging: 'cursor', columns: LISTED },
    filters: [
      ...PAIR_FILTERS,
      { flag: '--state <state>', about: 'open, closed or cancelled', name: 'state' },
    ],
  });
  addAct(plan.command('show').description('with its steps').argument('<id>'), run, {
    call: async (_web, [id = '']) => ({ path: `/admin/api/plans/${segment(id)}` }),
    said: shownText,
  });
  addAct(
    plan
      .command('cancel')
      .description('ends it without waiting for what is owed')
      .argument('<id>')
      .requiredOption('--reason <text>', 'why, for the audit'),
    run,
    {
      question: ([id]) => `Plan ${id} ends; nobody is reminded of what is owed any more. Go on?`,
      call: async (_web, [id = ''], { reason }) => ({
        ...{ method: 'POST', path: `/admin/api/plans/${segment(id)}/cancel`, body: { reason } },
      }),
      said: shownText,
    },
  );
}

function shownText(row: Row): string {
  const steps = row['steps'] as readonly Row[];
  return `${renderFields(SHOWN, row)}\n${renderRows({ env: {} }, STEP, steps)}`;
}
