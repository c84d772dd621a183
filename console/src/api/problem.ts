import type { ProblemDetail } from '../../../api/http/problem.ts';
import type { Code } from '../../../domain/shared/codes.ts';

/** The answer of a request that was refused, as problem+json tells it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  /** `OFFLINE`: there was no answer. */
  readonly code: Code | 'OFFLINE';
  readonly correlationId: string | undefined;
  readonly errors: readonly ProblemDetail[];
  /** The whole body: some codes bring members of their own. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(textOf(body['detail']) ?? textOf(body['title']) ?? `HTTP ${status}`);
    this.status = status;
    this.code = (textOf(body['code']) ?? 'INTERNAL') as Code;
    this.correlationId = textOf(body['correlationId']);
    this.errors = Array.isArray(body['errors']) ? (body['errors'] as ProblemDetail[]) : [];
    this.body = body;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Findings at their fields: `/policy/exportDelaySeconds` is the form's `policy.exportDelaySeconds`. */
export function fieldErrorsOf(
  error: unknown,
  sayOf: (finding: ProblemDetail) => string,
): Record<string, string> {
  if (!(error instanceof ApiProblem)) return {};
  const entries = error.errors.map((finding): [string, string] => [
    fieldOf(finding.pointer),
    sayOf(finding),
  ]);
  return Object.fromEntries(entries.reverse());
}

/** A finding inside a list belongs to the field that holds the list. */
function fieldOf(pointer: string): string {
  const parts = pointer.slice(1).split('/').map(unescapePointer);
  const index = parts.findIndex((part) => /^\d+$/.test(part));
  return (index === -1 ? parts : parts.slice(0, index)).join('.');
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
