import { randomBytes, webcrypto } from 'node:crypto';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import type { IssuedCertificate } from './certificates.ts';

// For a file that lies beside the plain key: enough to be accepted, not a barrier.
const ITERATIONS = 2_048;
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
const KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const ENCRYPTION = { name: 'AES-CBC', length: 256 } as const;

pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto }));

/** Key, certificate and authority in one file, for browsers and curl. */
export async function toPkcs12(
  issued: IssuedCertificate,
  authorityPem: string,
  password: string,
): Promise<Uint8Array> {
  const secret = new TextEncoder().encode(password).buffer as ArrayBuffer;
  const keyId = randomBytes(20);
  const keyBag = new pkijs.PKCS8ShroudedKeyBag({
    parsedValue: pkijs.PrivateKeyInfo.fromBER(derOf(issued.keyPem)),
  });
  const pfx = new pkijs.PFX({
    parsedValue: {
      integrityMode: 0,
      authenticatedSafe: new pkijs.AuthenticatedSafe({
        parsedValue: {
          safeContents: [
            { privacyMode: 0, value: safe([bag(KEY_BAG, keyBag, keyId)]) },
            {
              privacyMode: 1,
              value: safe([
                bag(CERTIFICATE_BAG, certificateBag(issued.certPem), keyId),
                bag(CERTIFICATE_BAG, certificateBag(authorityPem)),
              ]),
            },
          ],
        },
      }),
    },
  });
  const sealing = { password: secret, hmacHashAlgorithm: 'SHA-256', iterationCount: ITERATIONS };
  await keyBag.makeInternalValues({ ...sealing, contentEncryptionAlgorithm: ENCRYPTION });
  const parsed = pfx.parsedValue;
  await parsed?.authenticatedSafe?.makeInternalValues({
    safeContents: [{}, { ...sealing, contentEncryptionAlgorithm: ENCRYPTION }],
  });
  await pfx.makeInternalValues({
    password: secret,
    iterations: ITERATIONS,
    pbkdf2HashAlgorithm: { name: 'SHA-256' },
    hmacHashAlgorithm: 'SHA-256',
  });
  return new Uint8Array(pfx.toSchema().toBER());
}

function safe(bags: pkijs.SafeBag[]): pkijs.SafeContents {
  return new pkijs.SafeContents({ safeBags: bags });
}

function certificateBag(pem: string): pkijs.CertBag {
  return new pkijs.CertBag({ parsedValue: pkijs.Certificate.fromBER(derOf(pem)) });
}

function bag(
  bagId: string,
  bagValue: pkijs.CertBag | pkijs.PKCS8ShroudedKeyBag,
  keyId?: Uint8Array,
): pkijs.SafeBag {
  if (keyId === undefined) return new pkijs.SafeBag({ bagId, bagValue });
  const value = new asn1js.OctetString({ valueHex: Uint8Array.from(keyId).buffer });
  const bagAttributes = [new pkijs.Attribute({ type: LOCAL_KEY_ID, values: [value] })];
  return new pkijs.SafeBag({ bagId, bagValue, bagAttributes });
}

function derOf(pem: string): ArrayBuffer {
  const body = pem.replaceAll(/-----[^-]+-----|\s/g, '');
  return Uint8Array.from(Buffer.from(body, 'base64')).buffer;
}
