import { sql } from 'kysely';
import { HOLD_STATES, isCounted } from '../domain/purchase/hold.ts';
import { checkParties, type Facts, type Invariant, type Statements } from './invariant.ts';
import { COUNT_OVERRIDDEN, OVERRIDDEN_TRADES } from './overridden.ts';

const COUNTED = HOLD_STATES.filter(isCounted);

/** Re-summed from its journal, no HARD admission passed the limit of its revision. */
export const exposure: Invariant = {
  number: 14,
  title: 'no HARD admission above its limit; exposure equals its journal',
  check: (run) => checkParties(run, statements),
};

function statements({ wlId }: Facts): Statements {
  return {
    scanned: sql`SELECT count(*) FROM exposure_journal`,
    overridden: COUNT_OVERRIDDEN,
    violations: [SUMS, COUNTERS, CAUSES, limits(wlId)].map((statement) => sql`${statement}`),
  };
}

// Entries get their number under the lock of their pair's row: their order is that of the moves.
const SUMS = sql`
  SELECT concat('exposure entry ', entry_id) AS subject,
         concat(kind, ' of ', delta_minor, ' leads to ', summed, ', written down as ',
           exposure_minor, ', ', limit_mode, ' limit ', limit_minor) AS detail
    FROM (SELECT *, sum(delta_minor) OVER (PARTITION BY partner ORDER BY entry_id) AS summed
            FROM exposure_journal) AS entry
   WHERE summed <> exposure_minor
      OR (kind = 'HOLD' AND limit_mode = 'HARD' AND summed > limit_minor)`;

const COUNTERS = sql`
  SELECT concat('pair with ', partner) AS subject,
         concat('counter ', pair.exposure_minor, ', journal ', journal.sum) AS detail
    FROM pair
    FULL JOIN (SELECT partner, sum(delta_minor) AS sum FROM exposure_journal GROUP BY 1) AS journal
         USING (partner)
   WHERE coalesce(pair.exposure_minor, 0) <> coalesce(journal.sum, 0)`;

/** Each admission names a revision that was in force, with that revision's limit and mode. */
const limits = (wlId: string) => sql`
  SELECT concat('exposure entry ', entry_id) AS subject,
         concat(limit_mode, ' limit ', limit_minor, ', but relationship revision ',
           relationship_revision, ' said ', document->>'limitMode', ' ',
           document->>'limitAmount') AS detail
    FROM exposure_journal AS entry
    LEFT JOIN applied_revision AS applied
      ON applied.kind = 'RELATIONSHIP' AND applied.src = ${wlId}::uuid
     AND applied.dst = entry.partner AND applied.revision = entry.relationship_revision
   WHERE entry.kind = 'HOLD'
     AND (entry.limit_mode, entry.limit_minor::numeric)
         IS DISTINCT FROM
         (document->>'limitMode', (document->>'limitAmount')::numeric * 100)`;

/** What the counter holds: open and captured holds, less what we bought there, and settlements. */
const CAUSES = sql`
  SELECT concat('exposure of ', reference) AS subject,
         concat('journal ', journal.net, ', rows ', expected.net) AS detail
    FROM (SELECT partner, reference, sum(delta_minor) AS net FROM exposure_journal
           WHERE kind IN ('HOLD', 'RELEASE', 'REVERSED', 'IMPORT_SETTLED', 'IMPORT_REVERSING',
             'SETTLEMENT_RECEIVED', 'SETTLEMENT_PAID')
           GROUP BY 1, 2) AS journal
    FULL JOIN (SELECT requester AS partner, hold_id::text AS reference, amount_minor AS net
                 FROM hold WHERE state = ANY(${COUNTED}::text[])
               UNION ALL
               SELECT exporter, trade_id::text, -amount_minor FROM trade
                WHERE state = 'CONFIRMED'
               UNION ALL
               SELECT partner, settlement_id::text,
                      CASE role WHEN 'PAYEE' THEN -own_minor ELSE own_minor END
                 FROM settlement) AS expected
         USING (partner, reference)
   WHERE coalesce(journal.net, 0) <> coalesce(expected.net, 0)
     AND reference NOT IN (SELECT trade_id::text FROM (${OVERRIDDEN_TRADES}) AS overridden)`;
