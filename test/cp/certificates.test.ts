// The first import: @peculiar/x509 asks for decorators' metadata when it is loaded.
import 'reflect-metadata';
import { X509Certificate, generateKeyPairSync, randomUUID, webcrypto } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import type { PullDocument } from '../../domain/policy/pull-document.ts';
import { CERTIFICATE_DAYS } from '../../runtime/certificates/authority.ts';
import { writeCertificateRequest } from '../../runtime/certificates/request.ts';
import {
  RevocationListRefused,
  readRevocationList,
} from '../../runtime/certificates/revocation-list.ts';
import { certificateFacts, type TlsMaterial } from '../../runtime/tls.ts';
import { createTestPki } from '../support/certificates.ts';
import {
  auditOf,
  EXPORTER,
  IMPORTER,
  refusalOf,
  registerBoth,
  startControlPlane,
  tokenOf,
  type Stage,
} from './stage.ts';

let stage: Stage;
let exporter: TlsMaterial;
let importer: TlsMaterial;
beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
  exporter = await stage.certificate(EXPORTER);
  importer = await stage.certificate(IMPORTER);
}, 60_000);
afterAll(() => stage.stop());

const DAY_MS = 86_400_000;
const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;

interface Issued {
  readonly serial: string;
  readonly thumbprint: string;
  readonly certificate: string;
  readonly authority: string;
  readonly notAfter: string;
}

const pathOf = (wlId: string): string => `/wls/${wlId}/certificates`;
const ask = (wlId: string, csr: string, as?: TlsMaterial, token?: string) =>
  stage.ask({ method: 'POST', path: pathOf(wlId), body: { csr }, as, token });
const revoke = (wlId: string, serial: string, as?: TlsMaterial, token?: string) =>
  stage.ask({
    ...{ method: 'POST', path: `${pathOf(wlId)}/${serial}/revoke`, as, token },
    body: { reason: 'the laptop was lost' },
  });
const tokenAs = (wlId: string, as: TlsMaterial) =>
  stage.ask({ method: 'POST', path: `/wls/${wlId}/token`, as });

/** Asks for a certificate of the importer as that one would, and puts it together. */
async function newCertificate(as: TlsMaterial = importer): Promise<TlsMaterial & Issued> {
  const key = ecKey();
  const answer = await ask(IMPORTER, await writeCertificateRequest(key), as);
  expect(answer.status).toBe(201);
  const issued = answer.body as Issued;
  const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { ...issued, ca: stage.pki.ca, cert: issued.certificate, key: pem };
}

describe('issuing', () => {
  test('the names, the life and the uses are the authority’s word, not the request’s', async () => {
    const peerUrl = 'https://wl-importer.localhost:9444';
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const eventKeys = { keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid: 'event-key' }] };
    const endpoint = { peerUrl, currency: 'XIM', eventKeys };
    const path = `/wls/${IMPORTER}/endpoint`;
    const registered = await stage.ask({ method: 'PUT', path, body: endpoint, as: importer });
    expect(registered.status).toBe(200);
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=urn:xpory:cp',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'urn:xpory:cp' }]),
        new x509.BasicConstraintsExtension(true),
      ],
    });
    const answer = await ask(IMPORTER, request.toString('pem'), importer);
    expect(answer.status).toBe(201);
    const issued = answer.body as Issued;
    const parsed = new X509Certificate(issued.certificate);
    expect(parsed.subject).toBe(`CN=${IMPORTER}`);
    expect(parsed.subjectAltName).toBe(
      `URI:urn:xpory:wl:${IMPORTER}, DNS:wl-importer.localhost, DNS:localhost, IP Address:127.0.0.1`,
    );
    expect(parsed.ca).toBe(false);
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(parsed.verify(new X509Certificate(stage.pki.ca).publicKey)).toBe(true);
    const days = (parsed.validToDate.getTime() - Date.now()) / DAY_MS;
    expect(Math.round(days)).toBe(CERTIFICATE_DAYS);
    expect(issued).toMatchObject({
      serial: certificateFacts(parsed).serial,
      thumbprint: certificateFacts(parsed).thumbprint,
      authority: stage.pki.ca,
    });
    const [row] = await auditOf(stage, `certificates/${IMPORTER}`);
    expect(row).toMatchObject({ action: 'certificate.issued', actor: IMPORTER, source: 'wl-api' });
  });

  test('it opens the door it was issued for, and a token is bound to it', async () => {
    const own = await newCertificate();
    expect(tokenOf(await tokenAs(IMPORTER, own))).toContain('.');
    expect(refusalOf(await tokenAs(EXPORTER, own))).toBe('403 CERTIFICATE_SUBJECT');
  });

  test('the same key asked for again gets the same certificate', async () => {
    const csr = await writeCertificateRequest(ecKey());
    const first = await ask(IMPORTER, csr, importer);
    const again = await ask(IMPORTER, csr, importer);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
  });

  test('an operator asks for a white label that has nothing yet: a client’s certificate', async () => {
    const id = randomUUID();
    const body = { id, name: 'wl-new', status: 'active' };
    await stage.ask({ method: 'POST', path: '/wls', body, token: stage.master });
    const csr = await writeCertificateRequest(ecKey());
    const answer = await ask(id, csr, undefined, stage.master);
    const parsed = new X509Certificate((answer.body as Issued).certificate);
    expect(parsed.subjectAltName).toBe(`URI:urn:xpory:wl:${id}`);
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  test.each([
    ['no request at all', () => Promise.resolve('hello')],
    [
      'a short RSA key',
      async () => {
        const name = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
        const rsa = { ...name, modulusLength: 1_024, publicExponent: new Uint8Array([1, 0, 1]) };
        const keys = await webcrypto.subtle.generateKey(rsa, true, ['sign', 'verify']);
        return requestText(keys, name);
      },
    ],
    [
      'a signature by another key',
      async () => {
        const [own, other] = await Promise.all([ecdsaKeys(), ecdsaKeys()]);
        const keys = { privateKey: other.privateKey, publicKey: own.publicKey };
        return requestText(keys, { name: 'ECDSA', hash: 'SHA-256' });
      },
    ],
  ])('refused: %s', async (_what, make) => {
    const answer = await ask(IMPORTER, await make(), importer);
    expect(refusalOf(answer)).toBe('422 VALIDATION_FAILED');
    expect(answer.body).toMatchObject({ errors: [{ pointer: '/csr' }] });
  });

  test('refused: another white label, a person without the role, a blocked white label', async () => {
    const csr = await writeCertificateRequest(ecKey());
    expect(refusalOf(await ask(IMPORTER, csr, exporter))).toBe('403 CERTIFICATE_SUBJECT');
    const auditor = await stage.person('auditor');
    expect(refusalOf(await ask(IMPORTER, csr, undefined, auditor.token))).toBe('403 FORBIDDEN');
    const id = randomUUID();
    const body = { id, name: 'wl-blocked', status: 'blocked' };
    await stage.ask({ method: 'POST', path: '/wls', body, token: stage.master });
    expect(refusalOf(await ask(id, csr, undefined, stage.master))).toBe('403 FORBIDDEN');
  });
});

function ecdsaKeys() {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
}

async function requestText(
  keys: webcrypto.CryptoKeyPair,
  signingAlgorithm: { readonly name: string; readonly hash: string },
): Promise<string> {
  const name = 'CN=request';
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    ...{ name, keys, signingAlgorithm },
  });
  return request.toString('pem');
}

describe('revoking', () => {
  const pull = async (as: TlsMaterial): Promise<PullDocument> => {
    await stage.ask({ method: 'POST', path: `/wls/${EXPORTER}/secrets`, as });
    const token = tokenOf(await tokenAs(EXPORTER, as));
    const { body } = await stage.ask({ path: '/policies/pull', token, as });
    return body as PullDocument;
  };

  test('a revoked certificate is refused at once, on the connection that it has', async () => {
    const own = await newCertificate();
    const token = tokenOf(await tokenAs(IMPORTER, own));
    const answer = await revoke(IMPORTER, own.serial, own);
    expect(answer.body).toMatchObject({ serial: own.serial, state: 'REVOKED' });
    expect(refusalOf(await tokenAs(IMPORTER, own))).toBe('401 CERTIFICATE_REQUIRED');
    const pulled = await stage.ask({ path: '/policies/pull', token, as: own });
    expect(refusalOf(pulled)).toBe('401 TOKEN_BINDING');
    expect(refusalOf(await revoke(IMPORTER, own.serial, importer))).toBe('409 CONFLICT');
    expect((await stage.ordered()).revision).toMatch(/^crl\/\d+$/);
    const [row] = await auditOf(stage, `certificates/${IMPORTER}`);
    expect(row).toMatchObject({
      action: 'certificate.revoked',
      after: { serial: own.serial, reason: 'the laptop was lost' },
    });
  });

  test('the list in the pull holds every revoked serial, signed, and makes it a new document', async () => {
    const before = await pull(exporter);
    const own = await newCertificate();
    await revoke(IMPORTER, own.serial.toLowerCase(), importer);
    const after = await pull(exporter);
    expect(BigInt(after.documentRevision)).toBeGreaterThan(BigInt(before.documentRevision));
    const list = await readRevocationList(after.crl?.pem ?? '', stage.pki.ca);
    expect(String(list.number)).toBe(after.crl?.number);
    expect(list.serials.has(own.serial)).toBe(true);
    const foreign = await createTestPki();
    const refused = readRevocationList(after.crl?.pem ?? '', foreign.ca);
    await expect(refused).rejects.toBeInstanceOf(RevocationListRefused);
  });

  test('two at the same time are both in the last list', async () => {
    const [one, two] = await Promise.all([newCertificate(), newCertificate()]);
    const answers = await Promise.all([one, two].map((own) => revoke(IMPORTER, own.serial, own)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { crl } = await pull(exporter);
    const { serials } = await readRevocationList(crl?.pem ?? '', stage.pki.ca);
    expect([serials.has(one.serial), serials.has(two.serial)]).toEqual([true, true]);
  });

  test('a key that has leaked gets no other certificate', async () => {
    const csr = await writeCertificateRequest(ecKey());
    const { serial } = (await ask(IMPORTER, csr, importer)).body as Issued;
    await revoke(IMPORTER, serial, importer);
    expect(refusalOf(await ask(IMPORTER, csr, importer))).toBe('409 CONFLICT');
  });

  test('a white label ends its own only; an operator also what was never seen here', async () => {
    const own = await newCertificate();
    expect(refusalOf(await revoke(EXPORTER, own.serial, exporter))).toBe('404 NOT_FOUND');
    expect(refusalOf(await revoke(EXPORTER, 'ABCDEF', exporter))).toBe('404 NOT_FOUND');
    expect(refusalOf(await revoke(EXPORTER, '0', exporter))).toBe('422 VALIDATION_FAILED');
    const named = await revoke(EXPORTER, '00ABCDEF', undefined, stage.master);
    expect(named.body).toMatchObject({ serial: 'ABCDEF', origin: 'NAMED', state: 'REVOKED' });
    const path = `/admin/api/wls/${EXPORTER}/certificates`;
    const { body } = await stage.ask({ path, token: stage.master });
    const states = (body as { items: { origin: string; state: string }[] }).items.map(
      ({ origin, state }) => `${origin} ${state}`,
    );
    expect(states).toEqual(expect.arrayContaining(['SHOWN VALID', 'NAMED REVOKED']));
  });
});

describe('the Control Plane’s own', () => {
  const OWN = '/admin/api/certificates';
  const post = (path: string, body: object, token = stage.master) =>
    stage.ask({ method: 'POST', path, body, token });
  const issueOwn = async (): Promise<TlsMaterial & Issued> => {
    const key = ecKey();
    const answer = await post(OWN, { csr: await writeCertificateRequest(key) });
    expect(answer.status).toBe(201);
    const issued = answer.body as Issued;
    const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString();
    return { ...issued, ca: stage.pki.ca, cert: issued.certificate, key: pem };
  };
  const listed = async () => {
    const { body } = await stage.ask({ path: OWN, token: stage.master });
    return body as {
      readonly inUse: { readonly serial: string };
      readonly items: readonly { readonly serial: string; readonly state: string }[];
    };
  };

  test('a master asks for it: for its identity and its names, the same key once', async () => {
    const csr = await writeCertificateRequest(ecKey());
    const [first, again] = [await post(OWN, { csr }), await post(OWN, { csr })];
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    const parsed = new X509Certificate((first.body as Issued).certificate);
    expect(parsed.subjectAltName).toBe(
      'URI:urn:xpory:cp, DNS:cp.localhost, DNS:localhost, IP Address:127.0.0.1',
    );
    expect((await listed()).items.map(({ serial }) => serial)).toContain(
      (first.body as Issued).serial,
    );
    const [row] = await auditOf(stage, 'certificates/control-plane');
    expect(row).toMatchObject({ action: 'certificate.issued', source: 'admin-api' });
    const { token } = await stage.person('operator');
    expect(refusalOf(await post(OWN, { csr }, token))).toBe('403 FORBIDDEN');
    expect(refusalOf(await post(`${OWN}/AB/revoke`, { reason: 'x' }, token))).toBe('403 FORBIDDEN');
  });

  test('revoked: refused here with its next request, and in every white label’s list', async () => {
    const own = await issueOwn();
    expect(refusalOf(await tokenAs(EXPORTER, own))).toBe('403 CERTIFICATE_SUBJECT');
    const revoked = await post(`${OWN}/${own.serial}/revoke`, { reason: 'a copy was found' });
    expect(revoked.body).toMatchObject({ serial: own.serial, state: 'REVOKED' });
    expect(refusalOf(await tokenAs(EXPORTER, own))).toBe('401 CERTIFICATE_REQUIRED');
    const token = tokenOf(await tokenAs(EXPORTER, exporter));
    await stage.ask({ method: 'POST', path: `/wls/${EXPORTER}/secrets`, as: exporter });
    const { body } = await stage.ask({ path: '/policies/pull', token, as: exporter });
    const { crl } = body as PullDocument;
    const list = await readRevocationList(crl?.pem ?? '', stage.pki.ca);
    expect(list.serials.has(own.serial)).toBe(true);
    expect((await stage.ordered()).revision).toBe(`crl/${crl?.number}`);
    const [row] = await auditOf(stage, 'certificates/control-plane');
    expect(row).toMatchObject({ action: 'certificate.revoked', after: { serial: own.serial } });
    const again = await post(`${OWN}/${own.serial}/revoke`, { reason: 'again' });
    expect(refusalOf(again)).toBe('409 CONFLICT');
  });

  test('the one that it shows is replaced first, by whatever route it is named', async () => {
    const { inUse } = await listed();
    const reason = 'a drill';
    for (const path of [OWN, pathOf(EXPORTER)]) {
      const answer = await post(`${path}/${inUse.serial}/revoke`, { reason });
      expect(refusalOf(answer)).toBe('409 CONFLICT');
      expect((answer.body as { detail: string }).detail).toContain('put another one in its place');
    }
    const elsewhere = (await issueOwn()).serial;
    const asTheirs = await post(`${pathOf(EXPORTER)}/${elsewhere}/revoke`, { reason });
    expect(refusalOf(asTheirs)).toBe('404 NOT_FOUND');
    const theirs = (await newCertificate()).serial;
    expect(refusalOf(await post(`${OWN}/${theirs}/revoke`, { reason }))).toBe('404 NOT_FOUND');
  });
});

test('without an authority nothing is issued or revoked, and the answer says why', async () => {
  const bare = await startControlPlane({ withoutAuthority: true });
  try {
    await registerBoth(bare);
    const csr = await writeCertificateRequest(ecKey());
    const path = pathOf(IMPORTER);
    const answer = await bare.ask({ method: 'POST', path, body: { csr }, token: bare.master });
    expect(refusalOf(answer)).toBe('409 CONFLICT');
    expect((answer.body as { detail: string }).detail).toContain('CA_KEY_FILE');
  } finally {
    await bare.stop();
  }
}, 60_000);
