import { sql, type Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { formatMinor } from '../../domain/shared/money.ts';
import { EXPORTER, IMPORTER } from '../parties.ts';
import type { WlParty } from '../parties.ts';
import { logIn } from '../register.ts';
import type { Stage } from './stage.ts';

/** The Control Plane's figures beside the same figures out of both white labels' own ledgers. */

interface Figures {
  readonly exports: string;
  readonly imports: string;
  readonly reserved: string;
  readonly received: string;
  readonly paid: string;
  readonly exposure: string;
}

/** True: `/reports/trade-balance` equals what both ledgers add up to, to the minor unit. */
export async function compareBalance(stage: Stage): Promise<boolean> {
  const sides = [
    { wl: EXPORTER, partner: IMPORTER, db: stage.exporter },
    { wl: IMPORTER, partner: EXPORTER, db: stage.importer },
  ];
  let held = true;
  for (const { wl, partner, db } of sides) {
    const told = await reported(stage, wl, partner);
    const own = await recounted(db, partner);
    const same = JSON.stringify(told) === JSON.stringify(own);
    held &&= same;
    stage.say(`${wl.slug} ${same ? 'agrees' : 'DISAGREES'}: ${JSON.stringify(told)}`);
    if (!same) stage.say(`  its own ledger says ${JSON.stringify(own)}`);
  }
  return held;
}

interface BalanceItem extends Omit<Figures, 'received' | 'paid'> {
  readonly partner: string;
  readonly settlements: { readonly received: string; readonly paid: string };
}

async function reported(stage: Stage, wl: WlParty, partner: WlParty): Promise<Figures> {
  const { cp, token: bearer } = await logIn(stage.stack);
  const path = `/reports/trade-balance?wlId=${wl.wlId}&partner=${partner.wlId}`;
  const { items } = await cp.need<{ items: BalanceItem[] }>(path, { bearer });
  const [item] = items;
  if (item === undefined) throw new Error(`${wl.slug} has no balance`);
  const { exports, imports, reserved, settlements, exposure } = item;
  return { exports, imports, reserved, ...settlements, exposure };
}

/** Trades and settlements meet in the same accounts; the kind of the entry tells them apart. */
async function recounted(db: Kysely<WlTables>, partner: WlParty): Promise<Figures> {
  const { rows } = await sql<{
    exports: bigint;
    imports: bigint;
    received: bigint;
    paid: bigint;
    reserved: bigint;
    exposure: bigint;
  }>`
    WITH moved AS (
      SELECT account, kind <> 'SETTLEMENT' AS traded, amount_minor
        FROM posting JOIN ledger_transaction USING (transaction_id)
       WHERE account IN (${`receivable:${partner.wlId}`}, ${`payable:${partner.wlId}`}))
    SELECT coalesce(-sum(amount_minor) FILTER (WHERE traded AND account LIKE 'receivable:%'), 0)
             ::bigint AS exports,
           coalesce(sum(amount_minor) FILTER (WHERE traded AND account LIKE 'payable:%'), 0)
             ::bigint AS imports,
           coalesce(sum(amount_minor) FILTER (WHERE NOT traded AND account LIKE 'receivable:%'), 0)
             ::bigint AS received,
           coalesce(-sum(amount_minor) FILTER (WHERE NOT traded AND account LIKE 'payable:%'), 0)
             ::bigint AS paid,
           (SELECT coalesce(sum(amount_minor), 0) FROM hold
             WHERE requester = ${partner.wlId} AND trade_id IS NOT NULL
               AND state IN ('HELD', 'PENDING_APPROVAL'))::bigint AS reserved,
           coalesce((SELECT exposure_minor FROM pair WHERE partner = ${partner.wlId}), 0)
             ::bigint AS exposure
      FROM moved`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a sum has a row');
  return {
    exports: formatMinor(row.exports),
    imports: formatMinor(row.imports),
    reserved: formatMinor(row.reserved),
    received: formatMinor(row.received),
    paid: formatMinor(row.paid),
    exposure: formatMinor(row.exposure),
  };
}

/** True: each settlement whose confirmation was answered is confirmed, and once in both books. */
export async function compareSettlements(
  { stage, cp }: { readonly stage: Stage; readonly cp: Kysely<CpSchema> },
  answered: ReadonlySet<string>,
): Promise<boolean> {
  const confirmed = await cp
    .selectFrom('settlement')
    .select('id')
    .where('state', '=', 'CONFIRMED')
    .execute();
  const ids = confirmed.map(({ id }) => id).toSorted();
  const lost = [...answered].filter((id) => !ids.includes(id));
  for (const id of lost) stage.say(`BROKEN settlement ${id} was confirmed and is not`);
  let held = lost.length === 0;
  for (const [name, db] of [
    ['importer', stage.importer],
    ['exporter', stage.exporter],
  ] as const) {
    const rows = await db.selectFrom('settlement').select('settlement_id').execute();
    const booked = rows.map((row) => row.settlement_id).toSorted();
    const same = JSON.stringify(booked) === JSON.stringify(ids);
    held &&= same;
    if (!same) stage.say(`BROKEN the ${name} booked ${booked.length} of ${ids.length} settlements`);
  }
  stage.say(`settlements: ${ids.length} confirmed, ${answered.size} of them answered`);
  return held;
}
