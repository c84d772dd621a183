// The first import: @peculiar/x509 asks for decorators' metadata when it is loaded.
import 'reflect-metadata';
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A request that may be answered: its key is strong enough, and its sender has it. */
export interface CertificateRequest {
  /** SPKI, DER. */
  readonly publicKey: ArrayBuffer;
  /** SHA-256 of it, base64url: a request for the same key is the same request. */
  readonly keyFingerprint: string;
}

/** Why a request gets no certificate; the message is for its sender. */
export class CertificateRequestRefused extends Error {
  override readonly name = 'CertificateRequestRefused';
}

const LEAST_RSA_BITS = 2_048;
// Larger ones make every handshake slow, for whoever has to verify.
const MOST_RSA_BITS = 8_192;
const EC_CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const KEYS = 'an EC key (P-256, P-384 or P-521) or an RSA key of 2,048 to 8,192 bits';

x509.cryptoProvider.set(globalThis.crypto);

/**
 * Reads a PKCS#10 request in PEM. Its subject and its names are not looked at: what a certificate
 * says is decided by who issues it. Throws CertificateRequestRefused.
 */
export async function readCertificateRequest(pem: string): Promise<CertificateRequest> {
  const request = parse(pem);
  const publicKey = request.publicKey.rawData;
  if (!isStrong(publicKey)) throw new CertificateRequestRefused(`has to be for ${KEYS}`);
  if (!(await isSigned(request))) {
    throw new CertificateRequestRefused('is not signed by the key that it names');
  }
  return { publicKey, keyFingerprint: fingerprintOf(publicKey) };
}

/** Makes a request for a key of our own, in PEM; who we are stands in the certificate we show. */
export async function writeCertificateRequest(key: KeyObject): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=renewal',
    keys: {
      privateKey: key.toCryptoKey(algorithm, true, ['sign']),
      publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ['verify']),
      // Node's own type of a key differs from the browser's, which the library names, in its usages.
    } as x509.Pkcs10CertificateRequestCreateParams['keys'],
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return request.toString('pem');
}

function fingerprintOf(publicKey: ArrayBuffer): string {
  return createHash('sha256').update(Buffer.from(publicKey)).digest('base64url');
}

function parse(pem: string): x509.Pkcs10CertificateRequest {
  try {
    return new x509.Pkcs10CertificateRequest(pem);
  } catch (cause) {
    throw new CertificateRequestRefused('is no PKCS#10 request in PEM', { cause });
  }
}

function isStrong(publicKey: ArrayBuffer): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    if (key.asymmetricKeyType === 'ec') return EC_CURVES.has(namedCurve);
    if (key.asymmetricKeyType !== 'rsa') return false;
    return modulusLength >= LEAST_RSA_BITS && modulusLength <= MOST_RSA_BITS;
  } catch (cause) {
    throw new CertificateRequestRefused('names a key that can not be read', { cause });
  }
}

async function isSigned(request: x509.Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch (cause) {
    throw new CertificateRequestRefused('has a signature that can not be verified', { cause });
  }
}
