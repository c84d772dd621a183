import { ApiProblem } from './problem.ts';
import { currentSession, setSession } from './session.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Asked {
  readonly query?: Query;
  readonly body?: unknown;
  /** The revision that is being changed. */
  readonly ifMatch?: string | undefined;
  readonly idempotencyKey?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

export interface Answer<T> {
  readonly data: T;
  readonly etag: string | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

// Longer than the slowest report; after that a person would rather be told.
const TIMEOUT_MS = 30_000;
const LOGIN = '/admin/api/auth/login';

/** Asks the Control Plane as the person who is signed in; a refusal is thrown as ApiProblem. */
export async function ask<T>(method: Method, path: string, asked: Asked = {}): Promise<Answer<T>> {
  const response = await send(method, path, asked);
  if (!response.ok) throw await refusalOf(response, path);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const data = (isJson ? JSON.parse(text) : text) as T;
  return { data, etag: response.headers.get('etag') ?? undefined };
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const { data } = await ask<T>('GET', path, {
    ...(query === undefined ? {} : { query }),
    ...(signal === undefined ? {} : { signal }),
  });
  return data;
}

export async function post<T>(path: string, body?: unknown, asked: Asked = {}): Promise<T> {
  return (await ask<T>('POST', path, { ...asked, body })).data;
}

export async function put<T>(path: string, body: unknown, asked: Asked = {}): Promise<T> {
  return (await ask<T>('PUT', path, { ...asked, body })).data;
}

/** Hands an answer that is a file to the browser as a download. */
export async function download(path: string, name: string, asked: Asked = {}): Promise<void> {
  const response = await send('GET', path, asked);
  if (!response.ok) throw await refusalOf(response, path);
  const url = URL.createObjectURL(await response.blob());
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}

async function send(method: Method, path: string, asked: Asked): Promise<Response> {
  const { query = {}, body, ifMatch, idempotencyKey, accept, signal } = asked;
  const named = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(
    named.map(([name, value]) => [name, String(value)]),
  ).toString();
  const session = currentSession();
  const headers = {
    Accept: accept ?? 'application/json',
    'Accept-Language': document.documentElement.lang,
    ...(session === undefined ? {} : { Authorization: `Bearer ${session.token}` }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
    ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
  };
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(search === '' ? path : `${path}?${search}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiProblem(0, { code: 'OFFLINE' });
  }
}

async function refusalOf(response: Response, path: string): Promise<ApiProblem> {
  const text = await response.text();
  const isProblem = response.headers.get('content-type')?.includes('json') === true;
  const body = isProblem ? (JSON.parse(text) as Record<string, unknown>) : {};
  // A session that the Control Plane does not know any more: back to the login.
  if (response.status === 401 && path !== LOGIN) setSession(undefined);
  return new ApiProblem(response.status, body);
}
