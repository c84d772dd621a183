import type { Command } from 'commander';
import { IMPORTER } from '../../stack/parties.ts';
import { readPorts } from '../../stack/ports.ts';
import { purchaseWorkflowId } from '../../workflows/purchase/contract.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { fetchHistory, readHistory } from '../replay/history.ts';
import type { Parting, Step } from '../replay/parting.ts';
import { replay, type Replayed } from '../replay/replay.ts';
import type { Surroundings } from '../surroundings.ts';
import { JSON_OUTPUT, writeJson, type Run } from './command.ts';

interface Options {
  readonly file?: string;
  readonly address?: string;
  readonly namespace: string;
  readonly workflow?: string;
  readonly entry?: string;
  readonly json?: boolean;
}

/** `xwl trade replay` */
export function addReplay(trade: Command, run: Run): void {
  trade
    .command('replay')
    .description("replays a purchase's history on this build, and says where they part")
    .argument('[tradeId]')
    .option('--file <json>', 'a history that was saved, instead of asking the engine')
    .option('--address <host:port>', 'the engine (TEMPORAL_ADDRESS, else that of the local stack)')
    .option('--namespace <name>', "the importer's", IMPORTER.namespace)
    .option('--workflow <id>', 'another workflow of the trade, as in reversal/TRADE')
    .option('--entry <file>', 'workflow code of another entry file than this build’s')
    .option(...JSON_OUTPUT)
    .action(run(tradeReplay));
}

async function tradeReplay(
  around: Surroundings,
  tradeId: string | undefined,
  options: Options,
): Promise<ExitCode> {
  const replayed = await replay(await historyOf(around, tradeId, options), options.entry);
  if (options.json === true) writeJson(around, replayed);
  else around.write(text(replayed));
  return replayed.identical ? EXIT.ok : EXIT.failed;
}

async function historyOf({ env }: Surroundings, tradeId: string | undefined, options: Options) {
  if (options.file !== undefined) return readHistory(options.file);
  const workflowId =
    options.workflow ?? (tradeId === undefined ? undefined : purchaseWorkflowId(tradeId));
  if (workflowId === undefined) {
    throw new CommandError(EXIT.usage, 'name a trade, a --workflow or a --file');
  }
  const local = `127.0.0.1:${readPorts(env).temporal}`;
  const address = options.address ?? env['TEMPORAL_ADDRESS'] ?? local;
  return fetchHistory({ address, namespace: options.namespace }, workflowId);
}

function text({ events, workflowType, parting }: Replayed): string {
  if (parting === undefined) return `identical: ${events} events of ${workflowType}\n`;
  const { eventId, eventType, recorded, wanted, why } = parting;
  return [
    `${workflowType} parts from its history at event ${eventId} of ${events}: ${eventType}`,
    `  recorded  ${recorded === undefined ? eventType : stepText(recorded)}`,
    `  the code  ${wantedText(wanted, parting)}`,
    `  engine    ${why}`,
    '',
  ].join('\n');
}

function wantedText(wanted: Step | undefined, { recorded }: Parting): string {
  if (wanted !== undefined) return `asked for ${stepText(wanted)}`;
  return recorded === undefined ? 'did not lead to it' : 'asked for no further step';
}

function stepText({ kind, name }: Step): string {
  return `${kind} ${name}`;
}
