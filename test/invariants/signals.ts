import type { Kysely, Selectable } from 'kysely';
import { acknowledge } from '../../db/cp/signals/acknowledge.ts';
import { createSignal } from '../../db/cp/signals/create.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import type { SignalTable } from '../../db/cp/tables/signals.ts';
import { inTransaction } from '../../db/pool.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { applySignal } from '../../db/wl/signals.ts';
import type { SignalAction } from '../../domain/imbalance/verdict.ts';
import { EXPORTER, IMPORTER } from '../wl/documents.ts';
import type { Plant } from './plants.ts';

const PAIR = { src: EXPORTER, dst: IMPORTER };
/** The pair and its relationship, without the row of the other WL: written past foreign keys. */
export const SIGNALLED_PAIR = `
  INSERT INTO relationship (src, dst, revision, status, fx_rate, limit_minor, limit_mode,
    alert_percent, disable_percent, enable_percent, commission_rate, approval_mode,
    approval_above_minor, four_eyes, updated_by, updated_source, change_seq)
  VALUES ('${EXPORTER}', '${IMPORTER}', 1, 'ACTIVE', 1, 100000, 'HARD',
    80, 100, 90, 0, 'AUTO', 0, false, 'test', 'test', 0);
  INSERT INTO pair (src, dst) VALUES ('${EXPORTER}', '${IMPORTER}')`;

interface Wls {
  readonly exporter: Kysely<WlTables>;
  readonly importer: Kysely<WlTables>;
}
type Signal = Selectable<SignalTable>;

/** Three signals: the first reaches the importer after the second, and the pair ends enabled. */
export async function exchangeSignals(cp: Kysely<CpSchema>, wls: Wls): Promise<void> {
  const first = await create(cp, 'DISABLE');
  const second = await create(cp, 'ENABLE');
  await deliver(cp, wls, first, EXPORTER);
  await deliver(cp, wls, second, EXPORTER);
  await deliver(cp, wls, second, IMPORTER);
  await apply(wls, first, IMPORTER);
  const third = await create(cp, 'DISABLE');
  const fourth = await create(cp, 'ENABLE');
  for (const signal of [third, fourth]) {
    for (const wlId of [EXPORTER, IMPORTER]) await deliver(cp, wls, signal, wlId);
  }
}

function create(cp: Kysely<CpSchema>, action: SignalAction): Promise<Signal> {
  return inTransaction(cp, (tx) =>
    createSignal(tx, {
      ...{ pair: PAIR, action, origin: 'AUTOMATIC', reason: 'LIMIT_EXCEEDED' },
      ...{ exposureMinor: 2n, limitMinor: 1n, causedAt: new Date() },
      author: { actor: 'test', source: 'test', correlationId: 'market' },
    }),
  );
}

async function deliver(
  cp: Kysely<CpSchema>,
  wls: Wls,
  signal: Signal,
  wlId: string,
): Promise<void> {
  const answer = await apply(wls, signal, wlId);
  const appliedAt = new Date(answer.appliedAt);
  const kind = answer.status === 'STALE' ? 'STALE' : 'BODY';
  await inTransaction(cp, (tx) =>
    acknowledge(tx, { signalId: signal.id, wlId, kind, appliedAt, offersChanged: 0 }),
  );
}

async function apply(wls: Wls, signal: Signal, wlId: string) {
  const isExporter = wlId === EXPORTER;
  const db = isExporter ? wls.exporter : wls.importer;
  const { id, sequence, src, dst, action, reason } = signal;
  const applied = await applySignal(
    db,
    { wlId, currency: isExporter ? 'XEX' : 'XIM' },
    {
      ...{ id, sequence, src, dst, action, reason },
      exposureMinor: signal.exposure_minor,
      limitMinor: signal.limit_minor,
      createdAt: signal.created_at,
    },
    'market',
  );
  if (!applied.ok) throw new Error(applied.code);
  if (applied.value.kind === 'PENDING') throw new Error('there are no offers that take longer');
  return applied.value.answer;
}

const idOf = (number: number): string => `(SELECT id FROM signal WHERE sequence = ${number})`;

/** What can go wrong between a signal and its effects. */
export const SIGNAL_PLANTS: readonly Plant[] = [
  {
    number: 10,
    name: 'a delivery that is open and that nobody tries',
    party: 'cp',
    sql: `UPDATE signal_delivery SET state = 'SENT', acked_at = NULL, ack_kind = NULL,
             updated_at = clock() - interval '3 minutes'
           WHERE signal_id = ${idOf(4)} AND wl_id = '${IMPORTER}'`,
    reports: 'is SENT, and was not tried lately',
  },
  {
    number: 10,
    name: 'an ack of what never arrived',
    party: 'importer',
    sql: 'DELETE FROM signal WHERE sequence = 3',
    reports: 'acked as APPLIED, but there it is unknown',
  },
  {
    number: 10,
    name: 'an ack as stale of what took effect',
    party: 'cp',
    sql: `UPDATE signal_delivery SET ack_kind = 'STALE'
           WHERE signal_id = ${idOf(3)} AND wl_id = '${EXPORTER}'`,
    reports: 'acked as STALE, but there it is APPLIED',
  },
  {
    number: 10,
    name: 'a signal that arrived as another one',
    party: 'importer',
    sql: "UPDATE signal SET action = 'ENABLE' WHERE sequence = 3",
    reports: `with number 3, taken as ENABLE ${EXPORTER}/${IMPORTER} with number 3`,
  },
  {
    number: 10,
    name: 'a signal that nobody sent',
    party: 'exporter',
    sql: `INSERT INTO signal
          SELECT (jsonb_populate_record(row, jsonb_build_object('id', gen_random_uuid(),
            'sequence', 1, 'status', 'STALE', 'applied_at', clock()))).*
            FROM signal AS row WHERE sequence = 4`,
    reports: 'was STALE, but the Control Plane never sent it',
  },
  {
    number: 10,
    name: 'an effect out of sequence',
    party: 'exporter',
    sql: "UPDATE signal SET applied_at = clock() + interval '1 hour' WHERE sequence = 2",
    reports: 'APPLIED with number 2 after 4',
  },
  {
    number: 10,
    name: 'a stale signal that was the newest one',
    party: 'importer',
    sql: "UPDATE signal SET applied_at = '2026-01-01T00:00:00Z' WHERE sequence = 1",
    reports: 'STALE with number 1 after 0',
  },
  {
    number: 10,
    name: 'a pair that is not as it was signalled last',
    party: 'importer',
    sql: 'UPDATE signal_pair SET disabled = true',
    reports: 'disabled is t at number 4, the last applied was ENABLE with 4',
  },
  {
    number: 10,
    name: 'holds refused that nobody has stopped',
    party: 'exporter',
    sql: 'UPDATE pair SET signal_disabled = true',
    reports: 'holds are refused is t, signalled was f',
  },
  {
    number: 10,
    name: 'an offer of a stopped pair that may be bought',
    party: 'importer',
    sql: `UPDATE signal_pair SET disabled = true, sequence = 5;
          UPDATE imported_offer SET eligible = true`,
    reports: `eligible, but ${EXPORTER}/${IMPORTER} is disabled`,
  },
];
