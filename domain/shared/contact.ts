/** How a person can be reached; only ids and masked forms of it leave the database. */
export interface Contact {
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
}

const VISIBLE_LETTERS = 2;
const VISIBLE_DIGITS = 2;

/**
 * The masked form that partners, payloads and logs may see: `qa***@xpory.local`, or the last digits
 * of a phone, `***01`; `***` where there is no contact (DESIGN.md 4, PII).
 */
export function maskContact({ email, phone }: Contact): string {
  if (email !== undefined) {
    const at = email.lastIndexOf('@');
    return at < 0 ? '***' : `${email.slice(0, Math.min(VISIBLE_LETTERS, at))}***${email.slice(at)}`;
  }
  return phone === undefined ? '***' : `***${phone.slice(-VISIBLE_DIGITS)}`;
}
