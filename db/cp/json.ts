import type { Json } from '../../domain/shared/canonical.ts';

/** A value as JSON will say it: absent members are gone, dates are texts. Never give it bigints. */
export function asJson(value: object | null): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
