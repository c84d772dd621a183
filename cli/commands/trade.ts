import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf } from '../../stack/errors.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { plainText, renderFields, renderRows, type Column, type Row } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb } from '../web.ts';
import { addAct, addList, segment, type Filter, type Options, type Run } from './command.ts';
import { addDesk } from './desk.ts';
import { addExplain } from './explain.ts';
import { addReplay } from './replay.ts';
import { wlIdOf } from './white-label.ts';
import type { Web } from '../web.ts';

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
  addReplay(trade, run);
  addDesk(trade, run);
}

/** A trade id is its importer's; two importers may use the same one. */
export function oneTrade(command: Command): Command {
  return command
    .argument('<tradeId>')
    .option('--importer <wl>', 'where two importers use the same trade id');
}

export function tradePath(id: string): string {
  return `/admin/api/trades/${segment(id)}`;
}

export async function partiesOf(web: Web, { importer }: Options) {
  return typeof importer === 'string' ? { importer: await wlIdOf(web, importer) } : {};
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
  await writeFile(output, text).catch((error: unknown) => {
    throw new CommandError(EXIT.usage, `${output} can't be written: ${messageOf(error)}`, error);
  });
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
