import { isDatabaseAway } from '../../db/pool.ts';
import type { Code } from '../../domain/shared/codes.ts';
import type { FindingRule } from './findings.ts';

/** One finding of a validation: where it is and what is wrong there. */
export interface ProblemDetail {
  readonly in: 'body' | 'query' | 'path' | 'header';
  /** JSON pointer inside that part, `/policy/exportDelaySeconds`. */
  readonly pointer: string;
  readonly message: string;
  /** Which kind of rule found it, stable; the message is not. */
  readonly rule?: FindingRule | undefined;
  /** The rule's own figure or choices. */
  readonly bound?: string | undefined;
}

export interface ProblemOptions {
  /** For people; never holds another caller's data or anything internal. */
  readonly detail?: string;
  /** Where a route's contract names another status than the table does. */
  readonly status?: number;
  readonly errors?: readonly ProblemDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Members beside the standard ones, for example `earlier` of COOL_DOWN. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The body of an `application/problem+json` answer (RFC 9457). */
export interface ProblemBody {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: Code;
  readonly detail?: string;
  readonly correlationId: string;
  readonly errors?: readonly ProblemDetail[];
}

/** A request that is not answered as asked; `code` is stable, the texts are not. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: Code;
  readonly status: number;
  readonly options: ProblemOptions;

  constructor(code: Code, options: ProblemOptions = {}) {
    super(options.detail ?? PROBLEMS[code].title, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? PROBLEMS[code].status;
    this.options = options;
  }
}

interface ProblemRow {
  readonly status: number;
  readonly title: string;
}

/**
 * Every code of RULES.md 8 with its status. A refusal stands here too, for the routes on which it
 * is the answer to the request itself and not the outcome of a trade.
 */
export const PROBLEMS: Readonly<Record<Code, ProblemRow>> = {
  PRICE_CHANGED: { status: 409, title: 'The price has changed' },
  OUT_OF_STOCK: { status: 409, title: 'The offer is sold out' },
  HOLD_EXPIRED: { status: 409, title: 'The hold has expired' },
  HOLD_TAKEN: { status: 409, title: 'The hold belongs to another trade' },
  HOLDS_TOO_MANY: { status: 409, title: 'Too many open holds' },
  LIMIT_EXCEEDED: { status: 409, title: 'The limit between the two parties is reached' },
  VELOCITY_EXCEEDED: { status: 409, title: 'The limit per period is reached' },
  RELATIONSHIP_MISSING: { status: 403, title: 'There is no relationship between the parties' },
  RELATIONSHIP_PAUSED: { status: 403, title: 'The relationship is paused' },
  RELATIONSHIP_BLOCKED: { status: 403, title: 'The relationship is blocked' },
  EXPORT_DISABLED: { status: 403, title: 'Export is disabled' },
  IMPORT_DISABLED: { status: 403, title: 'Import is disabled' },
  FEATURE_DISABLED: { status: 403, title: 'The feature is disabled' },
  EXPORT_POLICY_DENIED: { status: 403, title: 'The export policy excludes the offer' },
  NOT_VISIBLE: { status: 403, title: 'The offer is not visible to this party' },
  EXPORT_DELAYED: { status: 409, title: 'The offer is not exported yet' },
  OFFER_NOT_FOUND: { status: 404, title: 'There is no such offer' },
  OFFER_DISABLED: { status: 409, title: 'The offer is disabled' },
  SIGNAL_DISABLED: { status: 403, title: 'A signal has disabled this trade' },
  INSUFFICIENT_FUNDS: { status: 409, title: 'The balance is insufficient' },
  ACCOUNT_NOT_ALLOWED: { status: 403, title: 'The account may not buy' },
  COOL_DOWN: { status: 409, title: 'The same purchase was made a moment ago' },
  QUANTITY_INVALID: { status: 422, title: 'The quantity is not valid' },
  MANUAL_REJECT: { status: 409, title: 'The purchase was rejected by a person' },
  APPROVAL_EXPIRED: { status: 409, title: 'The approval came too late' },
  EXPORTER_UNAVAILABLE: { status: 503, title: 'The exporter does not answer' },
  ENGINE_UNAVAILABLE: { status: 503, title: 'Purchases can not be started at the moment' },
  CANCELLED: { status: 409, title: 'The trade is cancelled' },
  VALIDATION_FAILED: { status: 422, title: 'The request is not valid' },
  IDEMPOTENCY_MISSING: { status: 400, title: 'A well-formed Idempotency-Key is required' },
  IDEMPOTENCY_MISMATCH: { status: 422, title: 'The Idempotency-Key was used for another request' },
  TOKEN_MISSING: { status: 401, title: 'A token is required' },
  TOKEN_INVALID: { status: 401, title: 'The token is not valid' },
  TOKEN_EXPIRED: { status: 401, title: 'The token has expired' },
  TOKEN_AUDIENCE: { status: 403, title: 'The token is meant for another party' },
  TOKEN_SCOPE: { status: 403, title: 'The token lacks a scope' },
  TOKEN_BINDING: { status: 401, title: 'The token is bound to another certificate' },
  CERTIFICATE_REQUIRED: { status: 401, title: 'A valid client certificate is required' },
  CERTIFICATE_SUBJECT: { status: 403, title: 'The certificate names another party' },
  SELF_APPROVAL: { status: 403, title: 'A buyer can not approve its own purchase' },
  SAME_PERSON: { status: 403, title: 'Another person has to confirm' },
  FORBIDDEN: { status: 403, title: 'This is not allowed' },
  NOT_FOUND: { status: 404, title: 'There is nothing here' },
  CONFLICT: { status: 409, title: 'The request conflicts with the present state' },
  PRECONDITION_FAILED: { status: 412, title: 'The resource has changed in between' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Something failed on our side' },
};

export const PROBLEM_TYPE = 'application/problem+json';

/** Renders a problem; whatever else was thrown must have become INTERNAL before. */
export function problemBody(problem: Problem, correlationId: string): ProblemBody {
  const { detail, errors, extensions } = problem.options;
  return {
    ...extensions,
    type: 'about:blank',
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    code: problem.code,
    ...(detail === undefined ? {} : { detail }),
    correlationId,
    ...(errors === undefined ? {} : { errors }),
  };
}

const AWAY_RETRY_SECONDS = '2';

/** Turns anything thrown into a problem; an unknown error keeps its text to itself. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // Nothing was done, and a restart of the database takes seconds.
  if (isDatabaseAway(error)) {
    const headers = { 'Retry-After': AWAY_RETRY_SECONDS };
    return new Problem('INTERNAL', { status: 503, headers, cause: error });
  }
  return new Problem('INTERNAL', { cause: error });
}
