import { X509Certificate, createHash, createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { UUID_FORM } from './uuid.ts';

export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** PEM texts, ready for `https.createServer` and for undici's `connect`. */
export interface TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What routes and token checks want to know of a certificate that our CA vouches for. */
export interface CertificateFacts {
  /** The only URI SAN, `urn:xpory:wl:<uuid>` or `urn:xpory:cp`; absent where there is not one. */
  readonly subjectUri: string | undefined;
  /** `x5t#S256` of RFC 8705: SHA-256 of the DER, base64url. */
  readonly thumbprint: string;
  /** In the one form of `serialOf`. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export const CP_SUBJECT_URI = 'urn:xpory:cp';
const WL_SUBJECT_FORM = new RegExp(`^urn:xpory:wl:(${UUID_FORM})$`);

/** Where a renewal keeps what it has before it takes the place of the old. */
export const nextFile = (file: string): string => `${file}.next`;

/**
 * Reads the three PEM files of a party. A renewal puts the key in its place and then the certificate;
 * where it died in between, the certificate of the new key still waits beside the old one.
 */
export function loadTls({ caFile, certFile, keyFile }: TlsFiles): TlsMaterial {
  const ca = readFileSync(caFile, 'utf8');
  const key = readFileSync(keyFile, 'utf8');
  const cert = readFileSync(certFile, 'utf8');
  if (isPair(cert, key) || !existsSync(nextFile(certFile))) return { ca, cert, key };
  const waiting = readFileSync(nextFile(certFile), 'utf8');
  return { ca, cert: isPair(waiting, key) ? waiting : cert, key };
}

/** Whether the certificate is of that key; half a file is as little a pair as two strangers. */
export function isPair(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whether it is certificates to the last line: an empty file of authorities is not our trust. */
export function isBundle(ca: string): boolean {
  const blocks = ca.match(CERTIFICATE) ?? [];
  if (blocks.length === 0 || blocks.length !== ca.split('-----BEGIN ').length - 1) return false;
  try {
    return blocks.every((block) => new X509Certificate(block).raw.length > 0);
  } catch {
    return false;
  }
}

/** The URI SAN of a WL's certificates. */
export function wlSubjectUri(wlId: string): string {
  return `urn:xpory:wl:${wlId}`;
}

/** The WL that a certificate speaks for; undefined for the Control Plane's and any other. */
export function wlIdOf(facts: CertificateFacts | undefined): string | undefined {
  return WL_SUBJECT_FORM.exec(facts?.subjectUri ?? '')?.[1];
}

/** Facts of a PEM text or of a parsed certificate. */
export function certificateFacts(certificate: string | X509Certificate): CertificateFacts {
  const parsed = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  return {
    subjectUri: subjectUriOf(parsed.subjectAltName),
    thumbprint: createHash('sha256').update(parsed.raw).digest('base64url'),
    serial: serialOf(parsed.serialNumber),
    notBefore: parsed.validFromDate,
    notAfter: parsed.validToDate,
  };
}

/** A serial number in one form, whoever wrote it: upper-case hexadecimal without leading zeros. */
export function serialOf(hexadecimal: string): string {
  return hexadecimal.toUpperCase().replace(/^0+(?=.)/, '');
}

/** Node quotes a name that holds separators; ours never do, so a quoted list is not ours. */
export function subjectUriOf(subjectAltName: string | undefined): string | undefined {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return undefined;
  const uris = subjectAltName.split(', ').filter((name) => name.startsWith('URI:'));
  return uris.length === 1 ? uris[0]?.slice('URI:'.length) : undefined;
}

/** What a connection showed: nothing, something our CA does not vouch for, or facts. */
export type PeerCertificate =
  | { readonly state: 'absent' }
  | { readonly state: 'untrusted' }
  | { readonly state: 'trusted'; readonly facts: CertificateFacts };

/**
 * Looks at the client certificate of a connection. `authorized` alone is not enough: a TLS 1.3
 * session that was resumed without a certificate also counts as authorized, so the certificate has
 * to be there.
 */
export function peerCertificate(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { state: 'absent' };
  if (!socket.authorized) return { state: 'untrusted' };
  return { state: 'trusted', facts: certificateFacts(certificate) };
}
