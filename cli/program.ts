import { Argument, Command, CommanderError } from 'commander';
import { ConnectionFailure } from '../activities/clients/agent.ts';
import { isDatabaseAway } from '../db/pool.ts';
import { StackError, formatStackError, messageOf } from '../stack/errors.ts';
import { addApproval } from './commands/approval.ts';
import { addAudit } from './commands/audit.ts';
import { addBalance } from './commands/balance.ts';
import { check } from './commands/check.ts';
import { JSON_OUTPUT, type Run } from './commands/command.ts';
import { addCertificate, addKey } from './commands/key.ts';
import { addDoctor } from './commands/doctor.ts';
import { addLogin } from './commands/login.ts';
import { addNotification } from './commands/notification.ts';
import { addPlan } from './commands/plan.ts';
import { addPolicy } from './commands/policy.ts';
import { addRelationship } from './commands/relationship.ts';
import { addSettlement } from './commands/settlement.ts';
import { addSignal } from './commands/signal.ts';
import { addStack } from './commands/stack.ts';
import { addTrade } from './commands/trade.ts';
import { verify } from './commands/verify.ts';
import { addWhatIf } from './commands/whatif.ts';
import { addWl } from './commands/wl.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { exampleOf } from './examples.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { DATA_DIR } from './place.ts';
import { Refusal } from './refusal.ts';
import type { Surroundings } from './surroundings.ts';

export type { Surroundings } from './surroundings.ts';

/** Runs one command line and answers its exit code. */
export async function runCommand(args: readonly string[], around: Surroundings): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const run: Run =
    (command) =>
    async (...given) => {
      code = await command(around, ...given);
    };
  const program = programOf(run, around);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return told(error, around, args.includes('--json'));
  }
}

/** The tree of commands; completion and the test of docs/xwl.md walk over it too. */
export function programOf(run: Run, { write, complain }: Surroundings): Command {
  const program = new Command('xwl')
    .description('XporY Cross-WL from a terminal')
    .configureOutput({ writeOut: write, writeErr: complain })
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride();
  addLogin(program, run);
  addWl(program, run);
  addPolicy(program, run);
  addRelationship(program, run);
  addTrade(program, run);
  addApproval(program, run);
  addSignal(program, run);
  addBalance(program, run);
  addWhatIf(program, run);
  addSettlement(program, run);
  addPlan(program, run);
  addNotification(program, run);
  addKey(program, run);
  addCertificate(program, run);
  addAudit(program, run);
  addChecks(program, run);
  addDoctor(program, run);
  addStack(program, run);
  program
    .command('completion')
    .description('the script that completes words in a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action(
      run(async ({ write: say }, shell: Shell) => {
        say(completionScript(program, shell));
        return EXIT.ok;
      }),
    );
  showExamples(program, '');
  return program;
}

function addChecks(program: Command, run: Run): void {
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
}

/** Each command ends its help with lines that can be typed as they stand. */
function showExamples(command: Command, path: string): void {
  for (const child of command.commands) {
    const name = `${path} ${child.name()}`.trim();
    const lines = exampleOf(name);
    if (lines.length > 0) {
      const text = lines.map((line) => `  $ xwl ${line}`).join('\n');
      child.addHelpText('after', `\nExamples:\n${text}`);
    }
    showExamples(child, name);
  }
}

function told(error: unknown, { complain }: Surroundings, isJson: boolean): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const failure = failureOf(error);
  if (failure === undefined) throw error;
  const { code, message, document = { message } } = failure;
  complain(isJson ? `${JSON.stringify({ error: document })}\n` : `${message}\n`);
  return code;
}

interface Failure {
  readonly code: ExitCode;
  readonly message: string;
  /** What a script reads of it: a refusal's own problem document. */
  readonly document?: unknown;
}

function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Refusal) {
    const { exitCode: code, message, problem } = error;
    return { code, message, ...(problem === undefined ? {} : { document: problem }) };
  }
  if (error instanceof CommandError) return { code: error.exitCode, message: error.message };
  if (error instanceof StackError) return { code: EXIT.usage, message: formatStackError(error) };
  if (error instanceof ConnectionFailure || isDatabaseAway(error)) {
    const message = `not reached: ${messageOf(error)}\n  hint: xwl doctor shows what is there`;
    return { code: EXIT.unreachable, message };
  }
  return undefined;
}
