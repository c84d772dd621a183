import { createHash, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { Webhook } from 'standardwebhooks';
import type { PullDocument } from '../../domain/policy/pull-document.ts';
import { CONTROL_PLANE, createTokenVerifier } from '../../runtime/tokens.ts';
import { certificateFacts, type TlsMaterial } from '../../runtime/tls.ts';
import {
  auditOf,
  EXPORTER,
  IMPORTER,
  ISSUER,
  pairPath,
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

interface Jwk {
  readonly kid: string;
  readonly sub: string;
  readonly state: string;
  readonly n: string;
  readonly e: string;
}

const jwks = async () =>
  ((await stage.ask({ path: '/.well-known/jwks.json' })).body as { keys: Jwk[] }).keys;
const wlToken = (id: string, as: TlsMaterial | undefined) =>
  stage.ask({ method: 'POST', path: `/wls/${id}/token`, as });
const peerToken = (id: string, as: TlsMaterial, body: unknown) =>
  stage.ask({ method: 'POST', path: `/wls/${id}/peer-token`, as, body });
/** How a white label would judge a token, by the published keys alone. */
const judge = async (token: string, audience: string, as?: TlsMaterial) => {
  const keys = await jwks();
  const verifier = createTokenVerifier({
    issuer: ISSUER,
    audience,
    clock: () => new Date(),
    keysFor: (kid) => {
      const jwk = keys.find((key) => key.kid === kid);
      return Promise.resolve(
        jwk === undefined ? undefined : { jwk: { ...jwk, kty: 'RSA' }, sub: jwk.sub },
      );
    },
  });
  return verifier.verify(token, {
    listener: 'tls',
    certificateThumbprint: as === undefined ? undefined : certificateFacts(as.cert).thumbprint,
    subjects: ['wl', 'operator'],
  });
};

describe('tokens of white labels', () => {
  test('a token is bound to the certificate, signed by its own key and written down', async () => {
    const answer = await wlToken(IMPORTER, importer);
    const token = tokenOf(answer);
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      iss: ISSUER,
      sub: IMPORTER,
      aud: CONTROL_PLANE,
      scope: 'policies:read telemetry:write signals:ack',
      cnf: { 'x5t#S256': certificateFacts(importer.cert).thumbprint },
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3_600);
    const key = (await jwks()).find(({ kid }) => kid === decodeProtectedHeader(token).kid);
    expect(key).toMatchObject({ sub: IMPORTER, state: 'CURRENT' });
    expect(await judge(token, CONTROL_PLANE, importer)).toMatchObject({ ok: true });
    const other = await judge(token, CONTROL_PLANE, exporter);
    expect(other).toEqual({ ok: false, code: 'TOKEN_BINDING' });
    const { rows } = await stage.pool.query('SELECT * FROM issued_token WHERE jti = $1', [
      claims.jti,
    ]);
    expect(rows).toMatchObject([{ kind: 'WL', sub: IMPORTER, aud: CONTROL_PLANE }]);
  });

  test('path, certificate and token name the same white label, or nothing is given', async () => {
    expect(refusalOf(await wlToken(EXPORTER, importer))).toBe('403 CERTIFICATE_SUBJECT');
    expect(refusalOf(await wlToken(EXPORTER, undefined))).toBe('401 CERTIFICATE_REQUIRED');
    const two = await stage.pki.issue({ sanUri: `urn:xpory:wl:${EXPORTER.toUpperCase()}` });
    expect(refusalOf(await wlToken(EXPORTER, two))).toBe('403 CERTIFICATE_SUBJECT');
    const token = tokenOf(await wlToken(IMPORTER, importer));
    const read = (id: string, as: TlsMaterial | undefined, plain = false) =>
      stage.ask({ path: `/wls/${id}/policies`, token, as, plain });
    expect(refusalOf(await read(EXPORTER, importer))).toBe('403 FORBIDDEN');
    expect(refusalOf(await read(IMPORTER, exporter))).toBe('401 TOKEN_BINDING');
    expect(refusalOf(await read(IMPORTER, undefined))).toBe('401 TOKEN_BINDING');
    const admin = await stage.ask({ path: '/admin/api/wls', token, as: importer });
    expect(refusalOf(admin)).toBe('403 TOKEN_SCOPE');
    const person = await stage.ask({ path: `/wls/${IMPORTER}/policies`, token: stage.master });
    expect(refusalOf(person)).toBe('403 TOKEN_SCOPE');
  });

  test('peer tokens carry the scopes asked for, to a partner that is known', async () => {
    const body = { targetWlId: EXPORTER, scopes: ['offers:sync', 'trader:purchase'] };
    const token = tokenOf(await peerToken(IMPORTER, importer, body));
    expect(decodeJwt(token)).toMatchObject({
      sub: IMPORTER,
      aud: EXPORTER,
      scope: 'offers:sync trader:purchase',
    });
    expect(await judge(token, EXPORTER, importer)).toMatchObject({ ok: true });
    expect(await judge(token, IMPORTER, importer)).toMatchObject({ code: 'TOKEN_AUDIENCE' });
  });

  test('scopes that nobody may have are refused, approval for anybody else too', async () => {
    const ask = (targetWlId: string, ...scopes: string[]) =>
      peerToken(IMPORTER, importer, { targetWlId, scopes });
    const unknown = await ask(EXPORTER, 'admin:all');
    expect(refusalOf(unknown)).toBe('422 VALIDATION_FAILED');
    expect(unknown.body).toMatchObject({ errors: [{ pointer: '/scopes/0' }] });
    expect(refusalOf(await ask(EXPORTER))).toBe('422 VALIDATION_FAILED');
    expect(refusalOf(await ask(EXPORTER, 'trader:approve'))).toBe('403 TOKEN_SCOPE');
    expect(refusalOf(await ask(IMPORTER, 'trader:purchase'))).toBe('403 TOKEN_SCOPE');
    const own = tokenOf(await ask(IMPORTER, 'trader:approve'));
    expect(decodeJwt(own)).toMatchObject({ sub: IMPORTER, aud: IMPORTER });
  });

  test('strangers and the blocked get no peer token', async () => {
    const stranger = 'aaaaaaaa-54a4-4d0e-a0c9-65fa54a4b003';
    const ask = (targetWlId: string) =>
      peerToken(IMPORTER, importer, { targetWlId, scopes: ['offers:sync'] });
    expect(refusalOf(await ask(stranger))).toBe('404 NOT_FOUND');
    const wl = { id: stranger, name: 'stranger' };
    await stage.ask({ method: 'POST', path: '/wls', body: wl, token: stage.master });
    expect(refusalOf(await ask(stranger))).toBe('403 RELATIONSHIP_MISSING');
    const setStatus = (status: string) =>
      stage.ask({
        method: 'PUT',
        path: `/admin/api/wls/${EXPORTER}`,
        body: { status },
        token: stage.master,
      });
    await setStatus('blocked');
    expect(refusalOf(await ask(EXPORTER))).toBe('403 FORBIDDEN');
    await setStatus('active');
    expect((await ask(EXPORTER)).status).toBe(200);
  });

  test('support tokens are short, for one white label, and for support only', async () => {
    const support = await stage.person('support');
    const operator = await stage.person('operator');
    const ask = (token: string) =>
      stage.ask({ method: 'POST', path: `/admin/api/wls/${IMPORTER}/support-token`, token });
    expect(refusalOf(await ask(operator.token))).toBe('403 FORBIDDEN');
    const token = tokenOf(await ask(support.token));
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      sub: support.id,
      aud: IMPORTER,
      scope: 'support:read support:act',
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300);
    const judged = await judge(token, IMPORTER);
    expect(judged).toMatchObject({ ok: true, claims: { subjectKind: 'operator' } });
  });
});

describe('keys', () => {
  const rotate = (as: TlsMaterial) =>
    stage.ask({ method: 'POST', path: `/wls/${IMPORTER}/keys/rotate`, as });

  test('rotation overlaps: the old token verifies, the new one is signed by what was next', async () => {
    const before = (await jwks()).filter(({ sub }) => sub === IMPORTER);
    const next = before.find(({ state }) => state === 'NEXT');
    const old = tokenOf(await wlToken(IMPORTER, importer));
    const rotated = await rotate(importer);
    expect(rotated.body).toMatchObject({ current: next?.kid });
    const states = (await jwks()).filter(({ sub }) => sub === IMPORTER).map(({ state }) => state);
    expect(states.sort()).toEqual(['CURRENT', 'NEXT', 'RETIRING']);
    expect(await judge(old, CONTROL_PLANE, importer)).toMatchObject({ ok: true });
    const fresh = tokenOf(await wlToken(IMPORTER, importer));
    expect(decodeProtectedHeader(fresh).kid).toBe(next?.kid);
    expect((await auditOf(stage, `keys/${IMPORTER}`))[0]).toMatchObject({
      action: 'keys.rotated',
      actor: IMPORTER,
    });
  });

  test('a key that has retired is not published any more', async () => {
    await stage.pool.query(`UPDATE clock_offset SET offset_ms = 3700000`);
    const states = (await jwks()).filter(({ sub }) => sub === IMPORTER).map(({ state }) => state);
    await stage.pool.query(`UPDATE clock_offset SET offset_ms = 0`);
    expect(states.sort()).toEqual(['CURRENT', 'NEXT']);
  });

  test('a revoked key ends its tokens at once and partners are nudged', async () => {
    const token = tokenOf(await wlToken(IMPORTER, importer));
    const { kid } = decodeProtectedHeader(token);
    const operator = await stage.person('operator');
    const revoke = () =>
      stage.ask({
        method: 'POST',
        path: `/wls/${IMPORTER}/keys/${kid}/revoke`,
        token: operator.token,
      });
    expect((await revoke()).status).toBe(200);
    const read = await stage.ask({ path: `/wls/${IMPORTER}/policies`, token, as: importer });
    expect(refusalOf(read)).toBe('401 TOKEN_INVALID');
    expect(refusalOf(await revoke())).toBe('409 CONFLICT');
    expect(await stage.ordered()).toMatchObject({
      revision: `keys/${IMPORTER}/${kid}`,
      wlIds: [IMPORTER, EXPORTER],
    });
    const fresh = tokenOf(await wlToken(IMPORTER, importer));
    expect(await judge(fresh, CONTROL_PLANE, importer)).toMatchObject({ ok: true });
  });

  test('rotations at the same moment leave one current and one next key', async () => {
    await Promise.all([rotate(importer), rotate(importer), rotate(importer)]);
    const states = (await jwks()).filter(({ sub }) => sub === IMPORTER).map(({ state }) => state);
    expect(states.filter((state) => state === 'CURRENT')).toHaveLength(1);
    expect(states.filter((state) => state === 'NEXT')).toHaveLength(1);
    expect(refusalOf(await rotate(exporter))).toBe('403 CERTIFICATE_SUBJECT');
  });
});

describe('the pulled document', () => {
  const pull = async (headers: Record<string, string> = {}) => {
    const token = tokenOf(await wlToken(IMPORTER, importer));
    return stage.ask({ path: '/policies/pull', token, as: importer, headers });
  };
  const secretOf = async () => {
    const path = `/wls/${IMPORTER}/secrets`;
    const { body } = await stage.ask({ method: 'POST', path, as: importer });
    return (body as { policySecret: string }).policySecret;
  };

  test('it waits for the secret it is signed with', async () => {
    expect(refusalOf(await pull())).toBe('409 CONFLICT');
    await secretOf();
    expect((await pull()).status).toBe(200);
  });

  test('it holds the own policy, both directions and the partner, signed as it was sent', async () => {
    const eventKeys = { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'e1', x: 'A'.repeat(43) }] };
    const body = { peerUrl: 'https://wl-exporter.localhost:9443', currency: 'XEX', eventKeys };
    await stage.ask({ method: 'PUT', path: `/wls/${EXPORTER}/endpoint`, body, as: exporter });
    const { text, headers } = await pull();
    const document = JSON.parse(text) as PullDocument;
    expect(document).toMatchObject({
      documentRevision: expect.stringMatching(/^\d+$/),
      wl: { id: IMPORTER, name: 'wl-importer', status: 'ACTIVE', rolloutStage: 'PILOT' },
      policy: {
        revision: 1,
        importEnabled: true,
        exportEnabled: false,
        policyRevision: 'baseline',
      },
      partners: [{ wlId: EXPORTER, name: 'wl-exporter', ...body }],
      settlements: [],
    });
    expect(document.relationships.map(({ src, dst }) => [src, dst])).toEqual([
      [IMPORTER, EXPORTER],
      [EXPORTER, IMPORTER],
    ]);
    expect(document.relationships[1]).toMatchObject({ fxRate: '1', limitAmount: '100000.00' });
    expect(headers['cache-control']).toMatch(/^private, max-age=\d+$/);
    const webhook = new Webhook(await secretOf());
    const signed = headers as Record<string, string>;
    expect(() => webhook.verify(text, signed)).not.toThrow();
    expect(() => webhook.verify(`${text} `, signed)).toThrow();
  });

  test('the audit head is signed by the Control Plane itself', async () => {
    const { auditHead } = (await pull()).body as PullDocument;
    const { kid } = decodeProtectedHeader(auditHead.signature);
    const key = (await jwks()).find((jwk) => jwk.kid === kid);
    expect(key?.sub).toBe(CONTROL_PLANE);
    const { n = '', e = '' } = key ?? {};
    const publicKey = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    const { payload } = await compactVerify(auditHead.signature, publicKey);
    const { seq, hash } = auditHead;
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual({ seq, hash });
    const { rows } = await stage.pool.query('SELECT seq, hash FROM audit_head');
    expect(rows).toEqual([{ seq: BigInt(seq), hash }]);
  });

  test('an unchanged document is 304, a change of the pair a new tag and a higher number', async () => {
    const first = await pull();
    const etag = first.headers['etag'] ?? '';
    expect((await pull({ 'if-none-match': etag })).status).toBe(304);
    const body = { status: 'paused' };
    const path = pairPath(EXPORTER, IMPORTER);
    await stage.ask({ method: 'PUT', path, body, token: stage.master });
    const second = await pull({ 'if-none-match': etag });
    expect(second.status).toBe(200);
    const before = BigInt((first.body as PullDocument).documentRevision);
    expect(BigInt((second.body as PullDocument).documentRevision)).toBeGreaterThan(before);
  });

  test('what a white label reports as applied shows in the history', async () => {
    const appliedBy = async () => {
      const path = `${pairPath(EXPORTER, IMPORTER)}/revisions`;
      const { body } = await stage.ask({ path, token: stage.master });
      const { items } = body as { items: { applied: { wlId: string; at: string | null }[] }[] };
      return items[0]?.applied.find(({ wlId }) => wlId === IMPORTER)?.at;
    };
    expect(await appliedBy()).toBeNull();
    const { documentRevision } = (await pull()).body as PullDocument;
    await pull({ 'x-applied-revision': '999999999' });
    expect(await appliedBy()).toBeNull();
    await pull({ 'x-applied-revision': documentRevision });
    expect(await appliedBy()).toMatch(/Z$/);
    const bad = await pull({ 'x-applied-revision': 'latest' });
    expect(refusalOf(bad)).toBe('422 VALIDATION_FAILED');
  });

  test('a white label reads its own policy and relationships, and nobody else’s', async () => {
    const token = tokenOf(await wlToken(IMPORTER, importer));
    const read = (path: string) => stage.ask({ path, token, as: importer });
    const own = await read(`/wls/${IMPORTER}/policies`);
    expect(own.body).toMatchObject({ revision: 1, policyRevision: 'baseline' });
    const webhook = new Webhook(await secretOf());
    const signed = own.headers as Record<string, string>;
    expect(() => webhook.verify(own.text, signed)).not.toThrow();
    const pair = await read(`/relationships/${EXPORTER}/${IMPORTER}`);
    expect(pair.body).toMatchObject({ src: EXPORTER, dst: IMPORTER });
    const stranger = 'aaaaaaaa-54a4-4d0e-a0c9-65fa54a4b003';
    expect(refusalOf(await read(`/relationships/${EXPORTER}/${stranger}`))).toBe('404 NOT_FOUND');
  });

  test('on the plain listener the binding is not looked at, everything else is', async () => {
    const token = tokenOf(await wlToken(IMPORTER, importer));
    const plain = await stage.ask({ path: '/policies/pull', token, plain: true });
    expect(plain.status).toBe(200);
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    const bad = await stage.ask({ path: '/policies/pull', token: forged, plain: true });
    expect(refusalOf(bad)).toBe('401 TOKEN_INVALID');
  });
});

test('kids are thumbprints of their keys', async () => {
  for (const { kid, n, e } of await jwks()) {
    const canonical = JSON.stringify({ e, kty: 'RSA', n });
    expect(createHash('sha256').update(canonical).digest('base64url')).toBe(kid);
  }
});
