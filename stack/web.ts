import { readFileSync } from 'node:fs';
import type { Dispatcher } from 'undici';
import { callJson, createAgent, type PartnerAgent } from '../activities/clients/agent.ts';
import type { CallAnswer, CallOptions } from '../activities/clients/agent.ts';
import { loadTls } from '../runtime/tls.ts';
import type { Pki } from './certificates/pki.ts';
import type { PartySlug } from './parties.ts';

/** HTTP as members, operators and partners speak it to the stack: over TLS, with its own CA. */

// Nobody buys from here under load; the demo's few calls at once fit.
const CONNECTIONS = 8;
// An import pulls, syncs and waits for the engine.
const CALL_TIMEOUT_MS = 40_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** Without a party no certificate is shown, as a member's browser does. */
export function createWebAgent(pki: Pki, party?: PartySlug): PartnerAgent {
  const files = party === undefined ? undefined : pki.parties[party];
  const timeouts = { connectMs: CONNECT_TIMEOUT_MS };
  const tls =
    files === undefined
      ? { ca: readFileSync(pki.caPath, 'utf8'), cert: '', key: '' }
      : loadTls({ caFile: pki.caPath, certFile: files.certPath, keyFile: files.keyPath });
  return createAgent({ tls, connections: CONNECTIONS, timeouts });
}

export interface WebCall {
  readonly method?: CallOptions['method'];
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly bearer?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that was not expected; it names the call and the problem's code. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly status: number;
  readonly code: string | undefined;

  constructor(call: string, answer: CallAnswer) {
    const problem = (answer.body ?? {}) as { code?: string; detail?: string; errors?: unknown };
    const details = [
      problem.code,
      problem.detail,
      problem.errors && JSON.stringify(problem.errors),
    ];
    super(`${call} answered ${answer.status} ${details.filter(Boolean).join(' ')}`.trimEnd());
    this.status = answer.status;
    this.code = problem.code;
  }
}

export interface Web {
  readonly base: string;
  /** The answer, whatever its status. */
  ask(path: string, call?: WebCall): Promise<CallAnswer>;
  /** The body of a 2xx answer, else UnexpectedAnswer. */
  need<T>(path: string, call?: WebCall): Promise<T>;
}

export function createWeb(agent: Dispatcher, base: string): Web {
  const ask = async (path: string, call: WebCall = {}): Promise<CallAnswer> => {
    const { method = 'GET', form, bearer, headers } = call;
    const body = form === undefined ? call.body : new URLSearchParams(form).toString();
    return callJson({
      agent,
      method,
      url: `${base}${path}`,
      timeoutMs: CALL_TIMEOUT_MS,
      ...(body === undefined ? {} : { body }),
      headers: {
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
    });
  };
  return {
    base,
    ask,
    async need<T>(path: string, call: WebCall = {}): Promise<T> {
      const answer = await ask(path, call);
      if (answer.status >= 200 && answer.status < 300) return answer.body as T;
      throw new UnexpectedAnswer(`${call.method ?? 'GET'} ${base}${path}`, answer);
    },
  };
}
