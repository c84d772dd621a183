import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { callJson, createAgent, type CallAnswer } from '../activities/clients/agent.ts';
import { CommandError, EXIT } from './exit.ts';
import { localCa } from './place.ts';
import type { Surroundings } from './program.ts';

/** The Control Plane as an operator reaches it. */
export interface Web {
  /** The answer of a 200; anything else ends the command. */
  get(path: string): Promise<CallAnswer>;
  close(): Promise<void>;
}

const DEFAULT_URL = 'https://cp.localhost:8443';
const CONNECTIONS = 2;
// A chain of a hundred thousand rows is recomputed behind one call.
const CALL_TIMEOUT_MS = 60_000;
// Evidence carries the rows of the audit up to the next signed head.
const MAX_ANSWER_BYTES = 64 * 1_024 * 1_024;

/**
 * Connects by XPORY_URL, with XPORY_TOKEN or with XPORY_EMAIL and XPORY_PASSWORD. The CA is that of
 * XPORY_CA, else of the local stack, else those that Node knows.
 */
export async function connect(around: Pick<Surroundings, 'env'>): Promise<Web> {
  const { env } = around;
  const base = env['XPORY_URL'] ?? DEFAULT_URL;
  const caFile = env['XPORY_CA'] ?? (await localCa(around));
  const ca = caFile === undefined ? rootCertificates.join('\n') : await readFile(caFile, 'utf8');
  const agent = createAgent({ tls: { ca, cert: '', key: '' }, connections: CONNECTIONS });
  const call = (method: 'GET' | 'POST', path: string, facts: { token?: string; body?: unknown }) =>
    callJson({
      ...{ agent, method, url: new URL(path, base).href, timeoutMs: CALL_TIMEOUT_MS },
      maxBytes: MAX_ANSWER_BYTES,
      headers: facts.token === undefined ? {} : { authorization: `Bearer ${facts.token}` },
      ...(facts.body === undefined ? {} : { body: facts.body }),
    });
  const logIn = async (): Promise<string> => {
    const { XPORY_TOKEN: token, XPORY_EMAIL: email, XPORY_PASSWORD: password } = env;
    if (token !== undefined) return token;
    if (email === undefined || password === undefined) {
      throw new CommandError(EXIT.usage, 'set XPORY_TOKEN, or XPORY_EMAIL and XPORY_PASSWORD');
    }
    const body = { email, password };
    const answer = expected(await call('POST', '/admin/api/auth/login', { body }), 'the login');
    return (answer.body as { token: string }).token;
  };
  try {
    const token = await logIn();
    return {
      get: async (path) => expected(await call('GET', path, { token }), path),
      close: () => agent.close(),
    };
  } catch (error) {
    await agent.close();
    throw error;
  }
}

function expected(answer: CallAnswer, what: string): CallAnswer {
  if (answer.status === 200) return answer;
  const { code, detail } = (answer.body ?? {}) as { code?: string; detail?: string };
  const why = [answer.status, code, detail].filter((part) => part !== undefined).join(' ');
  throw new CommandError(EXIT.failed, `${what} answered ${why}`);
}
