import type { Kysely } from 'kysely';
import { oldestUnapplied } from '../../db/cp/revision-progress.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import type { Metrics } from '../../runtime/metrics.ts';

/** Seconds. The nudge takes about one, a pull by itself at most 30, the promise is 300. */
const DRIFT_BUCKETS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600];

/** The figures of the promise on policy drift (DESIGN.md 7); returns the observer of each WL's. */
export function measurePolicyDrift(
  metrics: Metrics,
  db: Kysely<CpSchema>,
): (seconds: number) => void {
  const drift = metrics.histogram({
    name: 'policy_drift_seconds',
    help: 'From the commit of a revision to the report of a white label that it has applied it',
    buckets: DRIFT_BUCKETS,
  });
  metrics.watch(
    {
      name: 'policy_unapplied_seconds',
      help: 'Age of the oldest revision that a connected white label has not applied; 0: none',
    },
    () => oldestUnapplied(db),
  );
  return (seconds) => drift.observe(seconds);
}
