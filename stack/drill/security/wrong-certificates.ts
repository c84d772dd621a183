// The first import: @peculiar/x509 asks for decorators' metadata when it is loaded.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { createAuthority, issueFrom } from '../../certificates/pki.ts';
import type { CertificateAuthority } from '../../certificates/pki.ts';
import type { Credential } from './knock.ts';

/** Certificates that our own authority would never issue, or that it did not issue. */
export type WrongKind =
  | 'two URIs'
  | 'self-signed'
  | 'other authority'
  | 'signed by a leaf'
  | 'unknown intermediate'
  | 'server only'
  | 'authority'
  | 'weak key';

interface Wish {
  readonly issuer: CertificateAuthority | undefined;
  readonly uris: readonly string[];
  readonly isAuthority?: boolean;
  readonly isServerOnly?: boolean;
  readonly isWeak?: boolean;
}

const DAY_MS = 86_400_000;
const SERIAL_BYTES = 16;
const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const WEAK_RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 1_024,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

export async function issueWrong(
  kind: WrongKind,
  ours: CertificateAuthority,
  uri: string,
): Promise<Credential> {
  const uris = [uri];
  switch (kind) {
    case 'two URIs':
      return issue({ issuer: ours, uris: ['urn:xpory:wl:other', uri] });
    case 'self-signed':
      return issue({ issuer: undefined, uris });
    case 'other authority':
      return issue({ issuer: await createAuthority('XporY local authority'), uris });
    case 'signed by a leaf': {
      const leaf = await issueFrom(ours, { commonName: 'importer', sanUri: uri });
      return withChain(await issue({ issuer: leaf, uris }), leaf.certPem);
    }
    case 'unknown intermediate': {
      const middle = await createAuthority('XporY intermediate');
      return withChain(await issue({ issuer: middle, uris }), middle.certPem);
    }
    case 'server only':
      return issue({ issuer: ours, uris, isServerOnly: true });
    case 'authority':
      return issue({ issuer: undefined, uris, isAuthority: true });
    case 'weak key':
      return issue({ issuer: ours, uris, isWeak: true });
  }
}

const withChain = ({ cert, key }: Credential, more: string): Credential => ({
  ...{ cert: `${cert}${more}`, key },
});

async function issue({ issuer, uris, ...wish }: Wish): Promise<Credential> {
  const { subtle } = webcrypto;
  const algorithm = wish.isWeak === true ? WEAK_RSA : EC;
  const keys = (await subtle.generateKey(algorithm, true, [
    ...['sign', 'verify'],
  ] as webcrypto.KeyUsage[])) as webcrypto.CryptoKeyPair;
  const of = issuer === undefined ? undefined : new x509.X509Certificate(issuer.certPem);
  const usages = [
    x509.ExtendedKeyUsage.serverAuth,
    ...(wish.isServerOnly === true ? [] : [x509.ExtendedKeyUsage.clientAuth]),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(SERIAL_BYTES).toString('hex')}`,
    subject: 'CN=importer',
    issuer: of?.subject ?? 'CN=importer',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey: issuer === undefined ? keys.privateKey : await privateKeyOf(issuer),
    extensions: [
      new x509.BasicConstraintsExtension(wish.isAuthority === true, undefined, true),
      new x509.ExtendedKeyUsageExtension(usages),
      new x509.SubjectAlternativeNameExtension(
        uris.map((value) => ({ type: 'url' as const, value })),
      ),
    ],
  });
  const pkcs8 = await subtle.exportKey('pkcs8', keys.privateKey);
  return {
    cert: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}

async function privateKeyOf({ keyPem }: CertificateAuthority): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(keyPem);
  return webcrypto.subtle.importKey('pkcs8', der, EC, false, ['sign']);
}
