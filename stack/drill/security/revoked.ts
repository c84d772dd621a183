import { generateKeyPairSync } from 'node:crypto';
import { writeCertificateRequest } from '../../../runtime/certificates/request.ts';
import { CP, EXPORTER, IMPORTER } from '../../parties.ts';
import { sleep } from '../stage.ts';
import type { Attack } from './attack.ts';
import { forge } from './forge.ts';
import { person } from './callers.ts';
import type { Credential } from './knock.ts';
import type { Range } from './range.ts';

/** What was right a moment ago, shown once more after it was taken back (replay). */

// CONTRACTS.md: refused at every party within a minute. Nudges make it seconds.
const PROMISED_MS = 60_000;
const POLL_MS = 250;
const NO_TRADE = '/api/v2/trader/purchases/00000000-0000-4000-8000-000000000000';
const REQUIRED = '401 CERTIFICATE_REQUIRED';
const INVALID = '401 TOKEN_INVALID';

interface Issued {
  readonly certificate: string;
  readonly serial: string;
}

export async function revocations(range: Range): Promise<readonly Attack[]> {
  const { http, session } = range;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const answer = await http.knock({
    ...{ party: CP, method: 'POST', path: `/wls/${IMPORTER.wlId}/certificates` },
    ...{ as: range.credentials.importer, body: { csr: await writeCertificateRequest(privateKey) } },
  });
  const issued = JSON.parse(answer.text) as Issued;
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const as: Credential = { cert: issued.certificate, key };
  const atCp = async (): Promise<string> =>
    (await http.knock({ party: CP, method: 'POST', path: `/wls/${IMPORTER.wlId}/token`, as }))
      .outcome;
  const atExporter = async (): Promise<string> =>
    (await http.knock({ party: EXPORTER, path: NO_TRADE, as })).outcome;
  return [
    { name: 'certificate issued on request [cp]', expected: ['200'], send: atCp },
    { name: 'certificate issued on request [wl]', expected: ['404 NOT_FOUND'], send: atExporter },
    {
      name: 'the same, revoked, on the connection that stands [cp]',
      expected: [REQUIRED],
      send: async () => {
        await session.cp.need(`/wls/${IMPORTER.wlId}/certificates/${issued.serial}/revoke`, {
          ...{ method: 'POST', bearer: session.token, body: { reason: 'the campaign' } },
        });
        return atCp();
      },
    },
    {
      name: 'the same, revoked, within a minute [wl]',
      expected: [REQUIRED],
      send: () => within(atExporter, REQUIRED),
    },
    ...endedSessions(range),
    ...revokedKeys(range),
  ];
}

/** A person who was blocked, with the token of before. */
function endedSessions(range: Range): readonly Attack[] {
  const { http, session } = range;
  const path = '/admin/api/trades';
  let bearer = '';
  const read = async (): Promise<string> => (await http.knock({ party: CP, path, bearer })).outcome;
  return [
    {
      name: 'token of a person',
      expected: ['200'],
      send: async () => {
        const someone = await person(range, ['operator']);
        ({ bearer } = someone);
        const first = await read();
        await session.cp.need(`/admin/api/users/${someone.id}`, {
          ...{ method: 'PATCH', bearer: session.token, body: { status: 'DISABLED' } },
        });
        return first;
      },
    },
    { name: 'the same, after the person was disabled', expected: [INVALID], send: read },
  ];
}

/** A token of a key that was revoked; the stranger's, whom nobody else needs. */
function revokedKeys(range: Range): readonly Attack[] {
  const { http, session, keys, claims, strangerId, thumbprints, credentials } = range;
  const cnf = { 'x5t#S256': thumbprints.stranger };
  const token = (): string =>
    forge({ claims: { ...claims.wl(), sub: strangerId, cnf }, key: keys.stranger });
  const peer = (): string =>
    forge({ claims: { ...claims.peer(), sub: strangerId, cnf }, key: keys.stranger });
  const as = credentials.stranger;
  const atCp = async (): Promise<string> =>
    (await http.knock({ party: CP, path: '/policies/pull', as, bearer: token() })).outcome;
  const atExporter = async (): Promise<string> =>
    (await http.knock({ party: EXPORTER, path: '/api/v2/trader/offers', as, bearer: peer() }))
      .outcome;
  return [
    // It has fetched no secret yet that its answer could be signed with.
    { name: 'token of a current key [cp]', expected: ['409 CONFLICT'], send: atCp },
    {
      name: 'the same, after the key was revoked [cp]',
      expected: [INVALID],
      send: async () => {
        await session.cp.need(`/wls/${strangerId}/keys/${keys.stranger.kid}/revoke`, {
          ...{ method: 'POST', bearer: session.token },
        });
        return atCp();
      },
    },
    {
      name: 'the same, after the key was revoked, within a minute [wl]',
      expected: [INVALID],
      send: () => within(atExporter, INVALID),
    },
  ];
}

/** Asks until it is refused as expected; the last answer where it never is. */
async function within(ask: () => Promise<string>, expected: string): Promise<string> {
  const deadline = Date.now() + PROMISED_MS;
  for (;;) {
    const got = await ask();
    if (got === expected || Date.now() > deadline) return got;
    await sleep(POLL_MS);
  }
}
