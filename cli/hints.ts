/** What a person can do about a refusal at this terminal; docs/errors.md says it at length. */
export const HINTS: Readonly<Record<string, string>> = {
  TOKEN_MISSING: 'log in: xwl login',
  TOKEN_INVALID: 'log in again: xwl login (a token given by XWL_TOKEN is taken as it is)',
  TOKEN_EXPIRED: 'log in again: xwl login',
  FORBIDDEN: 'your roles do not allow this: xwl whoami shows them',
  SAME_PERSON: 'another person has to do this: that person logs in and repeats the command',
  NOT_FOUND: 'look the id up with the list command of the same group',
  CONFLICT: 'look at its present state with show, then decide again',
  PRECONDITION_FAILED: 'somebody changed it in between: show it, then repeat with its revision',
  VALIDATION_FAILED: 'the lines above name the field; --help of the command shows the forms',
  IDEMPOTENCY_MISMATCH: 'this --key was used for something else: leave it out, or take another',
  RATE_LIMITED: 'wait for the seconds named, then repeat',
  ENGINE_UNAVAILABLE: 'xwl doctor shows whether engine and workers are there',
  EXPORTER_UNAVAILABLE: 'xwl doctor shows which gateway does not answer',
  INTERNAL: 'search the log of the process for the correlation id',
};
