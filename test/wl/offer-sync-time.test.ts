import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { applyOfferSync, listImportedOffers } from '../../db/wl/imported-offers.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import { minor } from '../../domain/shared/money.ts';
import { startWlDatabases, type TestServer, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER, pullDocument } from './documents.ts';

const LONG_MS = 60_000;
const OWN = { wlId: IMPORTER, currency: 'XIM' };

let server: TestServer;
let wl: TestWl;

beforeAll(async () => {
  server = await startWlDatabases(['importer']);
  wl = server.open('importer');
  await applyPullDocument(wl.db, pullDocument(), { ...OWN, correlationId: 'test' });
}, LONG_MS);
afterAll(() => server.stop());

const sync = (...ids: string[]) =>
  applyOfferSync(
    wl.db,
    OWN,
    EXPORTER,
    ids.map((originOfferId) => ({
      ...{ originOfferId, title: `Curso ${originOfferId}`, unitPrice: minor(8_000n) },
      ...{ category: { id: '1', name: 'Cursos' }, entity: { id: '1', name: 'Escola' } },
      ...{ currency: 'XEX', available: 5 },
    })),
  );

async function seen(): Promise<Map<string, number>> {
  const rows = await listImportedOffers(wl.db, 50);
  return new Map(rows.map((row) => [row.origin_offer_id, row.synced_at.getTime()]));
}

test('an offer is as fresh as the last listing that had it', async () => {
  await sync('a', 'b');
  const first = await seen();
  await sync('a');
  const second = await seen();
  expect(second.get('a')).toBeGreaterThan(first.get('a') ?? Infinity);
  expect(second.get('b')).toBe(first.get('b'));
  await sync('a');
  expect((await seen()).get('b')).toBe(first.get('b'));
  await sync('a', 'b');
  const last = await seen();
  expect(last.get('b')).toBe(last.get('a'));
});

test('a listing in which nothing changed makes no new version of any offer', async () => {
  const versions = async (): Promise<unknown> => {
    const { rows } = await wl.pool.query('SELECT ctid, offer_id FROM imported_offer ORDER BY 2');
    return rows;
  };
  await sync('a', 'b');
  const before = await versions();
  await sync('a', 'b');
  expect(await versions()).toEqual(before);
});
