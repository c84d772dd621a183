import { readFile } from 'node:fs/promises';
import { messageOf } from '../../stack/errors.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Options } from './command.ts';

/** How a flag becomes a member of the body; undefined leaves what is there. */
export type Field = readonly [option: string, member: string, read?: (text: string) => unknown];

/** The members that were named; the routes leave omitted ones as they are. */
export function bodyOf(fields: readonly Field[], options: Options): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [option, member, read = (text: string) => text] of fields) {
    const value = options[option];
    if (typeof value !== 'string') continue;
    const [outer = member, inner] = member.split('.');
    if (inner === undefined) body[outer] = read(value);
    else body[outer] = { ...(body[outer] as object | undefined), [inner]: read(value) };
  }
  return body;
}

export function isOn(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new CommandError(EXIT.usage, `"${text}": say on or off`);
}

export function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new CommandError(EXIT.usage, `"${text}" is no whole number`);
}

export function words(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

export async function jsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    throw new CommandError(EXIT.usage, `${path} holds no JSON: ${messageOf(error)}`, error);
  }
}

/** What --velocity and --export-policy say to take away what is in force. */
const NONE = 'none';

export function velocityOf(text: string): unknown {
  if (text === NONE) return null;
  const [maxAmount = '', seconds = ''] = text.split('/');
  return { maxAmount, windowSeconds: wholeNumber(seconds) };
}

/** Undefined where --export-policy was not given. */
export async function exportPolicyOf({ exportPolicy }: Options): Promise<unknown> {
  if (typeof exportPolicy !== 'string') return undefined;
  return exportPolicy === NONE ? null : jsonFile(exportPolicy);
}

/** A body must name something, else a typing error would look like a change. */
export function somethingIn(body: Record<string, unknown>): Record<string, unknown> {
  if (Object.keys(body).length > 0) return body;
  throw new CommandError(EXIT.usage, 'nothing to change was named: --help shows what can be');
}
