import { beforeAll, expect, test } from '@jest/globals';
import { BUYER, QA_MEMBER } from '../../stack/local-data/members.ts';
import { CP, EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { eventually } from '../stack/setup.ts';
import { makePerson, type Person } from './audit.ts';
import { buy, outcomeOf, type Stage } from './stage.ts';
import { spareOffers, untilState } from './trades.ts';

/** What support does about purchases, through the Control Plane. */
export function supportActions(stage: () => Stage): void {
  let first: Person;
  let second: Person;
  beforeAll(async () => {
    first = await makePerson(stage(), 'lia');
    second = await makePerson(stage(), 'edu');
  });
  const act = async ({ token: bearer }: Person, path: string, body: object) => {
    const cp = stage().stack.web(CP);
    const [tradeId = ''] = path.split('/');
    await eventually('the Control Plane knows the trade', async () => {
      const { status } = await cp.ask(`/admin/api/trades/${tradeId}`, { bearer });
      return status === 200;
    });
    return cp.ask(`/admin/api/trades/${path}`, {
      ...{ method: 'POST', bearer, body },
      headers: { 'Idempotency-Key': path },
    });
  };

  test('a confirmed purchase is reversed in both books', async () => {
    const [offer] = await spareOffers(stage(), 9);
    const { tradeId, status } = await buy(stage(), QA_MEMBER, offer?.offerId ?? '');
    expect(status).toBe('CONFIRMED');
    const asked = await act(first, `${tradeId}/reverse`, { reason: 'Comprado por engano' });
    expect(asked.status).toBe(202);
    await untilState(stage(), tradeId, 'REVERSED', QA_MEMBER);
    const sold = await stage().rows(EXPORTER, 'SELECT state FROM hold WHERE trade_id = $1', [
      tradeId,
    ]);
    expect(sold).toEqual([{ state: 'REVERSED' }]);
  });

  test('a rejected purchase is run again as a new one that names it', async () => {
    const [rejected] = await stage().rows<{ trade_id: string }>(
      IMPORTER,
      "SELECT trade_id FROM trade WHERE reason = 'HOLD_EXPIRED' LIMIT 1",
    );
    const id = rejected?.trade_id ?? '';
    const again = await act(first, `${id}/rerun`, { reason: 'A reserva tinha acabado' });
    const { tradeId } = again.body as { tradeId: string };
    expect(outcomeOf(again)).toBe('200 CONFIRMED');
    const linked = await stage().rows(IMPORTER, 'SELECT rerun_of FROM trade WHERE trade_id = $1', [
      tradeId,
    ]);
    expect(linked).toEqual([{ rerun_of: id }]);
  });

  test('a purchase without a clear answer is resolved on the word of two', async () => {
    const [offer] = await spareOffers(stage(), 10);
    const heal = await breakHoldsOf(stage(), offer?.originOfferId ?? '');
    try {
      const { tradeId, status } = await buy(stage(), BUYER, offer?.offerId ?? '');
      expect(status).toBe('PENDING');
      await untilState(stage(), tradeId, 'NEEDS_ATTENTION');
      const reason = 'A loja parceira não responde';
      const word = async (who: Person, path: string, body = {}): Promise<unknown> =>
        ((await act(who, `${tradeId}/${path}`, { reason, ...body })).body as { result: unknown })
          .result;
      expect(await word(first, 'retry')).toBe('STILL_PARKED');
      expect(await word(first, 'abandon')).toBe('STILL_PARKED');
      const outcome = { outcome: 'COMPENSATED' };
      expect(await word(first, 'resolve', outcome)).toBe('NEEDS_SECOND_PERSON');
      const same = await act(first, `${tradeId}/resolve/confirm`, { reason });
      expect(outcomeOf(same)).toBe('403 SAME_PERSON');
      expect(await word(second, 'resolve/confirm')).toBe('OVERRIDDEN');
      await untilState(stage(), tradeId, 'COMPENSATED');
      await heal();
      // The cancel goes on until it is answered: the exporter's unit comes back.
      await eventually(
        'the hold is over',
        async () => {
          const [row] = await stage().rows<{ state: string }>(
            EXPORTER,
            'SELECT state FROM hold WHERE trade_id = $1',
            [tradeId],
          );
          return row?.state === 'CANCELLED' || row?.state === 'EXPIRED';
        },
        20_000,
      );
    } finally {
      await heal();
    }
  });
}

/** The exporter can take a hold of this offer and then do nothing with it: every move fails. */
async function breakHoldsOf(stage: Stage, offerId: string): Promise<() => Promise<void>> {
  await stage.rows(
    EXPORTER,
    `CREATE FUNCTION test_broken() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'broken for a test'; END $$`,
  );
  // An offer's id comes from the catalogue; a trigger's condition takes no parameters.
  expect(offerId).toMatch(/^\d+$/);
  await stage.rows(
    EXPORTER,
    `CREATE TRIGGER test_broken BEFORE UPDATE ON hold FOR EACH ROW
       WHEN (OLD.offer_id = '${offerId}') EXECUTE FUNCTION test_broken()`,
  );
  return async () => {
    await stage.rows(EXPORTER, 'DROP TRIGGER IF EXISTS test_broken ON hold');
    await stage.rows(EXPORTER, 'DROP FUNCTION IF EXISTS test_broken');
  };
}
