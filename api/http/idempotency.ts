import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../../domain/shared/canonical.ts';
import { Problem } from './problem.ts';

export const IDEMPOTENCY_HEADER = 'Idempotency-Key';

// Visible ASCII without space: a header that was sent twice arrives joined by ", " and is refused.
const KEY_FORM = /^[\x21-\x7e]{1,255}$/;

/** The key of a request; absent where required, or malformed, is IDEMPOTENCY_MISSING (400). */
export function readIdempotencyKey(
  header: string | undefined,
  need: 'required' | 'optional',
): string | undefined {
  if (header === undefined && need === 'optional') return undefined;
  if (header !== undefined && KEY_FORM.test(header)) return header;
  throw new Problem('IDEMPOTENCY_MISSING', {
    detail: `${IDEMPOTENCY_HEADER} has to be 1 to 255 visible ASCII characters.`,
    errors: [{ in: 'header', pointer: `/${IDEMPOTENCY_HEADER}`, message: 'missing or malformed' }],
  });
}

/** SHA-256 (hex) of the canonical body: equal requests have equal fingerprints, however written. */
export function fingerprint(body: Json): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}
