import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { invariant } from '../domain/shared/invariant.ts';

/** Contact data at rest: AES-256-GCM under a named key (DESIGN.md 4, PII). */
export interface SealKey {
  readonly id: string;
  readonly key: Buffer;
}

export interface Sealer {
  /** Encrypts for one column; the context binds the text to its place. Equal inputs differ. */
  seal(context: string, clear: string): string;
  /** Decrypts what any of the known keys sealed for the same context; throws when tampered with. */
  open(context: string, sealed: string): string;
  /** True when the text was sealed with an older key and a rotation must seal it again. */
  isStale(sealed: string): boolean;
  /** A keyed fingerprint to look a value up by; it does not change with key rotation. */
  index(context: string, clear: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** The first key seals, all of them open. `indexKey` outlives rotations. */
export function createSealer(keys: readonly SealKey[], indexKey: Buffer): Sealer {
  const current = keys[0];
  invariant(current !== undefined, 'a sealer needs a key');
  invariant(
    keys.every(({ key }) => key.length === KEY_BYTES) && indexKey.length === KEY_BYTES,
    'keys have 32 bytes',
  );
  const byId = new Map(keys.map((entry) => [entry.id, entry.key]));
  return {
    seal(context, clear) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, iv);
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final()]);
      const sealed = Buffer.concat([iv, body, cipher.getAuthTag()]);
      return `${current.id}.${sealed.toString('base64url')}`;
    },
    open(context, sealed) {
      const dot = sealed.indexOf('.');
      const key = byId.get(sealed.slice(0, dot));
      if (key === undefined) throw new Error(`no key ${sealed.slice(0, dot)} to open ${context}`);
      const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const body = bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
    isStale: (sealed) => !sealed.startsWith(`${current.id}.`),
    index: (context, clear) =>
      createHmac('sha256', indexKey).update(`${context}\0${clear}`).digest('base64url'),
  };
}
