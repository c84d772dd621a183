import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { verifyAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/pool.ts';
import { readPartner, readPolicy, readRelationship } from '../../db/wl/governance.ts';
import {
  applyOfferSync,
  listImportedOffers,
  takeOverPrice,
  type ListedOffer,
} from '../../db/wl/imported-offers.ts';
import { applyPullDocument, readAppliedDocument } from '../../db/wl/pull.ts';
import { formatRate } from '../../domain/shared/fx.ts';
import { minor } from '../../domain/shared/money.ts';
import { startWlDatabases, type TestServer, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER, pullDocument, pulledPolicy, pulledRelationship } from './documents.ts';

const OWN = { wlId: IMPORTER, currency: 'XIM' };
const CONTEXT = { ...OWN, correlationId: 'test' };

let server: TestServer;
let wl: TestWl;

beforeAll(async () => {
  server = await startWlDatabases(['governance']);
  wl = server.open('governance');
}, 60_000);
afterAll(() => server.stop());
beforeEach(async () => {
  await sql`TRUNCATE wl_policy, relationship, applied_revision, partner, control_document,
    imported_offer, outbox`.execute(wl.db);
});

function listed(originOfferId: string, unitPrice: bigint, change: Partial<ListedOffer> = {}) {
  return {
    originOfferId,
    title: `Oferta ${originOfferId}`,
    category: { id: '7', name: 'Moda' },
    entity: { id: 'e1', name: 'Loja' },
    unitPrice: minor(unitPrice),
    currency: 'XEX',
    available: 5,
    ...change,
  };
}

async function apply(document = pullDocument()) {
  return applyPullDocument(wl.db, document, CONTEXT);
}

async function offers() {
  const rows = await listImportedOffers(wl.db, 50);
  return rows.map((row) => ({
    id: row.origin_offer_id,
    price: row.unit_price_minor,
    eligible: row.eligible,
    revision: row.relationship_revision,
  }));
}

describe('a pulled document', () => {
  test('comes into force with its revisions, an event and an audit row for each change', async () => {
    const before = (await verifyAudit(wl.db)).scanned;
    const applied = await apply();
    expect(applied).toEqual([
      { kind: 'POLICY', src: IMPORTER, dst: IMPORTER, revision: 1 },
      { kind: 'RELATIONSHIP', src: EXPORTER, dst: IMPORTER, revision: 1 },
    ]);
    const relationship = await readRelationship(wl.db, EXPORTER, IMPORTER);
    expect(relationship).toMatchObject({ revision: 1, limit: 10_000_000n, status: 'ACTIVE' });
    expect(formatRate(relationship?.commissionRate ?? (0n as never))).toBe('0.05');
    expect(await readPolicy(wl.db, IMPORTER)).toMatchObject({ revision: 1, importEnabled: true });
    expect(await readPartner(wl.db, EXPORTER)).toMatchObject({ name: 'partner', currency: 'XEX' });
    expect(await readAppliedDocument(wl.db)).toBe('1');
    const events = await wl.db.selectFrom('outbox').selectAll().execute();
    expect(events.map(({ type }) => type)).toEqual(['policy.applied', 'policy.applied']);
    const verdict = await verifyAudit(wl.db);
    expect(verdict).toMatchObject({ scanned: before + 2 });
    expect(verdict).not.toHaveProperty('brokenAt');
    const audit = await wl.db.selectFrom('audit').selectAll().orderBy('seq', 'desc').execute();
    expect(audit[0]).toMatchObject({
      actor: 'control-plane',
      source: 'policies/pull',
      action: 'relationship.apply',
      subject: `${EXPORTER}/${IMPORTER}`,
      before: null,
    });
  });

  test('that is older, or the same again, changes nothing', async () => {
    const newer = pulledRelationship({ revision: 3, fxRate: '2', status: 'PAUSED' });
    await apply(
      pullDocument({
        documentRevision: '9',
        policy: pulledPolicy({ revision: 3, importEnabled: false }),
        relationships: [newer],
        partners: [{ wlId: EXPORTER, name: 'new', peerUrl: 'https://new.localhost:1' }],
      }),
    );
    expect(await apply(pullDocument({ documentRevision: '8' }))).toEqual([]);
    expect(await readRelationship(wl.db, EXPORTER, IMPORTER)).toMatchObject({
      revision: 3,
      status: 'PAUSED',
    });
    expect((await readPolicy(wl.db, IMPORTER))?.importEnabled).toBe(false);
    expect((await readPartner(wl.db, EXPORTER))?.peerUrl).toBe('https://new.localhost:1');
    expect(await readAppliedDocument(wl.db)).toBe('9');
  });

  test('pulled by twenty at once is applied once a revision, and the highest one wins', async () => {
    const documents = Array.from({ length: 20 }, (_, index) =>
      pullDocument({
        documentRevision: String(index % 10),
        policy: pulledPolicy({ revision: 1 + (index % 10) }),
        relationships: [pulledRelationship({ revision: 1 + (index % 10), fxRate: '1.5' })],
      }),
    );
    await Promise.all(documents.map((document) => apply(document)));
    expect((await readRelationship(wl.db, EXPORTER, IMPORTER))?.revision).toBe(10);
    expect((await readPolicy(wl.db, IMPORTER))?.revision).toBe(10);
    const revisions = await wl.db.selectFrom('applied_revision').selectAll().execute();
    const events = await wl.db.selectFrom('outbox').selectAll().execute();
    expect(events).toHaveLength(revisions.length);
    expect(await verifyAudit(wl.db)).not.toHaveProperty('brokenAt');
  });
});

describe('imported offers', () => {
  test('carry the local price, rounded half up, and are counted', async () => {
    await apply(pullDocument({ relationships: [pulledRelationship({ fxRate: '1.23456789' })] }));
    const counts = await applyOfferSync(wl.db, OWN, EXPORTER, [listed('a', 80_00n)]);
    expect(counts).toEqual({ imported: 1, updated: 0, disabled: 0 });
    expect(await offers()).toEqual([{ id: 'a', price: 98_77n, eligible: true, revision: 1 }]);
    const [row] = await listImportedOffers(wl.db, 1);
    expect(row).toMatchObject({ currency: 'XIM', origin_currency: 'XEX', fx_rate: '1.23456789' });
  });

  test('are repriced together with the change of the rate', async () => {
    await apply();
    await applyOfferSync(wl.db, OWN, EXPORTER, [listed('a', 3n), listed('b', 1_00n)]);
    const change = { revision: 2, fxRate: '0.33333333', commissionRate: '0.1' };
    await apply(pullDocument({ relationships: [pulledRelationship(change)] }));
    expect(await offers()).toEqual([
      { id: 'a', price: 1n, eligible: true, revision: 2 },
      { id: 'b', price: 33n, eligible: true, revision: 2 },
    ]);
    const [row] = await listImportedOffers(wl.db, 1);
    expect(row?.commission_rate).toBe('0.10000000');
  });

  test('whose price rounds to nothing can not be bought, until the rate grows', async () => {
    await apply(pullDocument({ relationships: [pulledRelationship({ fxRate: '0.1' })] }));
    await applyOfferSync(wl.db, OWN, EXPORTER, [listed('a', 4n)]);
    expect(await offers()).toEqual([{ id: 'a', price: 0n, eligible: false, revision: 1 }]);
    const change = { revision: 2, fxRate: '0.125' };
    await apply(pullDocument({ relationships: [pulledRelationship(change)] }));
    expect(await offers()).toEqual([{ id: 'a', price: 1n, eligible: true, revision: 2 }]);
  });

  test('that the exporter lists no more stay, but can not be bought; they may come back', async () => {
    await apply();
    await applyOfferSync(wl.db, OWN, EXPORTER, [listed('a', 1_00n), listed('b', 2_00n)]);
    const fewer = await applyOfferSync(wl.db, OWN, EXPORTER, [listed('b', 2_50n)]);
    expect(fewer).toEqual({ imported: 0, updated: 1, disabled: 1 });
    expect(await offers()).toEqual([
      { id: 'b', price: 2_50n, eligible: true, revision: 1 },
      { id: 'a', price: 1_00n, eligible: false, revision: 1 },
    ]);
    const back = await applyOfferSync(wl.db, OWN, EXPORTER, [
      listed('a', 1_00n),
      listed('b', 2_50n),
    ]);
    expect(back).toEqual({ imported: 0, updated: 1, disabled: 0 });
  });

  test('can not be bought while import is off, the feature is off or the pair is paused', async () => {
    await apply();
    await applyOfferSync(wl.db, OWN, EXPORTER, [listed('a', 1_00n)]);
    const features = { import: false, export: true, purchase: true };
    const rows = [
      { policy: pulledPolicy({ revision: 2, importEnabled: false }), eligible: false },
      { policy: pulledPolicy({ revision: 3 }), eligible: true },
      { policy: pulledPolicy({ revision: 4, features }), eligible: false },
      { policy: pulledPolicy({ revision: 5 }), eligible: true },
      { relationships: [pulledRelationship({ revision: 2, status: 'PAUSED' })], eligible: false },
    ];
    for (const { eligible, ...change } of rows) {
      await apply(pullDocument(change));
      expect((await offers())[0]?.eligible).toBe(eligible);
    }
  });

  test('take over the price that a refusal names, at once', async () => {
    await apply(pullDocument({ relationships: [pulledRelationship({ fxRate: '2' })] }));
    await applyOfferSync(wl.db, OWN, EXPORTER, [listed('a', 1_00n)]);
    const take = (id: string): Promise<boolean> =>
      inTransaction(wl.db, (tx) => takeOverPrice(tx, EXPORTER, id, minor(3_00n)));
    expect(await take('a')).toBe(true);
    expect(await take('unknown')).toBe(false);
    expect((await offers())[0]?.price).toBe(6_00n);
  });

  test('are paged eligible first, by title', async () => {
    await apply();
    const many = ['d', 'a', 'c', 'b'].map((id) => listed(id, 1_00n));
    await applyOfferSync(wl.db, OWN, EXPORTER, many);
    await applyOfferSync(wl.db, OWN, EXPORTER, many.slice(0, 3));
    const seen: string[] = [];
    let page = await listImportedOffers(wl.db, 1);
    while (page[0] !== undefined) {
      const { eligible, title, offer_id: offerId } = page[0];
      seen.push(page[0].origin_offer_id);
      page = await listImportedOffers(wl.db, 1, { eligible, title, offerId });
    }
    expect(seen).toEqual(['a', 'c', 'd', 'b']);
  });
});
