import { createHmac, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';

/**
 * Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA-256 of a shared secret as `v1`,
 * Ed25519 of the sender as `v1a`, side by side in one header, separated by spaces.
 */
export interface WebhookHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
  /** Which key has made the v1a, so that a receiver can tell a key it has not heard of from a lie. */
  readonly 'webhook-key-id'?: string;
}

/** The standard names no key; receivers that do not know the header pass over it. */
export const WEBHOOK_KEY_HEADER = 'webhook-key-id';

export interface WebhookToSign {
  /** The same for every delivery of one message, so that receivers can tell repeats. */
  readonly id: string;
  readonly at: Date;
  /** The body exactly as it is sent. */
  readonly body: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  /** An Ed25519 key, where the sender has one. */
  readonly key?: { readonly kid: string; readonly privateKey: KeyObject } | undefined;
}

export interface WebhookToVerify {
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: string | Buffer;
  readonly secret: string;
  /** The sender's keys that are known, by kid; where there is one, a v1a is asked for, too. */
  readonly publicKeys?: ReadonlyMap<string, KeyObject> | undefined;
  readonly now: Date;
}

/** UNKNOWN_KEY: the v1 is right, and the v1a is of a key that the receiver has not heard of. */
export type WebhookVerdict = 'VALID' | 'UNKNOWN_KEY' | 'MISSING' | 'TOO_OLD_OR_NEW' | 'WRONG';

const SECRET_PREFIX = 'whsec_';
const MS_PER_SECOND = 1_000;
/** The standard's own: a captured message can be replayed no longer than this. */
const TOLERANCE_SECONDS = 300;
const TIMESTAMP_FORM = /^\d{1,12}$/;

/** The three headers of one message. */
export function signWebhook({ id, at, body, secret, key }: WebhookToSign): WebhookHeaders {
  const timestamp = String(Math.floor(at.getTime() / MS_PER_SECOND));
  const content = contentOf(id, timestamp, Buffer.from(body));
  const signatures = [`v1,${hmacOf(secret, content).toString('base64')}`];
  if (key !== undefined) {
    signatures.push(`v1a,${sign(null, content, key.privateKey).toString('base64')}`);
  }
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
    ...(key !== undefined && { [WEBHOOK_KEY_HEADER]: key.kid }),
  };
}

/** One right v1 is enough; signatures of kinds that nobody knows yet are passed over. */
export function verifyWebhook(request: WebhookToVerify): WebhookVerdict {
  const { header, body, secret, now } = request;
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
  const { publicKeys = new Map<string, KeyObject>() } = request;
  if (publicKeys.size === 0) return 'VALID';
  // Without it the holder of the secret alone could leave the second signature away.
  const asymmetric = valuesOf(signatures, 'v1a');
  if (asymmetric.length === 0) return 'WRONG';
  const isOf = (key: KeyObject): boolean =>
    asymmetric.some((value) => verify(null, content, key, value));
  const kid = header(WEBHOOK_KEY_HEADER);
  const named = kid === undefined ? undefined : publicKeys.get(kid);
  if (named !== undefined) return isOf(named) ? 'VALID' : 'WRONG';
  return kid === undefined && [...publicKeys.values()].some(isOf) ? 'VALID' : 'UNKNOWN_KEY';
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
