import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit.ts';
import { keepFile } from '../output/file.ts';
import { plainText, renderFields, renderRows, type Column, type Row } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb } from '../web.ts';
import { addAct, addList, type Filter, type Run } from './command.ts';
import { addDesk } from './desk.ts';
import { addExplain } from './explain.ts';
import { addFilm } from './film.ts';
import { oneTrade, partiesOf, tradePath } from './one-trade.ts';
import { addReplay } from './replay.ts';

const LISTED: readonly Column[] = [
  ['trade', 'tradeId'],
  ['status', 'status'],
  ['reason', 'reason'],
  ['importer', (row) => nameOf(row['importer'] as Named)],
  ['exporter', (row) => nameOf(row['exporter'] as Named)],
  ['offer', 'offer.title'],
  ['quantity', 'quantity'],
  ['amount', 'amount'],
  ['currency', 'currency'],
  ['parked', 'parked'],
  ['updated', 'updatedAt'],
];

const SHOWN: readonly Column[] = [
  ...LISTED,
  ['importer id', 'importer.wlId'],
  ['exporter id', 'exporter.wlId'],
  ['at the importer', 'importerStatus'],
  ['at the exporter', 'exporterStatus'],
  ['they disagree on', 'disagreement'],
  ['decided on stale revisions', 'decidedOnStale'],
  ['offer id', 'offer.id'],
  ['category', 'offer.category'],
  ['buyer', 'buyerMasked'],
  ['seller', 'seller'],
  ['unit price', 'unitPrice'],
  ['fx', 'fxRate'],
  ['imported amount', (row) => moneyOf(row['importedAmount'], row['importedCurrency'])],
  ['hold', 'holdId'],
  ['workflow', 'workflowId'],
  ['started', 'startedAt'],
  ['confirmed', 'confirmedAt'],
];

const SIDE: readonly Column[] = [
  ['side', 'side'],
  ['status', 'status'],
  ['reason', 'reason'],
  ['version', 'version'],
  ['amount', 'amount'],
  ['fx', 'fxRate'],
  ['policy', 'policyRevision'],
  ['relationship', 'relationshipRevision'],
  ['latency ms', 'latencyMs'],
  ['at', 'occurredAt'],
];

interface Named {
  readonly wlId: string;
  readonly name: string | null;
}

const FILTERS: readonly Filter[] = [
  { flag: '--wl <wl>', about: 'of this one', name: 'wl', isWl: true },
  { flag: '--partner <wl>', about: 'and this one', name: 'partner', isWl: true },
  {
    flag: '--status <status>',
    about: 'pending, provisional, confirmed, rejected, reversed',
    name: 'status',
  },
  { flag: '--reason <code>', about: 'a code of docs/errors.md', name: 'reason' },
  { flag: '--from <time>', about: 'ISO 8601', name: 'from' },
  { flag: '--to <time>', about: 'ISO 8601', name: 'to' },
  { flag: '--text <text>', about: 'in ids, offer, buyer (masked) and seller', name: 'text' },
  { flag: '--parked <true|false>', about: 'parked for a person', name: 'parked' },
  { flag: '--mismatch <true|false>', about: 'the two sides disagree', name: 'mismatch' },
];

/** `xwl trade …` */
export function addTrade(program: Command, run: Run): void {
  const trade = program.command('trade').description('purchases as both sides reported them');
  addList(trade.command('list').description('newest first'), run, {
    ...{ path: '/admin/api/trades', paging: 'cursor', columns: LISTED, filters: FILTERS },
  });
  addAct(oneTrade(trade.command('show').description('one of them, from both sides')), run, {
    call: async (web, [id = ''], options) => ({
      ...{ path: `${tradePath(id)}/details`, query: await partiesOf(web, options) },
    }),
    said: detailsText,
  });
  oneTrade(trade.command('evidence').description('fetches the signed evidence of a trade'))
    .requiredOption('-o, --output <file>', 'where to write the bundle')
    .action(run(tradeEvidence));
  addExplain(trade, run);
  addFilm(trade, run);
  addReplay(trade, run);
  addDesk(trade, run);
}

interface EvidenceOptions {
  readonly output: string;
  readonly importer?: string;
}

/** `xwl trade evidence <tradeId> -o <file>` */
async function tradeEvidence(
  around: Surroundings,
  tradeId: string,
  { output, importer }: EvidenceOptions,
): Promise<ExitCode> {
  const { text } = await withWeb(around, async (web) =>
    web.get(`${tradePath(tradeId)}/evidence`, await partiesOf(web, { importer })),
  );
  await keepFile(output, text);
  around.write(`${output}: ${Buffer.byteLength(text)} bytes; verify it: xwl verify ${output}\n`);
  return EXIT.ok;
}

function detailsText(row: Row): string {
  const { importer, exporter } = row['sides'] as Record<'importer' | 'exporter', Row | null>;
  const sides: Row[] = [];
  if (importer !== null) sides.push({ side: 'importer', ...importer });
  if (exporter !== null) sides.push({ side: 'exporter', ...exporter });
  return `${renderFields(SHOWN, row)}\n${renderRows({ env: {} }, SIDE, sides)}`;
}

function nameOf({ wlId, name }: Named): string {
  return name ?? wlId;
}

function moneyOf(amount: unknown, currency: unknown): string {
  return `${plainText(amount)} ${plainText(currency)}`.trim();
}
