import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BUYER } from '../../stack/local-data/members.ts';
import { CP, EXPORTER, IMPORTER, WL_PARTIES } from '../../stack/parties.ts';
import { register } from '../../stack/register.ts';
import { eventually } from '../stack/setup.ts';
import { largeSignal } from './large-signal.ts';
import { buy, openStage, type Stage } from './stage.ts';
import { staleTrade } from './stale-trade.ts';

const LONG_MS = 240_000;
/** Seconds are promised; pulls by schedule are an hour apart here, so only the nudge brings it. */
const SOON_MS = 10_000;
const PAIR = `${EXPORTER.wlId}/${IMPORTER.wlId}`;

let stage: Stage;

beforeAll(async () => {
  // Told after seconds instead of minutes of a white label that has not applied a revision.
  stage = await openStage({ CP_POLICY_DRIFT_SECONDS: '5' });
  await register(stage.stack, () => undefined);
}, LONG_MS);

afterAll(() => stage.close(), LONG_MS);

test(
  'a trade that was decided on a stale revision is told as one',
  () => staleTrade(stage),
  LONG_MS,
);

test(
  'a signal that closes more offers than one request may is answered 202 and acked apart',
  () => largeSignal(stage),
  LONG_MS,
);

interface Reach {
  readonly wl_id: string;
  readonly drift_ms: string | null;
}

test(
  'a paused relationship is in force and reported at both white labels within seconds',
  async () => {
    const path = `/admin/api/relationships/${PAIR}`;
    const { revision } = await stage.admin<{ revision: number }>('PUT', path, { status: 'paused' });
    const reach = () =>
      stage.rows<Reach>(
        CP,
        'SELECT wl_id, drift_ms FROM revision_applied WHERE revision = $1 ORDER BY wl_id',
        [`relationship/${PAIR}/${revision}`],
      );
    await eventually(
      'both have reported it',
      async () => (await reach()).every(({ drift_ms: drift }) => drift !== null),
      SOON_MS,
    );
    expect(await reach()).toHaveLength(2);
    for (const { drift_ms: drift } of await reach()) expect(Number(drift)).toBeLessThan(SOON_MS);
    for (const party of WL_PARTIES) {
      const rows = await stage.rows(
        party,
        'SELECT status FROM relationship WHERE src = $1 AND dst = $2',
        [EXPORTER.wlId, IMPORTER.wlId],
      );
      expect(rows).toEqual([{ status: 'PAUSED' }]);
    }
    const web = stage.stack.web(IMPORTER);
    const { items } = await web.need<{ items: { offerId: string }[] }>('/api/v2/imported-offers');
    const bought = await buy(stage, BUYER, items[0]?.offerId ?? '');
    expect(bought).toMatchObject({ status: 'REJECTED', reason: 'RELATIONSHIP_PAUSED' });
  },
  LONG_MS,
);

test('the workflow is done, and the history tells the drift', async () => {
  const path = `/admin/api/relationships/${PAIR}/revisions`;
  const { items } = await stage.admin<{ items: object[] }>('GET', path);
  expect(items[0]).toMatchObject({
    diff: [{ field: 'status', before: 'ACTIVE', after: 'PAUSED' }],
    applied: [{ driftMs: expect.any(Number) }, { driftMs: expect.any(Number) }],
  });
  await eventually('the order is done', async () => {
    const open = await stage.rows(
      CP,
      "SELECT 1 FROM work_order WHERE workflow_id LIKE 'relationship/%' AND done_at IS NULL",
    );
    return open.length === 0;
  });
});
