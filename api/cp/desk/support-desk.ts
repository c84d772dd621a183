import { z } from 'zod';
import type { Code } from '../../../domain/shared/codes.ts';
import { FINDING_RULES } from '../../http/findings.ts';
import { Problem, PROBLEMS } from '../../http/problem.ts';
import type { Refusal } from '../../http/refusals.ts';
import type { Language } from '../../http/route.ts';

/** One request of a person to a white label, with the rights of support. */
export interface DeskCall {
  readonly wlId: string;
  /** Id of the person; it is the subject of the token, and the actor in the WL's audit. */
  readonly person: string;
  /** GET goes with `support:read`, POST with `support:act`. */
  readonly method: 'GET' | 'POST';
  /** From the root, ids in it encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  readonly language?: Language | undefined;
}

export type DeskReply =
  | { readonly kind: 'ANSWER'; readonly status: number; readonly body: unknown }
  /** Nothing usable came back; `sent`: it may have been carried out all the same. */
  | { readonly kind: 'AWAY'; readonly detail: string; readonly sent: boolean };

/**
 * What belongs to a white label is asked of that white label, never of its database. Nothing is
 * thrown for what the other side does.
 */
export interface SupportDesk {
  readonly call: (call: DeskCall) => Promise<DeskReply>;
}

export interface DeskAnswer {
  readonly status: number;
  readonly body: unknown;
}

const RETRY_AFTER_SECONDS = '5';
const problemShape = z.object({
  code: z.string(),
  detail: z.string().optional(),
  errors: z
    .array(
      z.object({
        in: z.enum(['body', 'query', 'path', 'header']),
        pointer: z.string(),
        message: z.string(),
        rule: z.enum(FINDING_RULES).optional(),
        bound: z.string().optional(),
      }),
    )
    .optional(),
});
/** What a route refuses that asks one: it may not know the trade, or not answer. */
export const ASKED_REFUSALS = [
  'NOT_FOUND',
  'CONFLICT',
  'EXPORTER_UNAVAILABLE',
] as const satisfies readonly Refusal[];
/** What a WL has against the Control Plane's own token or certificate is not the person's fault. */
const OURS = /^(TOKEN|CERTIFICATE)_/;

/**
 * A white label's answer of 200 to 299. Its problems are passed on with their code and status;
 * EXPORTER_UNAVAILABLE (503) where it gives no usable answer, with `outcomeUnknown` where it may
 * have acted all the same.
 */
export async function askWl(desk: SupportDesk, call: DeskCall): Promise<DeskAnswer> {
  const reply = await desk.call(call);
  if (reply.kind === 'AWAY') {
    throw unavailable(call, reply.detail, reply.sent && call.method !== 'GET');
  }
  const { status, body } = reply;
  if (status >= 200 && status < 300) return { status, body };
  const said = problemShape.safeParse(body);
  if (!said.success || !isCode(said.data.code) || OURS.test(said.data.code)) {
    const code = said.success ? said.data.code : '';
    throw unavailable(call, `it answered ${status} ${code}`.trim(), false);
  }
  const { code, detail, errors } = said.data;
  throw new Problem(code, {
    status,
    ...(detail !== undefined && { detail }),
    ...(errors !== undefined && { errors }),
    extensions: { wlId: call.wlId },
  });
}

/** Path of a purchase at its importer. */
export function purchasePath(tradeId: string, verb = ''): string {
  return `/api/v2/purchases/${encodeURIComponent(tradeId)}${verb === '' ? '' : `/${verb}`}`;
}

function unavailable({ wlId }: DeskCall, detail: string, outcomeUnknown: boolean): Problem {
  return new Problem('EXPORTER_UNAVAILABLE', {
    detail: `The white label ${wlId} gave no usable answer: ${detail}.`,
    headers: { 'Retry-After': RETRY_AFTER_SECONDS },
    extensions: { wlId, outcomeUnknown },
  });
}

function isCode(code: string): code is Code {
  return Object.hasOwn(PROBLEMS, code);
}
