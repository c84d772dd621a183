import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { JWTPayload } from 'jose';
import { EXPORTER, IMPORTER } from '../../parties.ts';
import type { WlSlug } from '../../parties.ts';
import { BUYER, MEMBERS } from '../../local-data/members.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { ROLES } from './access-cp.ts';
import type { Role } from './access-cp.ts';
import type { WlCaller } from './access-wl.ts';
import { forge } from './forge.ts';
import type { Credential } from './knock.ts';
import { issuedToken, strangersToken } from './range.ts';
import type { Range } from './range.ts';

/** Somebody with all of their own means, and nothing of anybody else's. */
export interface Caller {
  readonly name: string;
  readonly role?: Role;
  readonly as?: Credential;
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What goes into a body where the route has one. */
  readonly fields?: Readonly<Record<string, string>>;
}

const PEER_SCOPES = ['offers:sync', 'trader:purchase', 'trader:decision'];

export async function cpCallers(range: Range): Promise<readonly Caller[]> {
  const { http, credentials, strangerId } = range;
  const { importer, stranger, cp } = credentials;
  const wlToken = (id: string, as: Credential): Promise<string> =>
    issuedToken(http, as, { path: `/wls/${id}/token` });
  const own = await wlToken(IMPORTER.wlId, importer);
  return [
    { name: 'nobody' },
    { name: 'garbage', bearer: 'a.b.c' },
    ...(await Promise.all(
      ROLES.map(async (role) => ({ name: role, role, ...(await person(range, [role])) })),
    )),
    { name: 'importer', as: importer, bearer: own },
    { name: 'importer by certificate alone', as: importer },
    { name: 'importer without its certificate', bearer: own },
    { name: "importer's token by a stranger", as: stranger, bearer: own },
    { name: 'stranger', as: stranger, bearer: await wlToken(strangerId, stranger) },
    {
      name: 'a token for the exporter',
      as: importer,
      bearer: await peerToken(range, 'importer', PEER_SCOPES),
    },
    { name: 'Control Plane', as: cp },
  ];
}

export async function wlCallers(range: Range): Promise<readonly Caller[]> {
  const { http, credentials, session } = range;
  const { importer, stranger, exporter, cp } = credentials;
  const partner = await peerToken(range, 'importer', PEER_SCOPES);
  const support = await person(range, ['support']);
  const atExporter = await supportToken(range, support, EXPORTER.wlId);
  const wlToken = await issuedToken(http, importer, { path: `/wls/${IMPORTER.wlId}/token` });
  const callers: Readonly<Record<WlCaller, Omit<Caller, 'name'>>> = {
    nobody: {},
    garbage: { bearer: 'a.b.c', headers: { 'x-account-id': '1', 'x-account-token': 'x' } },
    member: memberOf('exporter'),
    'member of the importer': memberOf('importer'),
    partner: { as: importer, bearer: partner },
    'partner, offers:sync only': {
      as: importer,
      bearer: await peerToken(range, 'importer', ['offers:sync']),
    },
    'partner by certificate alone': { as: importer },
    'partner without its certificate': { bearer: partner },
    "partner's token by a stranger": { as: stranger, bearer: partner },
    stranger: { as: stranger, bearer: strangersToken(range, PEER_SCOPES) },
    'stranger by certificate alone': { as: stranger },
    'own, trader:approve': {
      as: exporter,
      bearer: await peerToken(range, 'exporter', ['trader:approve']),
    },
    'own, offers:sync': {
      as: exporter,
      bearer: await peerToken(range, 'exporter', ['offers:sync']),
    },
    'Control Plane': { as: cp },
    'WL token for the Control Plane': { as: importer, bearer: wlToken },
    person: { bearer: session.token },
    'support:read': { bearer: narrowed(range, atExporter, 'support:read') },
    'support:act': { bearer: narrowed(range, atExporter, 'support:act') },
    'support elsewhere': { bearer: await supportToken(range, support, IMPORTER.wlId) },
    'back office': { bearer: backOfficeKey(range, 'exporter') },
    'back office of the importer': { bearer: backOfficeKey(range, 'importer') },
  };
  return Object.entries(callers).map(([name, caller]) => ({ name, ...caller }));
}

function memberOf(slug: WlSlug): Omit<Caller, 'name'> {
  const member = slug === 'importer' ? BUYER : MEMBERS[slug][0];
  invariant(member !== undefined, 'each white label of the stack has members');
  const { accountId, token } = member;
  return {
    headers: memberHeaders(member),
    fields: { accountId, token },
  };
}

const backOfficeKey = ({ stage }: Range, slug: WlSlug): string =>
  stage.stack.env[`${slug.toUpperCase()}_BACKOFFICE_KEY`] ?? `backoffice-${slug}`;

/** A token of that white label for the exporter. */
export function peerToken(
  { http, credentials }: Range,
  slug: WlSlug,
  scopes: readonly string[],
): Promise<string> {
  const { wlId } = slug === 'exporter' ? EXPORTER : IMPORTER;
  return issuedToken(http, credentials[slug], {
    path: `/wls/${wlId}/peer-token`,
    body: { targetWlId: EXPORTER.wlId, scopes },
  });
}

/** A new person with these roles, logged in. */
export async function person(
  { session: { cp, token } }: Range,
  roles: readonly Role[],
): Promise<{ readonly id: string; readonly email: string; readonly bearer: string }> {
  const email = `${roles.join('-')}-${randomBytes(6).toString('hex')}@campaign.example`;
  const password = randomBytes(12).toString('base64url');
  const { id } = await cp.need<{ id: string }>('/admin/api/users', {
    method: 'POST',
    bearer: token,
    body: { email, password, name: 'Campaign', roles },
  });
  const login = await cp.need<{ token: string }>('/admin/api/auth/login', {
    method: 'POST',
    body: { email, password },
  });
  return { id, email, bearer: login.token };
}

export async function supportToken(
  { session: { cp } }: Range,
  { bearer }: { readonly bearer: string },
  wlId: string,
): Promise<string> {
  const path = `/admin/api/wls/${wlId}/support-token`;
  return (await cp.need<{ token: string }>(path, { method: 'POST', bearer })).token;
}

/** The same token with less in it, as it would be signed. */
function narrowed({ keys }: Range, token: string, scope: string): string {
  return forge({ claims: { ...decodeJwt<JWTPayload>(token), scope }, key: keys.controlPlane });
}

export const memberHeaders = ({
  accountId,
  token,
}: {
  readonly accountId: string;
  readonly token: string;
}): Readonly<Record<string, string>> => ({ 'x-account-id': accountId, 'x-account-token': token });
