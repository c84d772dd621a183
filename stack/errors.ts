/** The start-up troubles that have a way out; the code is stable, the text may change. */
export type StackErrorCode =
  | 'OPTION_UNKNOWN'
  | 'RESET_REFUSED'
  | 'STEP_FAILED'
  | 'PORT_INVALID'
  | 'PORT_OCCUPIED'
  | 'PYTHON_MISSING'
  | 'TEMPORAL_BINARY_UNUSABLE'
  | 'TEMPORAL_NOT_FOUND'
  | 'TEMPORAL_NOT_READY'
  | 'DATA_FOLDER_CORRUPT'
  | 'DATA_FOLDER_IN_USE'
  | 'FOLDER_UNREACHABLE'
  | 'FOLDER_NOT_WRITABLE'
  | 'POSTGRES_NOT_INSTALLED'
  | 'POSTGRES_USER_MISSING'
  | 'POSTGRES_NOT_READY'
  | 'CHILD_NOT_STARTED'
  | 'CHILD_NOT_READY'
  | 'CHILD_KEEPS_CRASHING'
  | 'PKI_UNUSABLE';

export type StackErrorInput = {
  readonly code: StackErrorCode;
  readonly message: string;
  /** What the reader can do now, one sentence or command a line. */
  readonly wayOut: readonly string[];
  /** What was seen: attempts, last log lines. */
  readonly details?: readonly string[];
  readonly cause?: unknown;
};

export class StackError extends Error {
  readonly code: StackErrorCode;
  readonly wayOut: readonly string[];
  readonly details: readonly string[];

  constructor(input: StackErrorInput) {
    super(input.message, input.cause === undefined ? undefined : { cause: input.cause });
    this.name = 'StackError';
    this.code = input.code;
    this.wayOut = input.wayOut;
    this.details = input.details ?? [];
  }
}

// The end of a log says why a process gave up; more than this hides the way out.
const DETAILS_SHOWN = 12;

/** A few lines for a terminal: what happened, what was seen, the way out. */
export function formatStackError(error: StackError): string {
  const details = error.details.slice(-DETAILS_SHOWN).map((line) => `    ${line}`);
  const wayOut = error.wayOut.map((line) => `    ${line}`);
  return [`${error.code}: ${error.message}`, ...details, '  Way out:', ...wayOut].join('\n');
}

/** By shape: errors of another realm (a test's sandbox, fetch) are no `instanceof Error`. */
export function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
