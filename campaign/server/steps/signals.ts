import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { until } from '../../../stack/drill/control-plane.ts';
import { EXPORTER, IMPORTER, type WlParty } from '../../../stack/parties.ts';
import { SIGNAL_APPLY } from '../../../workflows/signal-apply/contract.ts';
import { SIGNAL_DISPATCH } from '../../../workflows/signal-dispatch/contract.ts';
import { SIGNAL_TEST } from '../../../workflows/signal-test/contract.ts';
import { OFFERS_AT_ONCE } from '../../../db/wl/signals.ts';
import { putUpOffers } from '../../../stack/drill/market.ts';
import type { StepScenario } from './run.ts';
import type { Scene } from './scene.ts';

type Action = 'DISABLE' | 'ENABLE';
interface Pair {
  readonly src: WlParty;
  readonly dst: WlParty;
}

/** Nothing is sold in this direction: a signal of it stops nobody. */
const QUIET: Pair = { src: IMPORTER, dst: EXPORTER };
const SOLD: Pair = { src: EXPORTER, dst: IMPORTER };
const ACKED_WITHIN_MS = 60_000;

async function order({ need, maker }: Scene, { src, dst }: Pair, action: Action): Promise<string> {
  const headers = { 'Idempotency-Key': randomUUID() };
  const body = { src: src.wlId, dst: dst.wlId, action, reason: 'campaign' };
  const call = { method: 'POST', headers, body } as const;
  return (await need<{ id: string }>(maker, '/imbalance/signals', call)).id;
}

/** Acked by both, and at each of them there once and in the pair's state. */
async function judgeSignal(
  { cp, stage }: Scene,
  id: string,
  { src, dst }: Pair,
): Promise<readonly string[]> {
  const { rows } = await sql<{ wl: string; state: string }>`
    SELECT wl_id AS wl, state FROM signal_delivery WHERE signal_id = ${id}`.execute(cp);
  const wrong = rows.filter(({ state }) => state !== 'ACKED').map(({ state }) => `it is ${state}`);
  if (rows.length !== 2) wrong.push(`${rows.length} deliveries`);
  for (const db of [stage.importer, stage.exporter]) {
    const { rows: there } = await sql<{ status: string; isLast: boolean }>`
      SELECT signal.status, signal.sequence = pair.sequence AS "isLast"
        FROM signal JOIN signal_pair AS pair USING (src, dst)
       WHERE id = ${id} AND src = ${src.wlId} AND dst = ${dst.wlId}`.execute(db);
    const [one] = there;
    if (there.length !== 1) wrong.push(`it is there ${there.length} times`);
    else if (one?.status !== 'APPLIED' || !one.isLast) wrong.push(`it is ${one?.status}`);
  }
  return wrong;
}

let dispatched = 0;

export const signalDispatch: StepScenario = {
  ...{ type: SIGNAL_DISPATCH, name: 'acked', party: 'cp' },
  async prepare(scene) {
    let id = '';
    dispatched += 1;
    const action = dispatched % 2 === 1 ? 'DISABLE' : 'ENABLE';
    return {
      // One delivery a white label; the other one goes its own way.
      isMeant: (workflowId) => workflowId.endsWith(`/${EXPORTER.wlId}`),
      start: async () => void (id = await order(scene, QUIET, action)),
      judge: () => judgeSignal(scene, id, QUIET),
    };
  },
};

export const signalTest: StepScenario = {
  ...{ type: SIGNAL_TEST, name: 'taken', party: 'cp' },
  async prepare({ need, maker, cp, stage }) {
    const before = await countApplied(stage.exporter);
    let asked: Promise<unknown> = Promise.resolve();
    const since = new Date();
    return {
      async start() {
        // Who asks may be told to ask again: the row has the answer.
        asked = need(maker, '/imbalance/signals/test', {
          ...{ method: 'POST', body: { wlId: EXPORTER.wlId } },
        }).catch(() => undefined);
      },
      after: async () => void (await asked),
      async judge() {
        const { rows } = await sql<{ status: number | null; answered: boolean }>`
          SELECT status, answered_at IS NOT NULL AS answered FROM signal_test
           WHERE asked_at >= ${since.toISOString()}::timestamptz`.execute(cp);
        const wrong = rows.length === 1 ? [] : [`${rows.length} tests`];
        if (rows.some(({ status, answered }) => !answered || status !== 200)) {
          wrong.push(`answered with ${rows.map(({ status }) => status).join()}`);
        }
        if ((await countApplied(stage.exporter)) !== before) wrong.push('a test changed something');
        return wrong;
      },
    };
  },
};

async function countApplied(db: Scene['stage']['exporter']): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`SELECT count(*) AS count FROM signal`.execute(db);
  return Number(rows[0]?.count);
}

let hasMany = false;

/** With so many offers that the importer answers 202 and does the rest behind it. */
export const signalApply: StepScenario = {
  ...{ type: SIGNAL_APPLY, name: 'more offers than one batch', party: 'importer' },
  isTrading: true,
  async prepare(scene) {
    const wish = { unitPrice: '5.00', available: 1, count: OFFERS_AT_ONCE };
    if (!hasMany) await putUpOffers(scene.stage, [wish]);
    hasMany = true;
    let id = '';
    return {
      start: async () => void (id = await order(scene, SOLD, 'DISABLE')),
      async judge() {
        const left = await sql<{ count: bigint }>`
          SELECT count(*) AS count FROM imported_offer
           WHERE exporter = ${EXPORTER.wlId} AND eligible`.execute(scene.stage.importer);
        const count = Number(left.rows[0]?.count);
        const wrong = count === 0 ? [] : [`${count} offers are still for sale`];
        return [...wrong, ...(await judgeSignal(scene, id, SOLD))];
      },
      async close() {
        const back = await order(scene, SOLD, 'ENABLE');
        await until('the pair sells again', ACKED_WITHIN_MS, async () =>
          (await judgeSignal(scene, back, SOLD)).length === 0 ? true : undefined,
        );
      },
    };
  },
};
