import { Problem } from '../http/problem.ts';
import type { RequestFacts } from '../http/route.ts';

const TAG_FORM = /^(?:W\/)?"?(\d{1,9})"?$/;

/** The revision that `If-Match` names; undefined where it asks for nothing. */
export function ifRevision({ header }: RequestFacts): number | undefined {
  const value = header('if-match')?.trim();
  if (value === undefined || value === '*') return undefined;
  const [, revision] = TAG_FORM.exec(value) ?? [];
  // A tag that none of our answers carries can not be the present one.
  if (revision === undefined) throw new Problem('PRECONDITION_FAILED');
  return Number(revision);
}

/** The ETag of a numbered revision. */
export function revisionTag(revision: number): string {
  return `"${revision}"`;
}

/** True when one of the tags of `If-None-Match` is this one. */
export function matchesTag({ header }: RequestFacts, tag: string): boolean {
  const value = header('if-none-match');
  if (value === undefined) return false;
  const tags = value.split(',').map((part) => part.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(tag);
}
