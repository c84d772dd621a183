import type { Dispatcher } from 'undici';
import { correlationHeaders } from '../../runtime/correlation.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { callJson, ConnectionFailure, type CallAnswer } from './agent.ts';
import { NotCalled, type PartnerGuard } from './partner-guard.ts';

export type DeskScope = 'support:read' | 'support:act';

export interface SupportDeskDeps {
  readonly agent: Dispatcher;
  /** Per WL, so that a dead one ties up none of the others' calls. */
  readonly guard: Pick<PartnerGuard, 'gated'>;
  /** Where the WL said it is reached; undefined while it has not said so. */
  readonly peerUrlOf: (wlId: string) => Promise<string | undefined>;
  /** A token with which this person acts at this WL, with this scope only. */
  readonly mint: (asked: {
    readonly wlId: string;
    readonly person: string;
    readonly scope: DeskScope;
  }) => Promise<{ readonly token: string; readonly expiresAt: Date }>;
  readonly clock: () => Date;
  readonly limits?: Partial<DeskLimits>;
}

export interface DeskLimits {
  readonly readMs: number;
  readonly actMs: number;
}

export interface WlCall {
  readonly wlId: string;
  readonly person: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  readonly language?: string | undefined;
}

export type WlReply =
  | { readonly kind: 'ANSWER'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'AWAY'; readonly detail: string; readonly sent: boolean };

/** A page with two halves waits for the slower one; rows are read in milliseconds. */
const READ_TIMEOUT_MS = 5_000;
/** An action asks the exporter first: three tries of two calls of 2 s, and the engine in between. */
const ACT_TIMEOUT_MS = 20_000;
/** A long purchase has some hundred transitions and events; more would fill our memory. */
const MAX_ANSWER_BYTES = 2 * 1_024 * 1_024;
/** A token is used while it surely outlives the call. */
const TOKEN_REST_MS = 60_000;
/** Persons times WLs at work in five minutes; past it the oldest is minted anew. */
const TOKENS_KEPT = 500;
const UNAUTHORIZED = 401;

/** Calls white labels as support, over mTLS; whatever they do is an answer and never thrown. */
export function createSupportDesk(deps: SupportDeskDeps): {
  readonly call: (call: WlCall) => Promise<WlReply>;
} {
  const tokens = createTokenKeeper(deps);
  const attempt = async (call: WlCall, base: string): Promise<CallAnswer> => {
    const token = await tokens.get(call);
    return send(deps, call, { base, token });
  };
  return {
    async call(call) {
      const base = await deps.peerUrlOf(call.wlId);
      if (base === undefined) return away('it has not registered its endpoint');
      try {
        let answer = await deps.guard.gated(call.wlId, () => attempt(call, base));
        // Nothing was done: the token's key may have been revoked since it was minted.
        if (answer.status === UNAUTHORIZED) {
          tokens.forget(call);
          answer = await deps.guard.gated(call.wlId, () => attempt(call, base));
        }
        return { kind: 'ANSWER', status: answer.status, body: answer.body };
      } catch (error) {
        if (error instanceof NotCalled) return away(error.message);
        if (!(error instanceof ConnectionFailure)) throw error;
        return away(error.message, error.phase !== 'connect');
      }
    },
  };
}

function away(detail: string, sent = false): WlReply {
  return { kind: 'AWAY', detail, sent };
}

function send(
  { agent, limits = {} }: SupportDeskDeps,
  { wlId, method, path, body, idempotencyKey, language }: WlCall,
  { base, token }: { readonly base: string; readonly token: string },
): Promise<CallAnswer> {
  const { readMs = READ_TIMEOUT_MS, actMs = ACT_TIMEOUT_MS } = limits;
  return callJson({
    ...{ agent, method, body, maxBytes: MAX_ANSWER_BYTES },
    partner: wlSubjectUri(wlId),
    url: new URL(path, base).href,
    headers: {
      ...correlationHeaders(),
      authorization: `Bearer ${token}`,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(language !== undefined && { 'accept-language': language }),
    },
    timeoutMs: method === 'GET' ? readMs : actMs,
  });
}

interface TokenKeeper {
  readonly get: (call: WlCall) => Promise<string>;
  readonly forget: (call: WlCall) => void;
}

/** A film asks both parties several things at once: one token a person, WL and scope is enough. */
function createTokenKeeper({ mint, clock }: SupportDeskDeps): TokenKeeper {
  interface Kept {
    readonly token: string;
    readonly expiresAt: Date;
  }
  const kept = new Map<string, Promise<Kept>>();
  const nameOf = ({ person, wlId, method }: WlCall): string => `${person} ${wlId} ${method}`;
  const make = (call: WlCall): Promise<Kept> => {
    const { wlId, person, method } = call;
    const scope = method === 'GET' ? 'support:read' : 'support:act';
    const name = nameOf(call);
    const made = mint({ wlId, person, scope });
    const [oldest] = kept.keys();
    if (kept.size >= TOKENS_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(name, made);
    // The caller meets the failure; the next one mints anew.
    made.catch(() => kept.delete(name));
    return made;
  };
  return {
    async get(call) {
      const known = await kept.get(nameOf(call));
      const lastUse = clock().getTime() + TOKEN_REST_MS;
      if (known !== undefined && known.expiresAt.getTime() > lastUse) {
        return known.token;
      }
      return (await make(call)).token;
    },
    forget(call) {
      kept.delete(nameOf(call));
    },
  };
}
