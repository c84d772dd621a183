import type { z } from 'zod';
import type { ProblemDetail } from './problem.ts';

/** Kinds of findings, for who says them in a language of their own; the message is English. */
export const FINDING_RULES = [
  'required',
  'unknown',
  'type',
  'choice',
  'form',
  'least',
  'most',
  'shortest',
  'longest',
  'fewest',
  'mostItems',
  'money',
  'rate',
  'fraction',
  'address',
  'other',
] as const;
export type FindingRule = (typeof FINDING_RULES)[number];

type Issue = z.core.$ZodIssue;

/** What was found in one part of a request: where, what, and by which rule with which bound. */
export function findingsOf(
  part: ProblemDetail['in'],
  issue: Issue,
  value: unknown,
): ProblemDetail[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...{ in: part, pointer: toPointer([...issue.path, key]) },
      ...{ message: 'unknown field', rule: 'unknown' },
    }));
  }
  const { path, message } = issue;
  const found = isMissing(value, path) ? ({ rule: 'required' } as const) : ruleOf(issue);
  return [{ in: part, pointer: toPointer(path), message, ...found }];
}

type Found = Pick<ProblemDetail, 'rule' | 'bound'>;

function ruleOf(issue: Issue): Found {
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union':
      return { rule: 'type' };
    case 'invalid_value':
      return { rule: 'choice', bound: issue.values.map(String).join(', ') };
    case 'invalid_format':
      return { rule: 'form' };
    case 'too_small':
      return { rule: boundRule(issue.origin, 'least'), bound: String(issue.minimum) };
    case 'too_big':
      return { rule: boundRule(issue.origin, 'most'), bound: String(issue.maximum) };
    case 'custom':
      return { rule: namedRule(issue.params?.['rule']) };
    default:
      return { rule: 'other' };
  }
}

const BOUNDS = {
  string: { least: 'shortest', most: 'longest' },
  array: { least: 'fewest', most: 'mostItems' },
} as const;

function boundRule(origin: string, side: 'least' | 'most'): FindingRule {
  return origin === 'string' || origin === 'array' ? BOUNDS[origin][side] : side;
}

/** A schema with a rule of its own names it: `addIssue({ code: 'custom', params: { rule } })`. */
function namedRule(named: unknown): FindingRule {
  return FINDING_RULES.find((rule) => rule === named) ?? 'other';
}

/** Whether nothing at all stands where the finding points. */
function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return false;
    at = (at as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return at === undefined;
}

/** A path as a JSON pointer. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
