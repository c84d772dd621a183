import { saveDocument, saveToken } from '../../db/wl/control-tokens.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import type { PulledPolicy, PulledRelationship } from '../../domain/policy/pull-document.ts';
import { certificateFacts, loadTls } from '../../runtime/tls.ts';
import {
  EXPORTER,
  IMPORTER,
  pullDocument,
  pulledPolicy,
  pulledRelationship,
} from '../wl/documents.ts';
import { createTestIssuer } from '../wl/tokens.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { WhiteLabel } from './white-label.ts';

export interface Parties {
  readonly exporter: WhiteLabel;
  readonly importer: WhiteLabel;
  /** What the importer believes to be the exporter. */
  readonly network: FaultProxy;
}

export interface Terms {
  readonly relationship?: Partial<PulledRelationship>;
  readonly policy?: Partial<PulledPolicy>;
}

/** Who puts terms in force at a party: in place of the Control Plane, or the Control Plane itself. */
export interface Governance {
  /** What is not named is as at the start. */
  govern(own: WhiteLabel, terms: Terms): Promise<void>;
}

const TOKEN_LIFE_MS = 3_600_000;

/** What a first pull leaves behind: keys, tokens, policies, the relationship, the addresses. */
export async function introduce(parties: Parties): Promise<Governance> {
  const issuer = createTestIssuer(['control-plane', EXPORTER, IMPORTER]);
  const known = [
    { own: parties.importer, partner: parties.exporter },
    { own: parties.exporter, partner: parties.importer },
  ];
  for (const { own, partner } of known) {
    const { database } = own.node;
    await saveDocument(database.db, 'jwks', issuer.published() as never);
    const audience = partner.config.wl.id;
    const { cert } = loadTls(own.config.listen.certificates);
    const token = await issuer.issue({
      sub: own.config.wl.id,
      aud: audience,
      scope: 'offers:sync trader:purchase trader:decision',
      cnf: { 'x5t#S256': certificateFacts(cert).thumbprint },
    });
    await saveToken(database.db, database.sealer, {
      ...{ kind: 'PEER', audience, token },
      issuedAt: new Date(),
      expiresAt: new Date(Date.now() + TOKEN_LIFE_MS),
    });
  }
  await govern(parties, parties.exporter, {});
  await govern(parties, parties.importer, {});
  return { govern: (own, terms) => govern(parties, own, terms) };
}

/** The last revision that was put in force at each party. */
const revisions = new WeakMap<WhiteLabel, number>();

/** The next revision of policy and relationship, in force at one party; the rest is as at the start. */
export async function govern(parties: Parties, own: WhiteLabel, terms: Terms): Promise<void> {
  const revision = (revisions.get(own) ?? 0) + 1;
  revisions.set(own, revision);
  const { id: wlId, currency } = own.config.wl;
  const { exporter, importer, network } = parties;
  const partner =
    own === importer
      ? { wlId: EXPORTER, peerUrl: `https://wl-exporter.localhost:${network.port}` }
      : { wlId: IMPORTER, peerUrl: importer.url };
  await applyPullDocument(
    own.node.database.db,
    pullDocument({
      wlId,
      documentRevision: String(revision),
      policy: pulledPolicy({ revision, ...terms.policy }),
      relationships: [
        pulledRelationship({ revision, limitAmount: '10000000.00', ...terms.relationship }),
      ],
      partners: [
        {
          ...partner,
          name: 'partner',
          currency: own === importer ? exporter.config.wl.currency : importer.config.wl.currency,
        },
      ],
    }),
    { wlId, currency, correlationId: 'test' },
  );
}
