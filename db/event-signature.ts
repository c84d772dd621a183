import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { canonicalJson, type Json } from '../domain/shared/canonical.ts';
import type { SignedEvent, UnsignedEvent } from '../domain/telemetry/events.ts';

/** The key under which a WL signs its events. */
export interface EventSigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** The header, nothing where the content would stand (RFC 7515, appendix F), and 64 bytes. */
const DETACHED_FORM = /^([A-Za-z0-9_-]{1,400})\.\.([A-Za-z0-9_-]{86})$/;

/**
 * Signs an event as a compact JWS (EdDSA) with detached content: the RFC 8785 text of the event
 * without its signature. The same event under the same key has the same signature at every call.
 */
export function signEvent(event: UnsignedEvent, { kid, privateKey }: EventSigningKey): SignedEvent {
  const header = encode(canonicalJson({ alg: 'EdDSA', kid }));
  const bytes = sign(null, signedBytes(header, event), privateKey);
  return { ...event, signature: `${header}..${bytes.toString('base64url')}` };
}

/** The key that a signature names; undefined where it is not of the form that we accept. */
export function kidOfSignature(signature: string): string | undefined {
  const header = DETACHED_FORM.exec(signature)?.[1];
  if (header === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    if (parsed === null || typeof parsed !== 'object') return undefined;
    // Nothing but these two: `crit`, `b64` and keys inside a header are never looked at.
    const { alg, kid, ...rest } = parsed as Record<string, unknown>;
    if (alg !== 'EdDSA' || typeof kid !== 'string' || Object.keys(rest).length > 0)
      return undefined;
    return kid;
  } catch (error) {
    // Text that is no JSON is a signature of another form, which the answer says.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** True where `publicJwk` made the event's signature over exactly this event. */
export function isSignedBy(event: SignedEvent, publicJwk: object): boolean {
  const { signature, ...unsigned } = event;
  const [, header = '', encoded = ''] = DETACHED_FORM.exec(signature) ?? [];
  const bytes = Buffer.from(encoded, 'base64url');
  const key = readKey(publicJwk);
  if (key?.asymmetricKeyType !== 'ed25519') return false;
  return verify(null, signedBytes(header, unsigned), key, bytes);
}

function readKey(publicJwk: object): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  } catch {
    // What is no key has signed nothing: the answer is "not signed by it", whoever handed it in.
    return undefined;
  }
}

function signedBytes(header: string, event: UnsignedEvent): Buffer {
  return Buffer.from(`${header}.${encode(canonicalJson(event as unknown as Json))}`);
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
