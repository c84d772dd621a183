import { expect, test } from '@jest/globals';
import { CP, EXPORTER } from '../../stack/parties.ts';
import { eventually } from '../stack/setup.ts';
import { approverToken, type Stage } from './stage.ts';
import { untilState } from './trades.ts';

interface Waiting {
  readonly items: readonly { readonly tradeId: string; readonly decision: Decision | null }[];
  readonly total: number;
}
interface Decision {
  readonly decision: string;
  readonly outcome: string | null;
}

const LONG_MS = 40_000;
const PENDING = '/api/v2/trader/purchases';

/** The operators' word on purchases that wait at the exporter, and its race with the exporter's. */
export function approvalsAtControlPlane(stage: () => Stage): void {
  const listed = () => stage().admin<Waiting>('GET', '/admin/api/approvals?limit=200');
  const outcomeOf = async (tradeId: string): Promise<string | undefined> => {
    const [row] = await stage().rows<{ outcome_status: string | null }>(
      CP,
      'SELECT outcome_status FROM approval_decision WHERE trade_id = $1',
      [tradeId],
    );
    return row?.outcome_status ?? undefined;
  };
  const atExporter = async (tradeId: string): Promise<string> => {
    const [row] = await stage().rows<{ state: string }>(
      EXPORTER,
      'SELECT state FROM hold WHERE trade_id = $1',
      [tradeId],
    );
    return row?.state === 'CAPTURED' ? 'CONFIRMED' : (row?.state ?? '');
  };

  test('what waits at the exporter is listed, with its number', async () => {
    const bearer = await approverToken(stage());
    const web = stage().stack.web(EXPORTER, 'exporter');
    const own = await web.need<Waiting>(`${PENDING}/pending?limit=200`, { bearer });
    const ids = own.items.map(({ tradeId }) => tradeId).sort();
    await eventually(
      'the events have come',
      async () => {
        const { items, total } = await listed();
        expect(total).toBe(items.length);
        const seen = items.map(({ tradeId }) => tradeId).sort();
        return JSON.stringify(seen) === JSON.stringify(ids);
      },
      LONG_MS,
    );
    expect(ids.length).toBeGreaterThanOrEqual(2);
  });

  test('one is approved here, carried to the exporter, and confirms', async () => {
    const [waiting] = (await listed()).items;
    const tradeId = waiting?.tradeId ?? '';
    const path = `/admin/api/approvals/${tradeId}/approve`;
    expect(await stage().admin('POST', path)).toMatchObject({ decision: { decision: 'APPROVE' } });
    await untilState(stage(), tradeId, 'CONFIRMED');
    await eventually(
      'the outcome is known',
      async () => (await outcomeOf(tradeId)) === 'CONFIRMED',
    );
    await eventually('it waits no more', async () =>
      (await listed()).items.every((item) => item.tradeId !== tradeId),
    );
  });

  test('the exporter and an operator decide at once: one decision, and both know which', async () => {
    const waiting = (await listed()).items.at(-1);
    const tradeId = waiting?.tradeId ?? '';
    const bearer = await approverToken(stage());
    const web = stage().stack.web(EXPORTER, 'exporter');
    const reason = { reason: 'sem estoque' };
    await Promise.all([
      stage().admin('POST', `/admin/api/approvals/${tradeId}/reject`, reason),
      web.need(`${PENDING}/${tradeId}/approve`, { method: 'POST', bearer, body: {} }),
    ]);
    await eventually('the outcome is known', async () => (await outcomeOf(tradeId)) !== undefined);
    const outcome = await atExporter(tradeId);
    expect(await outcomeOf(tradeId)).toBe(outcome);
    await untilState(stage(), tradeId, outcome === 'CONFIRMED' ? 'CONFIRMED' : 'COMPENSATED');
  });
}
