import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql, type Kysely } from 'kysely';
import { verifyAudit } from '../../db/audit.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { lastSettlement } from '../../db/wl/settlements.ts';
import type { PulledSettlement } from '../../domain/policy/pull-document.ts';
import { startWlDatabases, type TestServer } from './database.ts';
import { EXPORTER, IMPORTER, pullDocument } from './documents.ts';

let server: TestServer;
const parties: Record<string, { db: Kysely<WlTables>; wlId: string; currency: string }> = {};

beforeAll(async () => {
  server = await startWlDatabases(['exporter', 'importer']);
  parties['exporter'] = { db: server.open('exporter').db, wlId: EXPORTER, currency: 'XEX' };
  parties['importer'] = { db: server.open('importer').db, wlId: IMPORTER, currency: 'XIM' };
}, 60_000);
afterAll(() => server.stop());
beforeEach(async () => {
  for (const { db } of Object.values(parties)) {
    await sql`TRUNCATE settlement, posting, ledger_transaction, exposure_journal, pair, outbox,
      control_document`.execute(db);
  }
});

const ID = (n: number): string => `b0000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function settlement(n: number, change: Partial<PulledSettlement> = {}): PulledSettlement {
  return {
    ...{ number: String(n), id: ID(n), src: EXPORTER, dst: IMPORTER },
    ...{ amount: '240.00', rate: '1.23456789', ...change },
  };
}

type Name = 'exporter' | 'importer';

async function pull(name: Name, settlements: readonly PulledSettlement[]): Promise<void> {
  const party = parties[name];
  if (party === undefined) throw new Error(name);
  const { db, wlId, currency } = party;
  const document = pullDocument({ wlId, settlements });
  await applyPullDocument(db, document, { wlId, currency, correlationId: 'test' });
}

async function book(name: Name) {
  const db = parties[name]?.db as Kysely<WlTables>;
  const { rows } = await sql<{ line: string }>`
    SELECT concat(account, ' ', sum(amount_minor), ' ', currency,
             ' origin ' || sum(origin_minor) || ' ' || max(origin_currency)) AS line
      FROM posting GROUP BY account, currency ORDER BY account`.execute(db);
  const pairs = await db.selectFrom('pair').select(['partner', 'exposure_minor']).execute();
  return {
    lines: rows.map(({ line }) => line.trim()),
    exposure: pairs.map(({ exposure_minor }) => exposure_minor),
    last: await lastSettlement(db),
  };
}

/** Amount and rate in; what stands in the two books out. */
const FIGURES = [
  { amount: '240.00', rate: '1.23456789', payee: 24_000n, payer: 29_630n },
  { amount: '100.00', rate: '1', payee: 10_000n, payer: 10_000n },
  // 0.01 at one half is half a minor unit: half up.
  { amount: '0.01', rate: '0.5', payee: 1n, payer: 1n },
  { amount: '33.33', rate: '0.33333333', payee: 3_333n, payer: 1_111n },
  { amount: '999999.99', rate: '123.45678901', payee: 99_999_999n, payer: 12_345_678_778n },
] as const;

describe('a settlement', () => {
  test.each(FIGURES)(
    'of $amount at $rate lowers debt and exposure at the payee, raises exposure at the payer',
    async ({ amount, rate, payee, payer }) => {
      const one = settlement(1, { amount, rate });
      await pull('importer', [one]);
      await pull('exporter', [one]);
      expect(await book('importer')).toEqual({
        lines: [
          `payable:${EXPORTER} ${-payer} XIM origin ${-payee} XEX`,
          `settlement:${EXPORTER} ${payer} XIM`,
        ],
        exposure: [payer],
        last: 1n,
      });
      expect(await book('exporter')).toEqual({
        lines: [`receivable:${IMPORTER} ${payee} XEX`, `settlement:${IMPORTER} ${-payee} XEX`],
        exposure: [-payee],
        last: 1n,
      });
    },
  );

  test('is journaled and audited in its transaction', async () => {
    const { db } = parties['importer'] as { db: Kysely<WlTables> };
    await pull('importer', [settlement(41, { number: '1' })]);
    const journal = await db.selectFrom('exposure_journal').selectAll().execute();
    expect(journal).toMatchObject([
      { kind: 'SETTLEMENT_PAID', reference: ID(41), delta_minor: 29_630n, exposure_minor: 29_630n },
    ]);
    const audit = await db
      .selectFrom('audit')
      .selectAll()
      .where('subject', '=', `settlement/${ID(41)}`)
      .execute();
    expect(audit).toMatchObject([
      { actor: 'control-plane', action: 'settlement.apply', after: { amount: '240.00' } },
    ]);
    expect(await verifyAudit(db)).not.toHaveProperty('brokenAt');
  });

  test('that comes again, alone or with newer ones, counts once', async () => {
    await pull('exporter', [settlement(1)]);
    await pull('exporter', [settlement(1)]);
    await pull('exporter', [settlement(2), settlement(1)]);
    expect(await book('exporter')).toMatchObject({ exposure: [-48_000n], last: 2n });
  });

  test('pulled by eight at once is applied once, and none is passed by', async () => {
    const all = [1, 2, 3, 4].map((n) => settlement(n, { amount: '1.00' }));
    const pulls = Array.from({ length: 8 }, (_, index) => all.slice(0, 1 + (index % 4)));
    await Promise.all(pulls.map((page) => pull('importer', page)));
    expect(await book('importer')).toMatchObject({ exposure: [4n * 123n], last: 4n });
  });

  test('that can not be booked yet keeps those behind it waiting, and the policies come', async () => {
    const { db } = parties['importer'] as { db: Kysely<WlTables> };
    const stranger = 'c0000000-0000-4000-8000-000000000001';
    const page = [settlement(1), settlement(2, { src: stranger }), settlement(3)];
    await expect(pull('importer', page)).rejects.toThrow(/currency/);
    expect(await lastSettlement(db)).toBe(1n);
    const partner = { wl_id: stranger, name: 'late', currency: 'XLA' };
    await db
      .insertInto('partner')
      .values({ ...partner, peer_url: null })
      .execute();
    await pull('importer', page);
    expect(await book('importer')).toMatchObject({ last: 3n });
  });
});
