import { sql, type RawBuilder } from 'kysely';
import { checkParties, type Facts, type Invariant, type Statements } from './invariant.ts';

/** What was decided names the policy and relationship revisions that were in force here once. */
export const revisions: Invariant = {
  number: 13,
  title: 'each decision names revisions that existed',
  check: (run) => checkParties(run, statements),
};

/** True where the revision named by a row never was in force at this WL. */
function unknown(
  kind: 'POLICY' | 'RELATIONSHIP',
  { src, dst }: { readonly src: RawBuilder<string>; readonly dst: RawBuilder<string> },
  revision: RawBuilder<number>,
): RawBuilder<boolean> {
  return sql`(${revision} IS NOT NULL AND NOT EXISTS (
    SELECT FROM applied_revision AS applied
     WHERE applied.kind = ${kind}::text AND applied.src = ${src} AND applied.dst = ${dst}
       AND applied.revision = ${revision}))`;
}

function statements({ wlId }: Facts): Statements {
  const own = sql<string>`${wlId}::uuid`;
  const hold = (column: string) => sql<never>`${sql.ref(`hold.${column}`)}`;
  const trade = (column: string) => sql<never>`${sql.ref(`trade.${column}`)}`;
  const pairOfHold = { src: own, dst: hold('requester') };
  const pairOfTrade = { src: trade('exporter'), dst: own };
  const policy = { src: own, dst: own };
  return {
    scanned: sql`SELECT count(*) FROM hold UNION ALL SELECT count(*) FROM trade`,
    violations: [
      // A refusal may come before a policy or relationship is found; an admission never does.
      sql`
        SELECT concat('hold ', hold_id) AS subject,
               concat(state, ' under policy ', policy_revision, ' and relationship ',
                 relationship_revision) AS detail
          FROM hold
         WHERE ${unknown('POLICY', policy, hold('policy_revision'))}
            OR ${unknown('RELATIONSHIP', pairOfHold, hold('relationship_revision'))}
            OR (amount_minor IS NOT NULL
              AND (policy_revision IS NULL OR relationship_revision IS NULL))`,
      // 0 says that no policy was in force yet, which refuses every purchase.
      sql`
        SELECT concat('trade ', trade_id) AS subject,
               concat(state, ' under policy ', policy_revision, ' and relationship ',
                 relationship_revision) AS detail
          FROM trade
         WHERE (${unknown('POLICY', policy, trade('policy_revision'))}
             AND NOT (policy_revision = 0 AND state = 'REJECTED'))
            OR ${unknown('RELATIONSHIP', pairOfTrade, trade('relationship_revision'))}`,
    ],
  };
}
