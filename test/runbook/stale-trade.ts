import { expect } from '@jest/globals';
import { BUYER } from '../../stack/local-data/members.ts';
import { CP, EXPORTER, IMPORTER, PARTIES, WL_PARTIES } from '../../stack/parties.ts';
import { eventually } from '../stack/setup.ts';
import { buy, type Stage } from './stage.ts';

/** Over the five minutes of drift that are promised. */
const MINUTES_LATER = 6;
const MINUTE_MS = 60_000;
// The word of it goes through the engine, the relay and the intake of a busy machine.
const TOLD_MS = 60_000;
const PAIR = `/admin/api/relationships/${EXPORTER.wlId}/${IMPORTER.wlId}`;

interface Told {
  readonly items: readonly { readonly tradeId: string; readonly decidedOnStale: boolean }[];
}

/** Terms change while no white label can pull; both go on under the old ones, and it shows. */
export async function staleTrade(stage: Stage): Promise<void> {
  const fresh = await bought(stage, 0);
  const { revision: old } = await stage.admin<{ revision: number }>('GET', PAIR);
  const release = await holdPullsBack(stage);
  await stage.admin('PUT', PAIR, { limitAmount: '90000.00' });
  await moveClocks(stage);
  const stale = await bought(stage, 1);
  const path = '/admin/api/trades?stale=true';
  await eventually(
    'it is listed as stale',
    async () => (await stage.admin<Told>('GET', path)).items.length > 0,
    TOLD_MS,
  );
  const { items } = await stage.admin<Told>('GET', path);
  expect(items).toMatchObject([{ tradeId: stale, decidedOnStale: true }]);
  expect(await stage.admin('GET', `/admin/api/trades/${fresh}`)).toMatchObject({
    decidedOnStale: false,
  });
  await eventually(
    'both sides have told of it',
    async () => (await sidesOf(stage, stale)).every((revision) => revision === old),
    TOLD_MS,
  );
  await peopleAreTold(stage);
  await tooOldIsTold(stage);
  await release();
}

async function bought(stage: Stage, nth: number): Promise<string> {
  const web = stage.stack.web(IMPORTER);
  const path = '/api/v2/imported-offers';
  const { items } = await web.need<{ items: { offerId: string; unitPrice: string }[] }>(path);
  // Far under the threshold of approvals, so that nobody has to decide.
  const cheap = items.filter(({ unitPrice }) => Number(unitPrice) < 500);
  const answer = await buy(stage, BUYER, cheap[nth]?.offerId ?? '');
  expect(answer).toMatchObject({ status: 'CONFIRMED' });
  return answer.tradeId;
}

/** The Control Plane can't sign what is pulled: every pull is answered with 500 until it is released. */
async function holdPullsBack(stage: Stage): Promise<() => Promise<void>> {
  const text = 'SELECT id, policy_secret_sealed AS sealed FROM wl';
  const wls = await stage.rows<{ id: string; sealed: string }>(CP, text);
  await stage.rows(CP, "UPDATE wl SET policy_secret_sealed = 'held back'");
  return async () => {
    for (const { id, sealed } of wls) {
      await stage.rows(CP, 'UPDATE wl SET policy_secret_sealed = $2 WHERE id = $1', [id, sealed]);
    }
  };
}

/** The Control Plane's first: what comes from the future is set aside there. */
async function moveClocks(stage: Stage): Promise<void> {
  const text = 'UPDATE clock_offset SET offset_ms = $1';
  for (const party of [CP, ...PARTIES.filter((other) => other !== CP)]) {
    await stage.rows(party, text, [MINUTES_LATER * MINUTE_MS]);
  }
}

async function sidesOf(stage: Stage, tradeId: string): Promise<(number | undefined)[]> {
  interface Side {
    readonly relationshipRevision: number;
  }
  const { sides } = await stage.admin<{
    readonly sides: Readonly<Record<'importer' | 'exporter', Side | null>>;
  }>('GET', `/admin/api/trades/${tradeId}/details`);
  return [sides.importer?.relationshipRevision, sides.exporter?.relationshipRevision];
}

/** A notification for each white label that has not applied the revision, and none of a mismatch. */
async function peopleAreTold(stage: Stage): Promise<void> {
  const notices = () =>
    stage.rows<{ kind: string; subject: string }>(
      CP,
      "SELECT kind, subject FROM notification WHERE kind IN ('STALE_POLICY', 'MISMATCH') ORDER BY subject",
    );
  const expected = WL_PARTIES.map(({ wlId }) => ({ kind: 'STALE_POLICY', subject: `wl/${wlId}` }));
  await eventually(
    'people are told of both',
    async () => (await notices()).length >= expected.length,
    TOLD_MS,
  );
  expect(new Set((await notices()).map(({ subject }) => subject))).toEqual(
    new Set(expected.map(({ subject }) => subject)),
  );
}

/** A white label whose last good pull is too long ago says so itself. */
async function tooOldIsTold(stage: Stage): Promise<void> {
  const pulledAt = '2026-01-01T00:00:00.000Z';
  const set = `UPDATE control_document SET document = document || $1::jsonb WHERE name = 'pull'`;
  await stage.rows(IMPORTER, set, [JSON.stringify({ pulledAt })]);
  const { wlId } = IMPORTER;
  const nudge = { method: 'POST', body: { wlId } } as const;
  const path = '/api/v2/control-plane/policies/changed';
  await stage.stack.web(IMPORTER, CP.slug).need(path, nudge);
  const events = () =>
    stage.rows<{ data: object }>(CP, "SELECT data FROM event WHERE type = 'policy.stale'");
  await eventually('the event has come', async () => (await events()).length > 0, TOLD_MS);
  expect(await events()).toEqual([{ data: { wlId, pulledAt } }]);
}
