import type { Command } from 'commander';
import type { z } from 'zod';
import type { filmView } from '../../api/cp/desk/film.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { durationText, signedText } from '../output/duration.ts';
import { keepFile } from '../output/file.ts';
import { plainText, renderFields, renderRows, type Column, type Row } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb } from '../web.ts';
import { JSON_OUTPUT, writeJson, type Run } from './command.ts';
import { oneTrade, partiesOf, tradePath } from './one-trade.ts';

type Film = z.output<typeof filmView>;
type Entry = Film['entries'][number];

interface Options {
  readonly importer?: string;
  readonly download?: string;
  readonly tokens?: boolean;
  readonly json?: boolean;
}

/** `xwl trade film` */
export function addFilm(trade: Command, run: Run): void {
  const about = 'everything that happened to it at both parties, with the slow hop named';
  oneTrade(trade.command('film').description(about))
    .option('--download <file>', 'keeps the whole document in this file, too')
    .option('--tokens', 'also the tokens that no call went with')
    .option(...JSON_OUTPUT)
    .action(run(tradeFilm));
}

async function tradeFilm(
  around: Surroundings,
  tradeId: string,
  { importer, download, tokens = false, json }: Options,
): Promise<ExitCode> {
  const { body, text } = await withWeb(around, async (web) =>
    web.get(`${tradePath(tradeId)}/film`, {
      ...(await partiesOf(web, { importer })),
      ...(download === undefined ? {} : { download: '1' }),
    }),
  );
  if (download !== undefined) {
    await keepFile(download, text);
    around.complain(`${download}: ${Buffer.byteLength(text)} bytes\n`);
  }
  if (json === true) return writeJson(around, body);
  const film = body as Film;
  const used = film.entries.filter(({ isUsed }) => isUsed !== false);
  const entries = tokens ? film.entries : used;
  around.write(`${renderFields(ABOUT, body as Row)}\n${timeline(around, { ...film, entries })}`);
  const left = film.entries.length - entries.length;
  if (left > 0) around.write(`and ${left} tokens that no call went with: --tokens\n`);
  return EXIT.ok;
}

const ABOUT: readonly Column[] = [
  ['trade', 'trade.tradeId'],
  ['status', 'trade.status'],
  ['reason', 'trade.reason'],
  ['offer', 'trade.offer.title'],
  ['importer', (film) => nameOf((film as unknown as Film).trade.importer)],
  ['exporter', (film) => nameOf((film as unknown as Film).trade.exporter)],
  ['fx', 'trade.fxRate'],
  ['correlation id', 'correlationIds'],
  ['clocks', (film) => clocksOf(film as unknown as Film)],
  ['slowest', (film) => slowestOf(film as unknown as Film)],
  ['not shown', (film) => missingOf(film as unknown as Film)],
];

function nameOf({ wlId, name }: Film['trade']['importer']): string {
  return name ?? wlId;
}

function clocksOf({ clocks }: Film): string {
  return clocks
    .map(({ lane, offsetMs, uncertaintyMs }) => {
      const offset = signedText(offsetMs);
      return `${lane} ${offset}, sure to ${durationText(uncertaintyMs)}`;
    })
    .join('; ');
}

const PERCENT = 100;

function slowestOf({ slowest }: Film): string {
  if (slowest === null) return '';
  const { lane, what, durationMs, share } = slowest;
  return `${lane}: ${what}, ${durationText(durationMs)}, ${Math.round(share * PERCENT)} % of the time`;
}

function missingOf({ missing }: Film): string {
  return missing.map(({ detail }) => detail).join(' ');
}

/** One line an entry, by the time since the purchase began; its lane is the party that tells it. */
function timeline(around: Surroundings, { entries, slowest }: Film): string {
  const from = beginOf(entries);
  const columns: readonly Column[] = [
    ['since start', ({ at }) => signedText(Date.parse(String(at)) - from)],
    ['lane', 'lane'],
    ['kind', 'kind'],
    ['what', 'what'],
    ['lasted', (entry) => lasted(entry as unknown as Entry, slowest)],
    ['details', ({ details }) => detailsOf(details as Entry['details'])],
  ];
  return renderRows(around, columns, entries);
}

/** Tokens were there before the purchase. */
function beginOf(entries: readonly Entry[]): number {
  const own = entries.filter(({ kind }) => kind !== 'token');
  return Math.min(...(own.length === 0 ? entries : own).map(({ at }) => Date.parse(at)));
}

function lasted({ lane, what, at, durationMs }: Entry, slowest: Film['slowest']): string {
  if (durationMs === undefined) return '';
  const isSlowest = slowest?.lane === lane && slowest.what === what && slowest.at === at;
  return `${durationText(durationMs)}${isSlowest ? ' (slowest)' : ''}`;
}

function detailsOf(details: Entry['details']): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name} ${plainText(value)}`)
    .join(', ');
}
