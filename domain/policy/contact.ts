/** How many letters of an address stay readable; one letter at least is always hidden. */
const EMAIL_LETTERS = 2;
const PHONE_DIGITS = 2;

/** `exporter@example.com` as `ex***@example.com`: enough to recognise, not enough to write to. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  if (at < 0) return '***';
  const kept = Math.min(EMAIL_LETTERS, Math.max(0, at - 1));
  return `${email.slice(0, kept)}***${email.slice(at)}`;
}

/** `+55 11 90000-0001` as `***01`. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '');
  return digits.length > 2 * PHONE_DIGITS ? `***${digits.slice(-PHONE_DIGITS)}` : '***';
}

/** `Ana Prado` as `A***`: people are named in the audit by their id. */
export function maskName(name: string): string {
  return `${[...name][0] ?? ''}***`;
}
