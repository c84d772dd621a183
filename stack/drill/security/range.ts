import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { CONTROL_PLANE_OWNER, currentKid, privateKey } from '../../../db/cp/key.ts';
import type { CpSchema } from '../../../db/cp/schema.ts';
import { createDatabase, createPool } from '../../../db/pool.ts';
import { createSealer } from '../../../db/sealed.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { sealKeys, secretKey } from '../../../runtime/environment.ts';
import { certificateFacts, wlSubjectUri } from '../../../runtime/tls.ts';
import { issueFrom } from '../../certificates/pki.ts';
import { CP, EXPORTER, IMPORTER } from '../../parties.ts';
import type { PartySlug } from '../../parties.ts';
import { logIn } from '../../register.ts';
import type { Session } from '../../register.ts';
import { sleep } from '../stage.ts';
import type { Stage } from '../stage.ts';
import { forge, keyOfJwk } from './forge.ts';
import type { ForgeKey, Json } from './forge.ts';
import { createKnocker } from './knock.ts';
import type { Credential, Knocker } from './knock.ts';

/** Everything an attacker could wish for, so that each attack differs from the right in one thing. */
export interface Range {
  readonly stage: Stage;
  readonly session: Session;
  readonly http: Knocker;
  readonly ca: string;
  readonly credentials: Readonly<Record<PartySlug | 'stranger', Credential>>;
  /** A third white label: registered, with a certificate of our authority, without a partner. */
  readonly strangerId: string;
  /** The keys that the Control Plane signs with, taken out of its database. */
  readonly keys: Readonly<Record<'importer' | 'exporter' | 'stranger' | 'controlPlane', ForgeKey>>;
  /** Claims of tokens as they are issued. */
  readonly claims: Readonly<Record<'peer' | 'wl' | 'person', () => Json>>;
  readonly thumbprints: Readonly<Record<PartySlug | 'stranger', string>>;
  close(): void;
}

export const SECONDS_OF_HOUR = 3_600;
const POOL_SIZE = 1;
// A new key is fetched with the first token that names it, at the latest after a minute.
const KEY_POLL_MS = 1_000;
const KEY_TRIES = 70;

export const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

export async function openRange(stage: Stage): Promise<Range> {
  const { stack } = stage;
  const session = await logIn(stack);
  const ca = await readFile(stack.pki.caPath, 'utf8');
  const http = createKnocker(stack.ports, ca);
  const strangerId = await registerStranger(session);
  const credentials = {
    cp: await credentialOf(stage, 'cp'),
    exporter: await credentialOf(stage, 'exporter'),
    importer: await credentialOf(stage, 'importer'),
    stranger: await strangerCredential(stage, strangerId),
  };
  const thumbprints = {
    cp: thumbprintOf(credentials.cp),
    exporter: thumbprintOf(credentials.exporter),
    importer: thumbprintOf(credentials.importer),
    stranger: thumbprintOf(credentials.stranger),
  };
  const keys = await openKeys(stage, strangerId);
  const peer = await issuedToken(http, credentials.importer, {
    path: `/wls/${IMPORTER.wlId}/peer-token`,
    body: { targetWlId: EXPORTER.wlId, scopes: ['offers:sync', 'trader:purchase'] },
  });
  const wl = await issuedToken(http, credentials.importer, { path: `/wls/${IMPORTER.wlId}/token` });
  const issued = { peer: decodeJwt(peer), wl: decodeJwt(wl), person: decodeJwt(session.token) };
  const fresh = (claims: Json) => (): Json => ({
    ...claims,
    iat: nowSeconds(),
    exp: nowSeconds() + SECONDS_OF_HOUR,
  });
  const range: Range = {
    ...{ stage, session, http, ca, credentials, strangerId, keys, thumbprints },
    claims: { peer: fresh(issued.peer), wl: fresh(issued.wl), person: fresh(issued.person) },
    close: () => http.close(),
  };
  await untilKnown(range);
  return range;
}

/**
 * What the Control Plane would sign for the stranger, if it let it: it does not, because the two are
 * no partners.
 */
export function strangersToken(
  { keys, claims, strangerId, thumbprints }: Range,
  scopes: readonly string[],
): string {
  const cnf = { 'x5t#S256': thumbprints.stranger };
  const changed = { sub: strangerId, scope: scopes.join(' '), cnf };
  return forge({ claims: { ...claims.peer(), ...changed }, key: keys.stranger });
}

/** Until the exporter has the stranger's key: what is refused then is refused for what it is. */
async function untilKnown(range: Range): Promise<void> {
  const as = range.credentials.stranger;
  const bearer = strangersToken(range, ['trader:decision']);
  for (let tries = 0; tries < KEY_TRIES; tries += 1) {
    const call = { party: EXPORTER, path: '/api/v2/trader/offers', as, bearer };
    if ((await range.http.knock(call)).outcome !== '401 TOKEN_INVALID') return;
    await sleep(KEY_POLL_MS);
  }
  throw new Error('the exporter did not take up the key of a new white label');
}

async function registerStranger({ cp, token }: Session): Promise<string> {
  const id = randomUUID();
  const policy = { importEnabled: true, exportEnabled: true, visibilityEnabled: true };
  await cp.need('/admin/api/wls', {
    method: 'POST',
    bearer: token,
    body: { id, name: 'wl-stranger', currency: 'XST', status: 'active', policy },
  });
  return id;
}

async function credentialOf({ stack }: Stage, slug: PartySlug): Promise<Credential> {
  const files = stack.pki.parties[slug];
  invariant(files !== undefined, 'every party of the stack has its files');
  const [cert, key] = await Promise.all(
    [files.certPath, files.keyPath].map((path) => readFile(path, 'utf8')),
  );
  return { cert: cert ?? '', key: key ?? '' };
}

async function strangerCredential({ stack }: Stage, strangerId: string): Promise<Credential> {
  const { certPem: cert, keyPem: key } = await issueFrom(stack.pki.authority, {
    commonName: 'stranger',
    sanUri: wlSubjectUri(strangerId),
    dnsNames: ['wl-stranger.localhost'],
  });
  return { cert, key };
}

const thumbprintOf = ({ cert }: Credential): string => certificateFacts(cert).thumbprint;

/** A token as a white label asks for it. */
export async function issuedToken(
  http: Knocker,
  as: Credential,
  { path, body }: { readonly path: string; readonly body?: unknown },
): Promise<string> {
  const answer = await http.knock({ party: CP, method: 'POST', path, as, body });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.outcome}`);
  return (JSON.parse(answer.text) as { token: string }).token;
}

async function openKeys({ stack }: Stage, strangerId: string): Promise<Range['keys']> {
  const { sealKeys: sealed, indexKey } = stack.secrets.cp;
  const sealer = createSealer(sealKeys.parse(sealed), secretKey.parse(indexKey));
  const url = stack.databaseUrl(CP);
  const db = createDatabase<CpSchema>(
    createPool({ url, size: POOL_SIZE, applicationName: 'attacker', onError: () => undefined }),
  );
  const keyFor = async (owner: string): Promise<ForgeKey> => {
    const kid = await currentKid(db, owner);
    const jwk = kid === undefined ? undefined : await privateKey(db, sealer, kid);
    invariant(kid !== undefined && jwk !== undefined, 'every owner has a current key');
    return keyOfJwk(kid, jwk);
  };
  try {
    return {
      importer: await keyFor(IMPORTER.wlId),
      exporter: await keyFor(EXPORTER.wlId),
      stranger: await keyFor(strangerId),
      controlPlane: await keyFor(CONTROL_PLANE_OWNER),
    };
  } finally {
    await db.destroy();
  }
}
