// The first import: @peculiar/x509 asks for decorators' metadata when it is loaded.
import 'reflect-metadata';
import { X509Certificate, createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate authority that can sign: kept as PEM, so that it can be read from files. */
export type CertificateAuthority = { readonly certPem: string; readonly keyPem: string };
export type IssuedCertificate = { readonly certPem: string; readonly keyPem: string };

export type CertificateRequest = {
  readonly commonName: string;
  /** The party's identity: `urn:xpory:wl:<uuid>` or `urn:xpory:cp`. */
  readonly sanUri?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
};

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
export const DAY_MS = 86_400_000;
export const LEAF_DAYS = 365;
// The authority outlives what it signs by years: renewing it means trusting it anew everywhere.
export const AUTHORITY_DAYS = 5 * LEAF_DAYS;
// Two machines whose clocks differ a little must not refuse a certificate made just now.
export const CLOCK_SKEW_MS = 60_000;
const SERIAL_BYTES = 16;

x509.cryptoProvider.set(webcrypto);

export async function createAuthority(
  name: string,
  now = new Date(),
): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign |
          x509.KeyUsageFlags.cRLSign |
          x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: pemOf(certificate), keyPem: await privateKeyPem(keys.privateKey) };
}

/** A client and server certificate; tests also make the wrong ones with it. */
export async function issueFrom(
  authority: CertificateAuthority,
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  const issuer = new x509.X509Certificate(authority.certPem);
  const notBefore = request.notBefore ?? new Date(Date.now() - CLOCK_SKEW_MS);
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${request.commonName}`,
    issuer: issuer.subject,
    notBefore,
    notAfter: request.notAfter ?? new Date(notBefore.getTime() + LEAF_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey: await importPrivateKey(authority.keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      ...subjectAlternativeNames(request),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { certPem: pemOf(certificate), keyPem: await privateKeyPem(keys.privateKey) };
}

function subjectAlternativeNames(request: CertificateRequest): x509.Extension[] {
  const names: x509.JsonGeneralNames = [
    ...(request.sanUri === undefined ? [] : [{ type: 'url' as const, value: request.sanUri }]),
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}

/** Days until the earlier end; negative when past, also when it is not valid yet. */
export function daysLeft(certPem: string, now = new Date()): number {
  const certificate = new X509Certificate(certPem);
  if (now < certificate.validFromDate) return -1;
  return (certificate.validToDate.getTime() - now.getTime()) / DAY_MS;
}

export function isIssuedBy(certPem: string, authority: CertificateAuthority): boolean {
  const issuer = new X509Certificate(authority.certPem);
  const certificate = new X509Certificate(certPem);
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

export function isKeyOf(issued: IssuedCertificate): boolean {
  return new X509Certificate(issued.certPem).checkPrivateKey(createPrivateKey(issued.keyPem));
}

/** `URI:…`, `DNS:…`, `IP Address:…` in the order of the certificate. */
export function namesOf(certPem: string): readonly string[] {
  return new X509Certificate(certPem).subjectAltName?.split(', ') ?? [];
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  return keys as webcrypto.CryptoKeyPair;
}

async function importPrivateKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(keyPem);
  const key = await webcrypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, true, ['sign']);
  return key;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

/** Positive, and without a leading zero byte, whatever the random bytes are. */
function serialNumber(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
