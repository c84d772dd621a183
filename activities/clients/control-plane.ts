import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { SignalAnswer } from '../../domain/imbalance/signal.ts';
import type {
  EventKey,
  PullDocument,
  PulledRevocationList,
} from '../../domain/policy/pull-document.ts';
import {
  RevocationListRefused,
  readRevocationList,
} from '../../runtime/certificates/revocation-list.ts';
import { correlationHeaders } from '../../runtime/correlation.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import { callJson, type CallAnswer, type CallOptions } from './agent.ts';
import { jwksShape, pullDocumentShape, type PublishedKeys } from './control-plane-shapes.ts';

/** The Control Plane answered, but not with what was asked for. */
export class ControlPlaneRefusal extends Error {
  override readonly name = 'ControlPlaneRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The answer is not signed with the secret that we share, or not of the agreed shape. */
export class PullRefused extends Error {
  override readonly name = 'PullRefused';
}

export interface Endpoint {
  readonly peerUrl: string;
  readonly currency: string;
  readonly eventKeys: { readonly keys: readonly EventKey[] };
}

export interface IssuedToken {
  readonly token: string;
  readonly kid: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface PullRequest {
  readonly token: string;
  readonly policySecret: string;
  /** Of the last document that was applied. */
  readonly etag?: string | undefined;
  readonly appliedRevision?: string | undefined;
  /** Number of the last settlement that is applied here: those after it are asked for. */
  readonly settlementsSince: bigint;
}

export type PullAnswer =
  | { readonly changed: false }
  | { readonly changed: true; readonly document: PullDocument; readonly etag: string | undefined };

export interface ControlPlaneClient {
  /** False while the Control Plane does not know this WL. */
  registerEndpoint(endpoint: Endpoint): Promise<boolean>;
  readSecrets(): Promise<{ policySecret: string; signalSecret: string }>;
  issueToken(): Promise<IssuedToken>;
  issuePeerToken(targetWlId: string, scopes: readonly string[]): Promise<IssuedToken>;
  pull(request: PullRequest): Promise<PullAnswer>;
  readKeys(): Promise<PublishedKeys>;
  /** The certificate for a PKCS#10 request, both PEM; the same request gets the same one. */
  requestCertificate(csr: string): Promise<string>;
  /** False where no delivery of that signal to us is known there. */
  ackSignal(token: string, signalId: string, answer: SignalAnswer): Promise<boolean>;
}

export interface ControlPlaneClientDeps {
  /** Over mTLS: who we are is said by our certificate. */
  readonly agent: Dispatcher;
  readonly cpUrl: string;
  readonly wlId: string;
  /** PEM of the authorities that we trust; a revocation list is signed by one of them. */
  readonly authorities: () => string;
}

// Nobody waits for these calls but a schedule; a Control Plane that is slower is in trouble.
const CALL_TIMEOUT_MS = 5_000;
const MS_PER_SECOND = 1_000;

const secretsShape = z.object({ policySecret: z.string().min(1), signalSecret: z.string().min(1) });
const certificateShape = z.object({ certificate: z.string().min(1) });
const tokenShape = z.object({ token: z.string().min(1) });

/** What a WL asks of its Control Plane. Throws ConnectionFailure where it can't be reached. */
export function createControlPlaneClient(deps: ControlPlaneClientDeps): ControlPlaneClient {
  const { wlId } = deps;
  const call = (options: Pick<CallOptions, 'method' | 'body' | 'headers'> & { path: string }) =>
    callJson({
      agent: deps.agent,
      partner: CP_SUBJECT_URI,
      method: options.method,
      url: new URL(options.path, deps.cpUrl).href,
      headers: { ...correlationHeaders(), ...options.headers },
      ...(options.body === undefined ? {} : { body: options.body }),
      timeoutMs: CALL_TIMEOUT_MS,
    });
  const post = async (path: string, body?: unknown): Promise<CallAnswer> =>
    accepted(await call({ method: 'POST', path, ...(body !== undefined && { body }) }), path);
  return {
    async registerEndpoint(endpoint) {
      const path = `/wls/${wlId}/endpoint`;
      const answer = await call({ method: 'PUT', path, body: endpoint });
      if (answer.status === 404) return false;
      accepted(answer, path);
      return true;
    },
    async readSecrets() {
      return secretsShape.parse((await post(`/wls/${wlId}/secrets`)).body);
    },
    async issueToken() {
      return issued(await post(`/wls/${wlId}/token`));
    },
    async issuePeerToken(targetWlId, scopes) {
      return issued(await post(`/wls/${wlId}/peer-token`, { targetWlId, scopes }));
    },
    async pull(request) {
      const path = `/policies/pull?settlementsSince=${request.settlementsSince}`;
      const answer = await call({ method: 'GET', path, headers: pullHeaders(request) });
      return answer.status === 304
        ? { changed: false }
        : readPull(accepted(answer, path), { ...deps, policySecret: request.policySecret });
    },
    async readKeys() {
      const path = '/.well-known/jwks.json';
      return jwksShape.parse(accepted(await call({ method: 'GET', path }), path).body);
    },
    async requestCertificate(csr) {
      const { body } = await post(`/wls/${wlId}/certificates`, { csr });
      return certificateShape.parse(body).certificate;
    },
    async ackSignal(token, signalId, body) {
      const path = `/imbalance/signals/${signalId}/ack`;
      const headers = { authorization: `Bearer ${token}` };
      const answer = await call({ method: 'POST', path, body, headers });
      if (answer.status === 404) return false;
      accepted(answer, path);
      return true;
    },
  };
}

function pullHeaders({ token, etag, appliedRevision }: PullRequest): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(appliedRevision === undefined ? {} : { 'x-applied-revision': appliedRevision }),
  };
}

interface PullRules {
  readonly wlId: string;
  readonly policySecret: string;
  readonly authorities: () => string;
}

/** The signature is over the text as it came; only then is it looked at as a document. */
async function readPull(
  answer: CallAnswer,
  { wlId, policySecret, authorities }: PullRules,
): Promise<PullAnswer> {
  try {
    new Webhook(policySecret).verify(answer.text, { ...answer.headers });
  } catch (cause) {
    if (!(cause instanceof WebhookVerificationError)) throw cause;
    throw new PullRefused('the pulled document is not signed with our secret', { cause });
  }
  const parsed = pullDocumentShape.safeParse(answer.body);
  if (!parsed.success) {
    throw new PullRefused('the pulled document has another shape', { cause: parsed.error });
  }
  const document = parsed.data;
  if (document.wl.id !== wlId) throw new PullRefused('the pulled document is of another WL');
  if (document.crl !== undefined) await checkList(document.crl, authorities());
  return { changed: true, document, etag: answer.headers['etag'] };
}

/** A list that our authority has not signed makes the whole document one that we do not believe. */
async function checkList({ number, pem }: PulledRevocationList, authorities: string) {
  const read = readRevocationList(pem, authorities).catch((cause: unknown) => {
    if (!(cause instanceof RevocationListRefused)) throw cause;
    throw new PullRefused(cause.message, { cause });
  });
  if (String((await read).number) !== number) {
    throw new PullRefused('the pulled revocation list has another number than it is given');
  }
}

function accepted(answer: CallAnswer, path: string): CallAnswer {
  if (answer.status >= 200 && answer.status <= 299) return answer;
  const code = (answer.body as { code?: unknown } | undefined)?.code;
  const named = typeof code === 'string' ? ` ${code}` : '';
  throw new ControlPlaneRefusal(answer.status, `${path} answered ${answer.status}${named}`);
}

function issued(answer: CallAnswer): IssuedToken {
  const { token } = tokenShape.parse(answer.body);
  const { iat, exp } = z.object({ iat: z.number(), exp: z.number() }).parse(decodeJwt(token));
  return {
    token,
    kid: decodeProtectedHeader(token).kid ?? '',
    issuedAt: new Date(iat * MS_PER_SECOND),
    expiresAt: new Date(exp * MS_PER_SECOND),
  };
}
