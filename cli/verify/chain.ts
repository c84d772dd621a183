import { sha256 } from '../../db/audit.ts';
import { headKey, isSignedHead, kidOfHead } from '../../db/audit-head.ts';
import { verifyChain, type ChainRow } from '../../domain/audit/chain.ts';
import type {
  EvidenceAuditRow,
  EvidenceParts,
  EvidenceRevision,
  EvidenceSegment,
} from '../../domain/audit/evidence.ts';
import { canonicalJson, type Json } from '../../domain/shared/canonical.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import type { Findings, VerifiedBundle } from './finding.ts';

/** Every revision that an event names is there. 0 says that none was in force, which refuses. */
export function checkRevisions({ trade, parts }: VerifiedBundle, found: Findings): void {
  const known = new Set(parts.revisions.map(({ subject, revision }) => `${subject}/${revision}`));
  const relationship = `relationship/${trade.exporter}/${trade.importer}`;
  for (const { event } of parts.events) {
    const data = event.data as { policyRevision?: number; relationshipRevision?: number };
    const named = [
      [`policy/${event.wlId}`, data.policyRevision],
      [relationship, data.relationshipRevision],
    ] as const;
    for (const [subject, revision] of named) {
      if (revision === undefined || revision === 0) continue;
      found.looked('revision');
      if (known.has(`${subject}/${revision}`)) continue;
      found.add('revision', `event ${event.eventId}`, `names ${subject} ${revision}`);
    }
  }
}

/** The rows of each segment lead to its signed head, and each revision is one of them. */
export async function checkAudit({ parts }: VerifiedBundle, found: Findings): Promise<void> {
  for (const segment of parts.audit) await checkSegment(segment, parts, found);
  const rows = new Map(parts.audit.flatMap((one) => one.rows.map((row) => [row.seq, row])));
  for (const revision of parts.revisions) {
    found.looked('audit');
    const wrong = troubleOf(revision, rows.get(revision.auditSeq));
    if (wrong === undefined) continue;
    found.add('audit', `${revision.subject} ${revision.revision}`, wrong);
  }
}

async function checkSegment(
  { rows, head }: EvidenceSegment,
  { signingKeys }: EvidenceParts,
  found: Findings,
): Promise<void> {
  found.looked('audit');
  const [first] = rows;
  if (first === undefined) return;
  const chain = rows.map((row): ChainRow => ({ ...row, seq: BigInt(row.seq) }));
  const { fault } = await verifyChain({
    pages: () => [chain],
    digest: sha256,
    from: { seq: BigInt(first.seq) - 1n, hash: first.previousHash },
    head: { seq: BigInt(head.seq), hash: head.hash },
  });
  if (fault !== undefined) found.add('audit', `audit row ${fault.brokenAt}`, fault.problem);
  const kid = kidOfHead(head);
  const jwk = signingKeys.find((one) => one.kid === kid && one.owner === CONTROL_PLANE)?.publicJwk;
  const key = jwk === undefined ? undefined : headKey(jwk);
  if (key === undefined || !(await isSignedHead(head, key))) {
    found.add('audit', `audit head ${head.seq}`, "does not carry the Control Plane's signature");
  }
}

function troubleOf(
  revision: EvidenceRevision,
  row: EvidenceAuditRow | undefined,
): string | undefined {
  if (row === undefined) return `has no audit row ${revision.auditSeq}`;
  const after = row.after as { readonly [key: string]: Json };
  const facts = { ...revision.document, revision: revision.revision };
  const others = Object.entries(facts).filter(
    ([name, value]) => canonicalJson(after[name] ?? null) !== canonicalJson(value ?? null),
  );
  if (others.length > 0)
    return `differs from its audit row in ${others.map(([name]) => name).join(', ')}`;
  const isSame =
    row.subject === revision.subject &&
    row.actor === revision.actor &&
    row.source === revision.source;
  return isSame ? undefined : 'names another subject, actor or source than its audit row';
}
