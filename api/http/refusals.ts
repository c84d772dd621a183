import type { Code } from '../../domain/shared/codes.ts';
import { PROBLEMS } from './problem.ts';
import type { Route } from './route.ts';

/** A code that a route may answer; with the status, where it is not the one of its table. */
export type Refusal = Code | { readonly code: Code; readonly status: number };

/** What a token may be refused for, whoever it belongs to. */
export const TOKEN_REFUSALS = [
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_BINDING',
  'TOKEN_AUDIENCE',
  'TOKEN_SCOPE',
] as const satisfies readonly Code[];

// Beside those of the table: a body that is no JSON, one that is too large, one of another type.
const BODY_STATUSES = [400, 413, 415] as const;
const UNREADABLE = 400;
const AWAY = 503;

/**
 * Every problem that a route can answer, by status: what its guard, its parts and its limits bring,
 * and what its handler names.
 */
export function refusalsOf(route: Route): ReadonlyMap<number, readonly Code[]> {
  const all: Refusal[] = [...route.guard.describe.refuses, ...(route.refuses ?? [])];
  const { guard, params, query, body, form, idempotency } = route;
  if (guard.needsCertificate) all.push('CERTIFICATE_REQUIRED', 'NOT_FOUND');
  if ([params, query, body, form].some((part) => part !== undefined)) all.push('VALIDATION_FAILED');
  // A `%` that is not followed by what it should be.
  if (route.path.includes(':')) all.push({ code: 'VALIDATION_FAILED', status: UNREADABLE });
  if (body !== undefined || form !== undefined) {
    all.push(...BODY_STATUSES.map((status) => ({ code: 'VALIDATION_FAILED', status }) as const));
  }
  if (idempotency !== undefined) all.push('IDEMPOTENCY_MISSING');
  all.push('RATE_LIMITED', 'INTERNAL', { code: 'INTERNAL', status: AWAY });

  const byStatus = new Map<number, Set<Code>>();
  for (const refusal of all) {
    const [code, status] =
      typeof refusal === 'string'
        ? [refusal, PROBLEMS[refusal].status]
        : [refusal.code, refusal.status];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  const sorted = [...byStatus].toSorted(([a], [b]) => a - b);
  return new Map(sorted.map(([status, codes]) => [status, [...codes].toSorted()]));
}
