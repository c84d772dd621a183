import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { compactVerify, decodeProtectedHeader, errors } from 'jose';
import { headText, type SignedHead } from '../domain/audit/head.ts';

const ALGORITHM = 'RS256';
/** As for tokens (CONTRACTS.md, Verifiers). */
const LEAST_MODULUS_BITS = 2_048;

/** The id of the key that a head names; undefined where the signature is no compact JWS of ours. */
export function kidOfHead({ signature }: SignedHead): string | undefined {
  try {
    const { alg, kid, crit, b64 } = decodeProtectedHeader(signature);
    return alg === ALGORITHM && crit === undefined && b64 === undefined ? kid : undefined;
  } catch {
    // The only thing the decoder throws about is text that is no JWS.
    return undefined;
  }
}

/** A public RSA key that is strong enough to vouch for a head; undefined for any other JWK. */
export function headKey(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const { kty, n, e } = jwk as JsonWebKey;
  if (kty !== 'RSA' || n === undefined || e === undefined) return undefined;
  const key = importKey({ kty, n, e });
  const { modulusLength = 0 } = key?.asymmetricKeyDetails ?? {};
  return modulusLength < LEAST_MODULUS_BITS ? undefined : key;
}

function importKey(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    // Node names what it can't read as a key by a code.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/** True where exactly this head, number and hash, was signed with that key. */
export async function isSignedHead(head: SignedHead, key: KeyObject): Promise<boolean> {
  try {
    const { payload } = await compactVerify(head.signature, key, { algorithms: [ALGORITHM] });
    return Buffer.from(payload).toString('utf8') === headText(head);
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
