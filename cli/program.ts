import { Command, CommanderError } from 'commander';
import { ConnectionFailure } from '../activities/clients/agent.ts';
import { isDatabaseAway } from '../db/pool.ts';
import { StackError, formatStackError, messageOf } from '../stack/errors.ts';
import { auditVerify } from './commands/audit.ts';
import { check } from './commands/check.ts';
import { tradeEvidence } from './commands/trade.ts';
import { verify } from './commands/verify.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';

/** What a command is run with; a test gives its own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results, for people or with `--json` for scripts. */
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
}

const DATA_DIR = [
  '--data-dir <folder>',
  'folder of the local stack (DATA_DIR, else .data)',
] as const;
const JSON_OUTPUT = ['--json', 'one JSON document instead of text'] as const;

/** Runs one command line and answers its exit code. */
export async function runCommand(args: readonly string[], around: Surroundings): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const run =
    <A extends unknown[]>(command: (around: Surroundings, ...given: A) => Promise<ExitCode>) =>
    async (...given: A): Promise<void> => {
      code = await command(around, ...given);
    };
  const program = programOf(run, around);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return told(error, around);
  }
}

type Run = <A extends unknown[]>(
  command: (around: Surroundings, ...given: A) => Promise<ExitCode>,
) => (...given: A) => Promise<void>;

function programOf(run: Run, { write, complain }: Surroundings): Command {
  const program = new Command('xwl')
    .description('XporY Cross-WL from a terminal')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: complain });
  program
    .command('verify')
    .description('verifies an evidence bundle by itself: no network, no database')
    .argument('<bundle>', 'file of `xwl trade evidence`')
    .option('--jwks <file>', "the Control Plane's keys as they were fetched and kept")
    .option('--cp-key <thumbprint>', 'RFC 7638 thumbprint of the one key that is believed')
    .option(...JSON_OUTPUT)
    .action(run(verify));
  program
    .command('check')
    .description('checks the invariants on the databases and the engine')
    .option(...DATA_DIR)
    .option('--no-engine', 'without asking the engine for open workflows')
    .option(...JSON_OUTPUT)
    .action(run(check));
  program
    .command('audit')
    .description('the audit chains')
    .command('verify')
    .description(
      "recomputes every party's chain and compares the Control Plane's with signed heads",
    )
    .option(...DATA_DIR)
    .option('--remote', 'asks the Control Plane, which knows only its own chain and heads')
    .option(...JSON_OUTPUT)
    .action(run(auditVerify));
  program
    .command('trade')
    .description('one trade')
    .command('evidence')
    .description('fetches the signed evidence of a trade')
    .argument('<tradeId>')
    .requiredOption('-o, --output <file>', 'where to write the bundle')
    .option('--importer <wlId>', 'where two importers use the same trade id')
    .action(run(tradeEvidence));
  return program;
}

function told(error: unknown, { complain }: Surroundings): ExitCode {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof CommandError) {
    complain(`${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof StackError) {
    complain(`${formatStackError(error)}\n`);
    return EXIT.usage;
  }
  if (error instanceof ConnectionFailure || isDatabaseAway(error)) {
    complain(`not reached: ${messageOf(error)}\n`);
    return EXIT.unreachable;
  }
  throw error;
}
