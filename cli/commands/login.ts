import type { Command } from 'commander';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { renderFields, type Column } from '../output/table.ts';
import { dropSession, keepSession, keptSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';
import { logIn, openDoor, urlOf } from '../web.ts';
import { JSON_OUTPUT, writeJson, type Run } from './command.ts';

const WHO: readonly Column[] = [
  ['email', 'email'],
  ['roles', 'roles'],
  ['at', 'url'],
  ['until', 'expiresAt'],
];

interface LoginOptions {
  readonly email?: string;
  readonly passwordStdin?: boolean;
  readonly json?: boolean;
}

/** `xwl login`, `logout`, `whoami` */
export function addLogin(program: Command, run: Run): void {
  program
    .command('login')
    .description('keeps a token of 30 minutes; the password is asked for, never kept')
    .option('--email <address>', 'who (XWL_EMAIL; else asked for)')
    .option('--password-stdin', 'the password is all of standard input')
    .option(...JSON_OUTPUT)
    .action(run(login));
  program
    .command('logout')
    .description('forgets the token')
    .action(
      run(async (around) => {
        await dropSession(around);
        return EXIT.ok;
      }),
    );
  program
    .command('whoami')
    .description('who is logged in, with which roles, until when')
    .option(...JSON_OUTPUT)
    .action(run(whoAmI));
}

async function login(around: Surroundings, options: LoginOptions): Promise<ExitCode> {
  const email = options.email ?? around.env['XWL_EMAIL'] ?? (await asked(around, 'email: '));
  const password = await passwordOf(around, options);
  const door = await openDoor(around);
  try {
    const session = await logIn(door, { email, password });
    const path = await keepSession(around, session);
    const { token: _kept, ...who } = session;
    if (options.json === true) return writeJson(around, who);
    around.write(renderFields(WHO, who));
    around.complain(`kept in ${path}\n`);
    return EXIT.ok;
  } finally {
    await door.close();
  }
}

async function passwordOf(around: Surroundings, { passwordStdin }: LoginOptions): Promise<string> {
  const { env, readInput } = around;
  if (passwordStdin !== true) {
    return env['XWL_PASSWORD'] ?? (await asked(around, 'password: ', true));
  }
  if (readInput === undefined) throw new CommandError(EXIT.usage, 'there is no standard input');
  // What `echo` and editors put behind it is no part of a password.
  return (await readInput()).replace(/\r?\n$/, '');
}

async function asked({ terminal }: Surroundings, what: string, hidden = false): Promise<string> {
  if (terminal === undefined) {
    const ways = 'set XWL_EMAIL and XWL_PASSWORD, or use --email with --password-stdin';
    throw new CommandError(EXIT.usage, `nobody can be asked for the ${what.trim()} ${ways}`);
  }
  return terminal.ask(what, { hidden });
}

async function whoAmI(around: Surroundings, { json }: LoginOptions): Promise<ExitCode> {
  const session = await keptSession(around, urlOf(around));
  if (session === undefined) {
    throw new CommandError(EXIT.failed, `nobody is logged in at ${urlOf(around)}: xwl login`);
  }
  const { token: _kept, ...who } = session;
  if (json === true) return writeJson(around, who);
  around.write(renderFields(WHO, who));
  return EXIT.ok;
}
