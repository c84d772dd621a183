import type { Command } from 'commander';
import type { Web } from '../web.ts';
import { segment, type Options } from './command.ts';
import { wlIdOf } from './white-label.ts';

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
