import { sql, type Kysely } from 'kysely';
import type { CpSchema } from '../db/cp/schema.ts';
import type { WlTables } from '../db/wl/schema.ts';
import {
  checkParties,
  together,
  type CheckRun,
  type Facts,
  type Found,
  type Invariant,
  type Statements,
  type Violation,
} from './invariant.ts';

/**
 * Twice the longest pause between two attempts: by then a delivery whose WL answers again has been
 * tried once more.
 */
const OPEN_AT_MOST_SECONDS = 120;

/** What the Control Plane delivered, and what took effect at each WL, say the same. */
export const signals: Invariant = {
  number: 10,
  title: 'signals acked, superseded or cancelled; effects once and in sequence',
  async check(run) {
    const own = await checkParties(run, statements);
    if (run.cp === undefined) return { ...own, applies: false };
    return together([own, await deliveries(run, run.cp)]);
  },
};

function statements({ wlId }: Facts): Statements {
  return {
    scanned: sql`SELECT (SELECT count(*) FROM signal_pair) + (SELECT count(*) FROM signal) AS count`,
    violations: [SEQUENCE, STATE, holds(wlId), offers(wlId)],
  };
}

// Signals of a pair are decided under its lock: their stamps are in the order of their commits.
const SEQUENCE = sql<Violation>`
  SELECT concat('signal ', id) AS subject,
         concat(status, ' with number ', sequence, ' after ', coalesce(before, 0)) AS detail
    FROM (SELECT *, max(sequence) FILTER (WHERE status = 'APPLIED')
                      OVER (PARTITION BY src, dst ORDER BY applied_at
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM signal) AS entry
   WHERE (status = 'APPLIED') <> (sequence > coalesce(before, 0))`;

// A signal that is still at work with its offers is in force already, and answered at the end.
const STATE = sql<Violation>`
  SELECT concat('pair ', src, '/', dst) AS subject,
         concat('disabled is ', disabled, ' at number ', pair.sequence, ', the last applied was ',
           coalesce(last.action, 'none'), ' with ', last.sequence) AS detail
    FROM signal_pair AS pair
    FULL JOIN (SELECT DISTINCT ON (src, dst) src, dst, id, sequence, action FROM signal
                WHERE status = 'APPLIED' ORDER BY src, dst, sequence DESC) AS last
         USING (src, dst)
   WHERE (pair.sequence, pair.disabled, pair.signal_id)
         IS DISTINCT FROM
         (coalesce(last.sequence, 0), coalesce(last.action = 'DISABLE', false), last.id)
     AND NOT EXISTS (SELECT 1 FROM signal_work AS work
                      WHERE work.id = pair.signal_id AND done_at IS NULL
                        AND (work.sequence, work.action = 'DISABLE')
                            = (pair.sequence, pair.disabled))`;

/** The exporter's admission works with what was signalled. */
const holds = (wlId: string) => sql<Violation>`
  SELECT concat('pair with ', partner) AS subject,
         concat('holds are refused is ', signal_disabled, ', signalled was ',
           coalesce(disabled, false)) AS detail
    FROM (SELECT partner, coalesce(signal_disabled, false) AS signal_disabled, disabled
            FROM pair
            FULL JOIN (SELECT dst AS partner, disabled FROM signal_pair
                        WHERE src = ${wlId}::uuid) AS signalled USING (partner)) AS both_rows
   WHERE signal_disabled <> coalesce(disabled, false)`;

/** The importer shows nothing of a stopped pair as if it could be bought. */
const offers = (wlId: string) => sql<Violation>`
  SELECT concat('offer ', offer_id) AS subject, concat('eligible, but ', src, '/', dst,
           ' is disabled') AS detail
    FROM imported_offer
    JOIN signal_pair ON src = exporter AND dst = ${wlId}::uuid AND disabled
   WHERE eligible
     AND NOT EXISTS (SELECT 1 FROM signal_work AS work
                      WHERE work.id = signal_id AND done_at IS NULL)`;

interface Signal {
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly sequence: bigint;
  readonly action: string;
}

interface Delivery extends Signal {
  readonly state: string;
  readonly ackKind: string | null;
  readonly isOverdue: boolean;
}

interface Effect extends Signal {
  readonly status: string;
}

/** The Control Plane is read first: what it calls acked is at the WL by then. */
async function deliveries(run: CheckRun, cp: Kysely<CpSchema>): Promise<Found> {
  const found: Found[] = [];
  for (const { wlId, slug, db } of run.parties) {
    const sent = await readDeliveries(run, cp, wlId);
    const effects = await readEffects(db);
    const violations = [...judgeDeliveries(run, sent, effects), ...strangers(sent, effects)];
    found.push({
      scanned: sent.length,
      violations: violations.map((one) => ({ ...one, subject: `${slug}: ${one.subject}` })),
      overridden: 0,
      applies: true,
    });
  }
  return together(found);
}

async function readDeliveries(
  { now }: CheckRun,
  cp: Kysely<CpSchema>,
  wlId: string,
): Promise<Delivery[]> {
  const at = now === undefined ? sql`clock()` : sql`${now.toISOString()}::timestamptz`;
  const { rows } = await sql<Delivery>`
    SELECT id, src, dst, sequence, action, state, ack_kind AS "ackKind",
           state IN ('PENDING', 'SENT') AND delivery.updated_at < ${at}
             - ${OPEN_AT_MOST_SECONDS}::integer * interval '1 second' AS "isOverdue"
      FROM signal_delivery AS delivery JOIN signal ON id = signal_id
     WHERE wl_id = ${wlId} ORDER BY src, dst, sequence`.execute(cp);
  return rows;
}

async function readEffects(db: Kysely<WlTables>): Promise<Effect[]> {
  return db
    .selectFrom('signal')
    .select(['id', 'src', 'dst', 'sequence', 'action', 'status'])
    .execute();
}

/** What an ack of each kind says that the WL has done. */
const ACKED_AS: Readonly<Record<string, string>> = { BODY: 'APPLIED', STALE: 'STALE' };

function judgeDeliveries(
  { quiet }: CheckRun,
  sent: readonly Delivery[],
  effects: readonly Effect[],
): Violation[] {
  const byId = new Map(effects.map((effect) => [effect.id, effect]));
  return sent.flatMap(({ state, ackKind, isOverdue, ...signal }) => {
    const effect = byId.get(signal.id);
    const details: string[] = [];
    if (quiet && isOverdue) details.push(`is ${state}, and was not tried lately`);
    const expected = state === 'ACKED' ? ACKED_AS[ackKind ?? ''] : undefined;
    if (expected !== undefined && effect?.status !== expected) {
      details.push(`acked as ${expected}, but there it is ${effect?.status ?? 'unknown'}`);
    }
    if (effect !== undefined && describe(effect) !== describe(signal)) {
      details.push(`sent as ${describe(signal)}, taken as ${describe(effect)}`);
    }
    return details.map((detail) => ({ subject: `signal ${signal.id}`, detail }));
  });
}

function strangers(sent: readonly Delivery[], effects: readonly Effect[]): Violation[] {
  const known = new Set(sent.map(({ id }) => id));
  return effects
    .filter(({ id }) => !known.has(id))
    .map((effect) => ({
      subject: `signal ${effect.id}`,
      detail: `${describe(effect)} was ${effect.status}, but the Control Plane never sent it`,
    }));
}

function describe({ action, src, dst, sequence }: Signal): string {
  return `${action} ${src}/${dst} with number ${sequence}`;
}
