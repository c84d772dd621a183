import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { callJson, createAgent, type CallAnswer } from '../activities/clients/agent.ts';
import { CP, tlsUrl } from '../stack/parties.ts';
import { readPorts } from '../stack/ports.ts';
import { CommandError, EXIT } from './exit.ts';
import { languageOf } from './language.ts';
import { localCa } from './place.ts';
import { Refusal } from './refusal.ts';
import { keptSession, type Session } from './session.ts';
import type { Surroundings } from './surroundings.ts';

export type Query = Readonly<Record<string, string | undefined>>;

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The Control Plane as an operator reaches it. */
export interface Web {
  /** The answer of a 2xx; anything else ends the command. */
  call(call: Call): Promise<CallAnswer>;
  get(path: string, query?: Query): Promise<CallAnswer>;
  close(): Promise<void>;
}

const CONNECTIONS = 2;
// A terminal may be an ocean away from its Control Plane, unlike a purchase from its exporter.
const CONNECT_TIMEOUT_MS = 5_000;
// A chain of a hundred thousand rows is recomputed behind one call.
const CALL_TIMEOUT_MS = 60_000;
// Evidence carries the rows of the audit up to the next signed head.
const MAX_ANSWER_BYTES = 64 * 1_024 * 1_024;

/** XWL_URL, else the Control Plane of the local stack on its port. */
export function urlOf({ env }: Pick<Surroundings, 'env'>): string {
  const given = (env['XWL_URL'] ?? '').replace(/\/+$/, '');
  return given === '' ? tlsUrl(CP, readPorts(env)) : given;
}

type Around = Pick<Surroundings, 'env' | 'now'>;

/**
 * Connects with XWL_TOKEN, else as XWL_EMAIL with XWL_PASSWORD, else as who has logged in: what is
 * said now beats what is kept. The CA is that of XWL_CA, else of the local stack, else those that
 * Node knows.
 */
export async function connect(around: Around): Promise<Web> {
  const door = await openDoor(around);
  try {
    const authorization = `Bearer ${await tokenFor(around, door)}`;
    const spoken = { 'accept-language': languageOf(around.env) };
    const call: Web['call'] = async ({ headers, ...rest }) =>
      door.call({ ...rest, headers: { ...spoken, ...headers, authorization } });
    const get: Web['get'] = (path, query = {}) => call({ path, query });
    return { call, get, close: door.close };
  } catch (error) {
    await door.close();
    throw error;
  }
}

/** Runs `work` on a connection that is closed behind it. */
export async function withWeb<T>(around: Around, work: (web: Web) => Promise<T>): Promise<T> {
  const web = await connect(around);
  try {
    return await work(web);
  } finally {
    await web.close();
  }
}

/** The Control Plane without anybody's token. */
export interface Door {
  readonly url: string;
  call(call: Call): Promise<CallAnswer>;
  close(): Promise<void>;
}

export async function openDoor(around: Pick<Surroundings, 'env'>): Promise<Door> {
  const url = urlOf(around);
  const caFile = around.env['XWL_CA'] ?? (await localCa(around));
  const ca = caFile === undefined ? rootCertificates.join('\n') : await certificateFile(caFile);
  const agent = createAgent({
    tls: { ca, cert: '', key: '' },
    connections: CONNECTIONS,
    timeouts: { connectMs: CONNECT_TIMEOUT_MS },
  });
  return {
    url,
    async call({ method = 'GET', path, query = {}, body, headers = {} }) {
      const target = new URL(path, url);
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) target.searchParams.set(name, value);
      }
      const answer = await callJson({
        ...{ agent, method, url: target.href, headers, timeoutMs: CALL_TIMEOUT_MS },
        maxBytes: MAX_ANSWER_BYTES,
        ...(body === undefined ? {} : { body }),
      });
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw new Refusal(answer, path);
    },
    close: () => agent.close(),
  };
}

async function certificateFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(EXIT.usage, `XWL_CA: ${path} can't be read`, error);
  });
}

const loginAnswer = z.object({
  token: z.string(),
  expiresAt: z.string(),
  user: z.object({ email: z.string(), roles: z.array(z.string()) }),
});

/** Exchanges a password for a token of 30 minutes. */
export async function logIn(
  door: Door,
  who: { readonly email: string; readonly password: string },
): Promise<Session> {
  const answer = await door.call({ method: 'POST', path: '/admin/api/auth/login', body: who });
  const { token, expiresAt, user } = loginAnswer.parse(answer.body);
  return { url: door.url, token, expiresAt, email: user.email, roles: user.roles };
}

async function tokenFor(around: Around, door: Door): Promise<string> {
  const { XWL_TOKEN: token, XWL_EMAIL: email, XWL_PASSWORD: password } = around.env;
  if (token !== undefined) return token;
  if (email !== undefined && password !== undefined) {
    return (await logIn(door, { email, password })).token;
  }
  const kept = await keptSession(around, door.url);
  if (kept !== undefined) return kept.token;
  const ways = 'xwl login, or set XWL_TOKEN, or XWL_EMAIL and XWL_PASSWORD';
  throw new CommandError(EXIT.usage, `nobody is logged in at ${door.url}: ${ways}`);
}
