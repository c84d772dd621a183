/** Lower case, of any version: how this project writes its ids. */
export const UUID_FORM = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const WHOLE = new RegExp(`^${UUID_FORM}$`);

/** Anything else is nobody's id here, and no question for the database. */
export function isUuid(text: string): boolean {
  return WHOLE.test(text);
}
