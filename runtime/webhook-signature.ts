import { createHmac, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';

/**
 * Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA-256 of a shared secret as `v1`,
 * Ed25519 of the sender as `v1a`, side by side in one header, separated by spaces.
 */
export interface WebhookHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

export interface WebhookToSign {
  /** The same for every delivery of one message, so that receivers can tell repeats. */
  readonly id: string;
  readonly at: Date;
  /** The body exactly as it is sent. */
  readonly body: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  /** An Ed25519 key, where the sender has one. */
  readonly privateKey?: KeyObject | undefined;
}

export interface WebhookToVerify {
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: string | Buffer;
  readonly secret: string;
  /** Where it is known, a v1a signature has to be right, too, if one came along. */
  readonly publicKey?: KeyObject | undefined;
  readonly now: Date;
}

export type WebhookVerdict = 'VALID' | 'MISSING' | 'TOO_OLD_OR_NEW' | 'WRONG';

const SECRET_PREFIX = 'whsec_';
const MS_PER_SECOND = 1_000;
/** The standard's own: a captured message can be replayed no longer than this. */
const TOLERANCE_SECONDS = 300;
const TIMESTAMP_FORM = /^\d{1,12}$/;

/** The three headers of one message. */
export function signWebhook({ id, at, body, secret, privateKey }: WebhookToSign): WebhookHeaders {
  const timestamp = String(Math.floor(at.getTime() / MS_PER_SECOND));
  const content = contentOf(id, timestamp, Buffer.from(body));
  const signatures = [`v1,${hmacOf(secret, content).toString('base64')}`];
  if (privateKey !== undefined) {
    signatures.push(`v1a,${sign(null, content, privateKey).toString('base64')}`);
  }
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

/** One right v1 is enough; signatures of kinds that nobody knows yet are passed over. */
export function verifyWebhook(request: WebhookToVerify): WebhookVerdict {
  const { header, body, secret, publicKey, now } = request;
  const id = header('webhook-id');
  const timestamp = header('webhook-timestamp');
  const signatures = header('webhook-signature')?.split(' ');
  if (id === undefined || timestamp === undefined || signatures === undefined) return 'MISSING';
  if (!TIMESTAMP_FORM.test(timestamp)) return 'WRONG';
  const ageSeconds = now.getTime() / MS_PER_SECOND - Number(timestamp);
  if (Math.abs(ageSeconds) > TOLERANCE_SECONDS) return 'TOO_OLD_OR_NEW';
  const content = contentOf(id, timestamp, Buffer.from(body));
  const expected = hmacOf(secret, content);
  if (!valuesOf(signatures, 'v1').some((value) => isEqual(value, expected))) return 'WRONG';
  if (publicKey === undefined) return 'VALID';
  const asymmetric = valuesOf(signatures, 'v1a');
  const isRight = (value: Buffer): boolean => verify(null, content, publicKey, value);
  return asymmetric.length === 0 || asymmetric.some(isRight) ? 'VALID' : 'WRONG';
}

function contentOf(id: string, timestamp: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
}

function hmacOf(secret: string, content: Buffer): Buffer {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
  return createHmac('sha256', Buffer.from(text, 'base64')).update(content).digest();
}

function valuesOf(signatures: readonly string[], version: string): Buffer[] {
  return signatures.flatMap((signature) => {
    const [name, value = ''] = signature.split(',');
    return name === version ? [Buffer.from(value, 'base64')] : [];
  });
}

function isEqual(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
