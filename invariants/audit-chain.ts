import type { AuditVerdict } from '../db/audit.ts';
import { verifyAudit } from '../db/audit.ts';
import { verifyAgainst, verifyTrail, type TrailVerdict } from '../db/cp/signed-heads.ts';
import { headsSeen } from '../db/wl/audit-heads.ts';
import {
  together,
  type CheckRun,
  type Found,
  type Invariant,
  type Party,
  type Violation,
} from './invariant.ts';

/** Each party's chain, and the Control Plane's against the heads that it signed and others keep. */
export const auditChain: Invariant = {
  number: 12,
  title: 'audit chains verify against signed heads',
  async check({ parties, cp }) {
    const found: Found[] = [];
    for (const { slug, db } of parties) found.push(ownChain(slug, await verifyAudit(db)));
    if (cp === undefined) return { ...together(found), applies: false };
    found.push(trail('control plane', await verifyTrail(cp)));
    for (const party of parties) found.push(await seenBy(party, cp));
    return together(found);
  },
};

async function seenBy({ slug, db }: Party, cp: NonNullable<CheckRun['cp']>): Promise<Found> {
  const verdict = await verifyAgainst(cp, await headsSeen(db));
  return { ...trail(`control plane by the heads of ${slug}`, verdict), scanned: verdict.headsMet };
}

function ownChain(name: string, verdict: AuditVerdict): Found {
  const { scanned, brokenAt, problem } = verdict;
  const violations: Violation[] =
    brokenAt === undefined
      ? []
      : [{ subject: `${name}: audit row ${brokenAt}`, detail: `${problem}` }];
  return { scanned, violations, overridden: 0, applies: true };
}

function trail(name: string, verdict: TrailVerdict): Found {
  const found = ownChain(name, verdict);
  const forged = verdict.signedHeads.forged.map((seq) => ({
    subject: `${name}: head ${seq}`,
    detail: "does not carry the Control Plane's signature",
  }));
  return { ...found, violations: [...found.violations, ...forged] };
}
