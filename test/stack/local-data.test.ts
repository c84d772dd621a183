import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../db/migrator.ts';
import { WL_MIGRATIONS } from '../../db/wl/migrations.ts';
import { EXPORTER_CATALOGUE } from '../../stack/local-data/catalogue.ts';
import { ensureLocalData } from '../../stack/local-data/seed.ts';
import type { SeedTarget } from '../../stack/local-data/seed.ts';
import { EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { startPostgres } from '../../stack/postgres/postgres.ts';
import type { PostgresHandle } from '../../stack/postgres/postgres.ts';
import { freePort, testFolder } from './setup.ts';
import type { TestFolder } from './setup.ts';

const APPROVAL_ABOVE = 1_000;
const byTitle = (a: { title: string }, b: { title: string }): number =>
  Buffer.compare(Buffer.from(a.title), Buffer.from(b.title));

describe('the exporter’s catalogue', () => {
  const { offers } = EXPORTER_CATALOGUE;

  test('is large enough for the run book', () => {
    expect(offers.length).toBeGreaterThanOrEqual(60);
    expect(new Set(offers.map((offer) => offer.entityId)).size).toBeGreaterThanOrEqual(6);
    const categories = new Set(offers.map((offer) => offer.categoryId));
    expect(categories.size).toBeGreaterThanOrEqual(8);
    expect(categories).toContain('15');
    expect(offers.some((offer) => offer.status === 'DISABLED')).toBe(true);
    expect(offers.some((offer) => offer.stock === 0)).toBe(true);
    expect(offers.every((offer) => offer.stock >= 0 && offer.stock <= 50)).toBe(true);
  });

  test('its first 20 outside category 15 need approvals and stay affordable', () => {
    const first = offers
      .filter((offer) => offer.categoryId !== '15' && offer.stock > 2)
      .filter((offer) => offer.status === 'ENABLED')
      .toSorted(byTitle)
      .slice(0, 20)
      .map((offer) => Number(offer.unitPrice));
    expect(first).toHaveLength(20);
    expect(first.filter((price) => price > APPROVAL_ABOVE).length).toBeGreaterThanOrEqual(4);
    expect(first.reduce((sum, price) => sum + price, 0)).toBeLessThan(60_000);
  });
});

describe('writing the local data', () => {
  let folder: TestFolder;
  let server: PostgresHandle;

  beforeAll(async () => {
    folder = await testFolder();
    const databases = ['wl_exporter', 'wl_importer'];
    const options = { dataDir: folder.path, port: await freePort(), databases, fsync: false };
    server = await startPostgres(options);
    for (const name of databases) await migrate(server.urlFor(name), WL_MIGRATIONS);
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  function target(party: SeedTarget['party']): SeedTarget {
    return {
      party,
      databaseUrl: server.urlFor(party.database),
      seal: { keys: [{ id: 'k1', key: randomBytes(32) }], indexKey: randomBytes(32) },
    };
  }

  async function rows(database: string, text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: server.urlFor(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  test('a second start writes nothing over what has become of it', async () => {
    await ensureLocalData(target(EXPORTER));
    await rows(EXPORTER.database, `UPDATE offer SET unit_price_minor = 1 WHERE offer_id = '5001'`);
    const look = `SELECT (SELECT count(*) FROM offer) AS offers, (SELECT count(*) FROM audit) AS audit,
      (SELECT unit_price_minor FROM offer WHERE offer_id = '5001') AS price`;
    const before = await rows(EXPORTER.database, look);
    await ensureLocalData(target(EXPORTER));
    expect(await rows(EXPORTER.database, look)).toEqual(before);
    expect(before[0]).toMatchObject({
      offers: BigInt(EXPORTER_CATALOGUE.offers.length),
      price: 1n,
    });
  });

  test('the members have the run book’s funds, once', async () => {
    await ensureLocalData(target(IMPORTER));
    await ensureLocalData(target(IMPORTER));
    const balances = await rows(
      IMPORTER.database,
      `SELECT account, currency, amount_minor FROM balance ORDER BY account, currency`,
    );
    expect(balances).toEqual(
      expect.arrayContaining([
        { account: 'member:8780', currency: 'XIM', amount_minor: 10_000_000n },
        { account: 'member:8780', currency: 'BRL', amount_minor: 1_000_000n },
        { account: 'member:90805', currency: 'XIM', amount_minor: 500_000n },
        { account: 'member:90805', currency: 'BRL', amount_minor: 500_000n },
      ]),
    );
    expect(balances.some(({ account }) => account === 'member:90807')).toBe(false);
  });

  test('no e-mail or phone of a member stands in the clear', async () => {
    const accounts = JSON.stringify(await rows(IMPORTER.database, 'SELECT * FROM account'));
    expect(accounts).not.toContain('qa.preflight@xpory.local');
    expect(accounts).not.toContain('90000');
    expect(accounts).toContain('qa***@xpory.local');
  });
});
