// The first import: @peculiar/x509 asks for decorators' metadata when it is loaded.
import 'reflect-metadata';
import { X509Certificate, createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { certificateFacts, type CertificateFacts } from '../tls.ts';
import { writeCrlNumber } from './revocation-list.ts';

/** What a certificate of ours says, whatever its request asked for. */
export interface CertificateTerms {
  /** SPKI, DER; its holder has proved possession by signing the request. */
  readonly publicKey: ArrayBuffer;
  readonly subjectUri: string;
  /** DNS names or addresses under which the party is reached; none makes a client's certificate. */
  readonly hosts: readonly string[];
  readonly now: Date;
}

export interface IssuedCertificate {
  readonly pem: string;
  readonly facts: CertificateFacts;
}

export interface RevocationListTerms {
  /** Grows by one with each list. */
  readonly number: bigint;
  readonly serials: readonly { readonly serial: string; readonly revokedAt: Date }[];
  readonly now: Date;
}

/** Signs certificates and revocation lists; only the Control Plane's API has one. */
export interface Authority {
  readonly certPem: string;
  issue(terms: CertificateTerms): Promise<IssuedCertificate>;
  /** PEM of an X.509 CRL. */
  signRevocationList(terms: RevocationListTerms): Promise<string>;
}

/**
 * A quarter of a year: renewed when a third is left, a Control Plane that is away for weeks still
 * expires nobody, and a key that leaked unseen is not good for years.
 */
export const CERTIFICATE_DAYS = 90;
const DAY_MS = 86_400_000;
// Two machines whose clocks differ a little must not refuse a certificate made just now.
const CLOCK_SKEW_MS = 60_000;
const SERIAL_BYTES = 16;

x509.cryptoProvider.set(globalThis.crypto);

/** Takes the authority's PEM texts; throws where the key is not the certificate's. */
export function createAuthority(pems: {
  readonly certPem: string;
  readonly keyPem: string;
}): Authority {
  const { certPem } = pems;
  const issuer = new x509.X509Certificate(certPem);
  const key = createPrivateKey(pems.keyPem);
  const own = new X509Certificate(certPem);
  if (!own.ca || !own.checkPrivateKey(key)) {
    throw new Error('The authority is no CA certificate with its own key');
  }
  const signing = signingOf(key);
  return {
    certPem,
    async issue({ publicKey, subjectUri, hosts, now }) {
      const end = new Date(now.getTime() + CERTIFICATE_DAYS * DAY_MS);
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: newSerial(),
        subject: `CN=${subjectUri.slice(subjectUri.lastIndexOf(':') + 1)}`,
        issuer: issuer.subject,
        notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
        // Nobody trusts a certificate for longer than its authority.
        notAfter: end < issuer.notAfter ? end : issuer.notAfter,
        publicKey: new x509.PublicKey(publicKey),
        signingAlgorithm: signing.algorithm,
        signingKey: signing.key,
        extensions: await extensionsOf({ issuer, publicKey, subjectUri, hosts }),
      });
      const pem = `${certificate.toString('pem')}\n`;
      return { pem, facts: certificateFacts(pem) };
    },
    async signRevocationList({ number, serials, now }) {
      const list = await x509.X509CrlGenerator.create({
        issuer: issuer.subjectName,
        thisUpdate: now,
        // A list counts until the next: it travels with every change, not by a calendar, and a WL
        // whose Control Plane is dead goes on with the last one.
        nextUpdate: issuer.notAfter,
        entries: serials.map(({ serial, revokedAt }) => ({
          serialNumber: serial,
          revocationDate: revokedAt,
        })),
        extensions: [
          writeCrlNumber(number),
          await x509.AuthorityKeyIdentifierExtension.create(issuer),
        ],
        signingAlgorithm: signing.algorithm,
        signingKey: signing.key,
      });
      // The tag that other tools know.
      return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
    },
  };
}

async function extensionsOf(wanted: {
  readonly issuer: x509.X509Certificate;
  readonly publicKey: ArrayBuffer;
  readonly subjectUri: string;
  readonly hosts: readonly string[];
}): Promise<x509.Extension[]> {
  const { issuer, publicKey, subjectUri, hosts } = wanted;
  const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
  const names: x509.JsonGeneralNames = [
    { type: 'url', value: subjectUri },
    ...hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
  ];
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(
      hosts.length === 0 ? [clientAuth] : [serverAuth, clientAuth],
    ),
    new x509.SubjectAlternativeNameExtension(names),
    await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(publicKey)),
    await x509.AuthorityKeyIdentifierExtension.create(issuer),
  ];
}

interface Signing {
  readonly algorithm: { readonly name: string; readonly hash: string };
  readonly key: SigningKey;
}

// As the certificates' library names it: Node's own type differs from the browser's in its usages.
type SigningKey = x509.X509CrlCreateParams['signingKey'];

function signingOf(key: KeyObject): Signing {
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    return { algorithm, key: key.toCryptoKey(algorithm, false, ['sign']) as SigningKey };
  }
  const curve = CURVES[namedCurve ?? ''];
  if (curve === undefined) throw new Error('The authority has a key that is neither RSA nor EC');
  const ecKey = key.toCryptoKey({ name: 'ECDSA', namedCurve: curve.name }, false, ['sign']);
  return { algorithm: { name: 'ECDSA', hash: curve.hash }, key: ecKey as SigningKey };
}

const CURVES: Readonly<Record<string, { readonly name: string; readonly hash: string }>> = {
  prime256v1: { name: 'P-256', hash: 'SHA-256' },
  secp384r1: { name: 'P-384', hash: 'SHA-384' },
  secp521r1: { name: 'P-521', hash: 'SHA-512' },
};

/** Positive, and without a leading zero byte, whatever the random bytes are. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
