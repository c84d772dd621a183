import { z } from 'zod';
import type { CallAnswer } from '../activities/clients/agent.ts';
import { CommandError, EXIT } from './exit.ts';
import { HINTS } from './hints.ts';

const problem = z.looseObject({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
  correlationId: z.string().optional(),
  errors: z
    .array(z.looseObject({ in: z.string(), pointer: z.string(), message: z.string() }))
    .optional(),
  // Two people at once: who was first, and what came of it.
  won: z
    .looseObject({ person: z.string(), verb: z.string(), outcome: z.string().nullable() })
    .optional(),
});

/** The Control Plane said no: its code, its words, the correlation id and what to do. */
export class Refusal extends CommandError {
  override readonly name = 'Refusal';
  readonly status: number;
  /** The answer's own document, for `--json`; undefined where it was none. */
  readonly problem: z.infer<typeof problem> | undefined;

  constructor(answer: CallAnswer, what: string) {
    const parsed = problem.safeParse(answer.body);
    const said = parsed.success ? parsed.data : undefined;
    super(EXIT.failed, said === undefined ? `${what} answered ${answer.status}` : wordsOf(said));
    this.status = answer.status;
    this.problem = said;
  }
}

function wordsOf(said: z.infer<typeof problem>): string {
  const { code, title, detail, correlationId, errors = [], won } = said;
  const hint = HINTS[code];
  return [
    `${code}: ${detail ?? title ?? 'refused'}`,
    ...errors.map(({ in: part, pointer, message }) => `  ${part} ${pointer}: ${message}`),
    ...(won === undefined
      ? []
      : [`  first: ${won.person}, ${won.verb}: ${won.outcome ?? 'still at it'}`]),
    ...(correlationId === undefined ? [] : [`  correlation id: ${correlationId}`]),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ].join('\n');
}
