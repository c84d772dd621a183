import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { renderFields, renderRows, type Column, type Row } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb, type Call, type Query, type Web } from '../web.ts';
import { wlIdOf } from './white-label.ts';

/** Turns a command's function into commander's action. */
export type Run = <A extends unknown[]>(
  command: (around: Surroundings, ...given: A) => Promise<ExitCode>,
) => (...given: A) => Promise<void>;

export type Options = Readonly<Record<string, string | boolean | undefined>>;

export const JSON_OUTPUT = ['--json', 'the JSON document instead of text'] as const;
export const YES = ['-y, --yes', 'without asking'] as const;

/** What commander hands to an action: the arguments, then the options, then the command. */
export function partsOf(given: readonly unknown[]): {
  readonly args: readonly string[];
  readonly options: Options;
} {
  const args = given.slice(0, -2) as readonly string[];
  return { args, options: given.at(-2) as Options };
}

/** An option that narrows a list: its name is that of the query unless `query` says otherwise. */
export interface Filter {
  readonly flag: string;
  readonly about: string;
  readonly name: string;
  readonly query?: string;
  /** Takes the id of a white label or its name. */
  readonly isWl?: boolean;
}

type Ways = readonly string[];

export interface ListSpec {
  readonly path: string | ((web: Web, args: Ways) => Promise<string>);
  readonly columns: readonly Column[];
  readonly paging: 'cursor' | 'offset' | 'none';
  readonly filters?: readonly Filter[];
  /** A last line for people, out of the whole answer. */
  readonly footer?: (body: Row) => string;
}

// The API's own bound of a page (CONTRACTS.md); with --all as many as a terminal can use.
const PAGE = '200';
const ALL_PAGES_MAX = 500;

/** A command that lists: `--limit`, `--cursor` or `--offset`, `--all`, filters, `--json`. */
export function addList(command: Command, run: Run, spec: ListSpec): Command {
  for (const { flag, about } of spec.filters ?? []) command.option(flag, about);
  if (spec.paging !== 'none') {
    command.option('--limit <n>', 'rows of a page, at most 200 (default 50)');
    command.option(
      spec.paging === 'cursor' ? '--cursor <cursor>' : '--offset <n>',
      'where the page begins',
    );
    command.option('--all', 'every page, one after the other');
  }
  command.option(...JSON_OUTPUT);
  return command.action(
    run(async (around, ...given: unknown[]) => {
      const { args, options } = partsOf(given);
      const body = await withWeb(around, (web) => readList(web, spec, { args, options }));
      if (options['json'] === true) return writeJson(around, body);
      const items = body['items'] as readonly Row[];
      around.write(renderRows(around, spec.columns, items));
      const footer = spec.footer?.(body) ?? restOf(body, items.length, options);
      if (footer !== '') around.write(`${footer}\n`);
      return EXIT.ok;
    }),
  );
}

interface Given {
  readonly args: Ways;
  readonly options: Options;
}

async function readList(web: Web, spec: ListSpec, { args, options }: Given): Promise<Row> {
  const path = typeof spec.path === 'string' ? spec.path : await spec.path(web, args);
  const query = { ...(await filterQuery(web, spec, options)), ...pageQuery(options) };
  if (options['all'] === true) return readAll(web, path, query);
  return (await web.get(path, query)).body as Row;
}

/** Every page of a list, one after the other, as one answer. */
export async function readAll(web: Web, path: string, asked: Query): Promise<Row> {
  const query = { ...asked, limit: PAGE };
  const first = (await web.get(path, query)).body as Row;
  const items = [...(first['items'] as readonly Row[])];
  let last = first;
  for (let page = 1; page < ALL_PAGES_MAX; page += 1) {
    const next = nextQuery(last, items.length);
    if (next === undefined) break;
    last = (await web.get(path, { ...query, ...next })).body as Row;
    items.push(...(last['items'] as readonly Row[]));
  }
  const { nextCursor: _ended, ...rest } = first;
  return { ...rest, items };
}

function nextQuery(body: Row, had: number): Query | undefined {
  const { nextCursor: cursor, total, items } = body;
  if (typeof cursor === 'string') return { cursor };
  const isMore = typeof total === 'number' && had < total && (items as Ways).length > 0;
  return isMore && !('nextCursor' in body) ? { offset: String(had) } : undefined;
}

function pageQuery(options: Options): Query {
  const { limit, cursor, offset, all } = options;
  const size = all === true ? PAGE : limit;
  return { limit: size, cursor, offset } as Query;
}

async function filterQuery(web: Web, { filters = [] }: ListSpec, options: Options): Promise<Query> {
  const query: Record<string, string | undefined> = {};
  for (const { name, query: as = name, isWl } of filters) {
    const value = options[name];
    if (value === undefined) continue;
    query[as] = isWl === true ? await wlIdOf(web, String(value)) : String(value);
  }
  return query;
}

function restOf(body: Row, shown: number, options: Options): string {
  const { nextCursor: cursor, total } = body;
  if (typeof cursor === 'string') return `more: --cursor ${cursor}, or --all`;
  const from = Number(options['offset'] ?? 0);
  if (typeof total !== 'number' || from + shown >= total) return '';
  return `${shown} of ${total}; more: --offset ${from + shown}, or --all`;
}

export interface ActSpec {
  readonly call: (web: Web, args: Ways, options: Options, around: Surroundings) => Promise<Call>;
  /** What a person reads of the answer; a word where it says nothing. */
  readonly said: readonly Column[] | ((body: Row, around: Surroundings) => string);
  /** What will be done, as a question: asked unless --yes. */
  readonly question?: (args: Ways, options: Options) => string | undefined;
}

/** A command that shows or changes one thing. */
export function addAct(command: Command, run: Run, spec: ActSpec): Command {
  if (spec.question !== undefined) command.option(...YES);
  command.option(...JSON_OUTPUT);
  return command.action(
    run(async (around, ...given: unknown[]) => {
      const { args, options } = partsOf(given);
      const question = spec.question?.(args, options);
      if (question !== undefined) await askFirst(around, question, options['yes'] === true);
      const { body } = await withWeb(around, async (web) =>
        web.call(await spec.call(web, args, options, around)),
      );
      if (options['json'] === true) return writeJson(around, body);
      const { said } = spec;
      const row = body as Row;
      around.write(typeof said === 'function' ? said(row, around) : renderFields(said, row));
      return EXIT.ok;
    }),
  );
}

export function writeJson({ write }: Pick<Surroundings, 'write'>, body: unknown): ExitCode {
  write(`${JSON.stringify(body, null, 2)}\n`);
  return EXIT.ok;
}

/** Ends the command unless a person, or --yes, agrees. */
export async function askFirst(
  { terminal }: Pick<Surroundings, 'terminal'>,
  question: string,
  isAgreed: boolean,
): Promise<void> {
  if (isAgreed) return;
  if (terminal === undefined) {
    throw new CommandError(EXIT.usage, `${question} Nobody can be asked here: say --yes.`);
  }
  const answer = await terminal.ask(`${question} [y/N] `);
  if (!/^\s*(?:y|yes|s|sim)\s*$/i.test(answer)) {
    throw new CommandError(EXIT.failed, 'nothing was done');
  }
}

/**
 * The idempotency key of a command that must not be done twice. A key that was made here is told,
 * so that a person who got no answer can repeat the command with it.
 */
export function keyOf(
  { complain }: Pick<Surroundings, 'complain'>,
  { key: given }: Options,
): Record<string, string> {
  if (typeof given === 'string') return { 'idempotency-key': given };
  const key = randomUUID();
  complain(`idempotency key: ${key} (no answer? repeat with --key ${key})\n`);
  return { 'idempotency-key': key };
}

/** An id inside a path. */
export const segment = encodeURIComponent;
