import type { Json } from '../../domain/shared/canonical.ts';

/** A value as JSON will say it: absent members are gone, dates are texts. Never give it bigints. */
export function asJson(value: object | null): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** Rows for one jsonb parameter of a set-wise statement: amounts travel as decimal texts. */
export function rowsJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}
