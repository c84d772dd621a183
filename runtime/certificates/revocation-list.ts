// The first import: @peculiar/x509 asks for decorators' metadata when it is loaded.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import * as asn1js from 'asn1js';
import { serialOf } from '../tls.ts';

/** What a verified revocation list says. */
export interface RevocationList {
  readonly number: bigint;
  readonly serials: ReadonlySet<string>;
}

/** The list is not signed by an authority that we trust, or is no list. */
export class RevocationListRefused extends Error {
  override readonly name = 'RevocationListRefused';
}

const CRL_NUMBER = '2.5.29.20';
const CERTIFICATE_FORM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

x509.cryptoProvider.set(globalThis.crypto);

/** Reads a PEM list that one of the trusted authorities has signed; throws RevocationListRefused. */
export async function readRevocationList(
  pem: string,
  authoritiesPem: string,
): Promise<RevocationList> {
  const list = parse(pem);
  const authorities = (authoritiesPem.match(CERTIFICATE_FORM) ?? []).map(
    (text) => new x509.X509Certificate(text),
  );
  for (const { subject, publicKey } of authorities) {
    if (subject !== list.issuer || !(await list.verify({ publicKey }))) continue;
    return {
      number: readCrlNumber(list),
      serials: new Set(list.entries.map(({ serialNumber }) => serialOf(serialNumber))),
    };
  }
  throw new RevocationListRefused('the revocation list is not of an authority that we trust');
}

/** The number of a list as its extension (RFC 5280, 5.2.3). */
export function writeCrlNumber(number: bigint): x509.Extension {
  return new x509.Extension(CRL_NUMBER, false, asn1js.Integer.fromBigInt(number).toBER());
}

function readCrlNumber(list: x509.X509Crl): bigint {
  const extension = list.extensions.find(({ type }) => type === CRL_NUMBER);
  const { result } = asn1js.fromBER(extension?.value ?? new ArrayBuffer(0));
  if (result instanceof asn1js.Integer) return result.toBigInt();
  throw new RevocationListRefused('the revocation list has no number');
}

function parse(pem: string): x509.X509Crl {
  try {
    return new x509.X509Crl(x509.PemConverter.decodeFirst(pem));
  } catch (cause) {
    throw new RevocationListRefused('this is no revocation list', { cause });
  }
}
