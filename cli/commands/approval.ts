import type { Command } from 'commander';
import type { Column, Row } from '../output/table.ts';
import { nowOf } from '../surroundings.ts';
import { addAct, addList, segment, type Run } from './command.ts';
import { oneTrade, partiesOf } from './one-trade.ts';

const MINUTE_MS = 60_000;

const LISTED: readonly Column[] = [
  ['trade', 'tradeId'],
  ['exporter', 'exporter'],
  ['importer', 'importer'],
  ['offer', 'offer.title'],
  ['quantity', 'quantity'],
  ['amount', 'amount'],
  ['currency', 'currency'],
  ['buyer', 'buyerMasked'],
  ['left', (row) => leftOf(row['deadline'])],
  ['decision', 'decision.decision'],
];

const DECIDED: readonly Column[] = [
  ['trade', 'tradeId'],
  ['status', 'status'],
  ['reason', 'reason'],
  ['decision', 'decision.decision'],
  ['by', 'decision.decidedBy'],
  ['carried', 'decision.state'],
  ['outcome', 'decision.outcome'],
];

/** `xwl approval …` */
export function addApproval(program: Command, run: Run): void {
  const approval = program.command('approval').description('purchases that wait for a person');
  addList(approval.command('list').description('longest waiting first, with their number'), run, {
    ...{ path: '/admin/api/approvals', paging: 'cursor', columns: LISTED },
    filters: [{ flag: '--exporter <wl>', about: 'of this one', name: 'exporter', isWl: true }],
    footer: ({ total }: Row) => `${String(total)} waiting`,
  });
  const decide = (name: 'approve' | 'reject', about: string): Command =>
    oneTrade(approval.command(name).description(about));
  addAct(decide('approve', 'the exporter captures it'), run, {
    question: ([id]) => `Trade ${id} will be confirmed and its buyer charged. Go on?`,
    call: async (web, [id = ''], options) => ({
      ...{ method: 'POST', path: `/admin/api/approvals/${segment(id)}/approve` },
      body: await partiesOf(web, options),
    }),
    said: DECIDED,
  });
  addAct(
    decide('reject', 'refused, its buyer gets everything back').requiredOption(
      '--reason <text>',
      'why, for buyer and audit',
    ),
    run,
    {
      question: ([id]) => `Trade ${id} will be refused and its buyer refunded. Go on?`,
      call: async (web, [id = ''], options) => ({
        ...{ method: 'POST', path: `/admin/api/approvals/${segment(id)}/reject` },
        body: { ...(await partiesOf(web, options)), reason: options['reason'] },
      }),
      said: DECIDED,
    },
  );
}

function leftOf(deadline: unknown): string {
  if (typeof deadline !== 'string') return '';
  const minutes = Math.floor((Date.parse(deadline) - nowOf({}).getTime()) / MINUTE_MS);
  return minutes < 0 ? 'over' : `${minutes} min`;
}
