import { decodeProtectedHeader } from 'jose';
import {
  readDocument,
  readToken,
  saveToken,
  type StoredToken,
} from '../../db/wl/control-tokens.ts';
import { listRelationships } from '../../db/wl/governance.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import type { IssuedToken } from '../clients/control-plane.ts';
import { JWKS_DOCUMENT } from '../clients/jwks.ts';
import { isBoundTo } from '../clients/tokens.ts';
import type { GovernanceDeps } from './deps.ts';
import { readRegistration } from './register.ts';

/** Towards partners: read their offers, buy, and bring the decisions that they wait for. */
const PEER_SCOPES = ['offers:sync', 'trader:purchase', 'trader:decision'] as const;
/** Towards this WL itself: decide about purchases that wait here. */
const OWN_SCOPES = ['trader:approve'] as const;
/** Renewed from this part of their life on, so that they outlive most of an hour without a CP. */
const RENEW_AFTER = 0.2;
const MS_PER_SECOND = 1_000;

type Wanted = Pick<StoredToken, 'kind' | 'audience'> & {
  readonly issue: () => Promise<IssuedToken>;
};

/** Some tokens could not be renewed; the ones that could are stored. */
export class TokensMissing extends Error {
  override readonly name = 'TokensMissing';
}

/** Renews what is due, one by one, so that one refused partner keeps no other from its token. */
export async function refreshTokens(deps: GovernanceDeps): Promise<number> {
  const registration = await readRegistration(deps);
  // Without a registration nobody issues a token; what is stored stays in use.
  if (registration === undefined) return 0;
  const registeredAt = Date.parse(registration.registeredAt);
  const publishedKids = await readPublishedKids(deps);
  let renewed = 0;
  const failures: unknown[] = [];
  for (const { kind, audience, issue } of await wantedTokens(deps)) {
    const stored = await readToken(deps.db, deps.sealer, kind, audience);
    if (stored !== undefined && !isDue(stored, { deps, registeredAt, publishedKids })) continue;
    try {
      await saveToken(deps.db, deps.sealer, { kind, audience, ...(await issue()) });
      renewed += 1;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    const cause = new AggregateError(failures);
    throw new TokensMissing(`${failures.length} token(s) could not be renewed`, { cause });
  }
  return renewed;
}

async function wantedTokens({ db, controlPlane, own }: GovernanceDeps): Promise<Wanted[]> {
  const relationships = await listRelationships(db);
  const partners = new Set(relationships.flatMap(({ src, dst }) => [src, dst]));
  partners.delete(own.wlId);
  const peer = (audience: string, scopes: readonly string[]): Wanted => ({
    kind: 'PEER',
    audience,
    issue: () => controlPlane.issuePeerToken(audience, scopes),
  });
  return [
    { kind: 'WL', audience: CONTROL_PLANE, issue: () => controlPlane.issueToken() },
    ...[...partners].map((partner) => peer(partner, PEER_SCOPES)),
    peer(own.wlId, OWN_SCOPES),
  ];
}

interface DueFacts {
  readonly deps: GovernanceDeps;
  readonly registeredAt: number;
  readonly publishedKids: ReadonlySet<string> | undefined;
}

function isDue(stored: StoredToken, { deps, registeredAt, publishedKids }: DueFacts): boolean {
  const issuedAt = stored.issuedAt.getTime();
  const life = stored.expiresAt.getTime() - issuedAt;
  if (deps.clock().getTime() >= issuedAt + life * RENEW_AFTER) return true;
  // Tokens name whole seconds.
  if (issuedAt < Math.floor(registeredAt / MS_PER_SECOND) * MS_PER_SECOND) return true;
  // Our certificate was replaced: nobody accepts a token of the old one from us.
  if (!isBoundTo(stored.token, deps.thumbprint())) return true;
  const { kid = '' } = decodeProtectedHeader(stored.token);
  // Its key was revoked: nobody accepts it any more.
  return publishedKids !== undefined && !publishedKids.has(kid);
}

async function readPublishedKids({
  db,
}: Pick<GovernanceDeps, 'db'>): Promise<ReadonlySet<string> | undefined> {
  const stored = await readDocument(db, JWKS_DOCUMENT);
  const keys = (stored?.document as { keys?: readonly { kid: string }[] } | undefined)?.keys;
  return keys && new Set(keys.map(({ kid }) => kid));
}
