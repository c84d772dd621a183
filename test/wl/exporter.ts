import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import { cancelHold } from '../../db/wl/holds/cancel.ts';
import { confirmHold, type ConfirmRequest } from '../../db/wl/holds/confirm.ts';
import { preflight, type ExporterSettings } from '../../db/wl/holds/preflight.ts';
import { createOffer } from '../../db/wl/offers.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import type { PulledPolicy, PulledRelationship } from '../../domain/policy/pull-document.ts';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { minor } from '../../domain/shared/money.ts';
import type { TestWl } from './database.ts';
import { EXPORTER, IMPORTER, pullDocument, pulledPolicy, pulledRelationship } from './documents.ts';

/** A third WL, for trades that are nobody else's business. */
export const OTHER = '7d0c4f52-6f3e-4f2a-9a66-0f6c1c1f7a01';
export const SETTINGS: ExporterSettings = {
  wlId: EXPORTER,
  currency: 'XEX',
  holdTtlSeconds: 90,
  approvalTtlSeconds: 86_400,
  holdsPerImporter: 500,
  holdsPerBuyer: 500,
};
const CONTEXT = { actor: 'test', source: 'test', correlationId: 'test' };

export interface PreflightWish {
  readonly tradeId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly requester?: string;
  readonly originOfferId: string;
  readonly unitPrice?: bigint;
  readonly quantity?: number;
  readonly buyerRef?: string;
  readonly settings?: Partial<ExporterSettings>;
}

/** An exporter over a database of its own, with the calls that a partner makes. */
export interface TestExporter {
  readonly wl: TestWl;
  offer(stock: number, unitPriceMinor?: bigint): Promise<string>;
  preflight(wish: PreflightWish): Promise<TraderAnswer>;
  /** A HELD answer for a new trade; anything else fails the test. */
  hold(wish: PreflightWish): Promise<TraderAnswer & { holdId: string; tradeId: string }>;
  confirm(
    held: { readonly tradeId: string; readonly holdId: string },
    change?: Partial<ConfirmRequest>,
  ): Promise<TraderAnswer>;
  cancel(tradeId: string, holdId?: string): Promise<TraderAnswer>;
  /** Puts the next revision into force; the first relationship is 1:1, HARD, ABOVE 1,000.00. */
  relate(change: Partial<PulledRelationship>, policy?: Partial<PulledPolicy>): Promise<void>;
  moveClock(seconds: number): Promise<void>;
}

/** Prepares policy and relationships of an exporter in an empty database. */
export async function createExporter(wl: TestWl): Promise<TestExporter> {
  let revision = 0;
  const relate: TestExporter['relate'] = async (change, policy = {}) => {
    revision += 1;
    const terms = { revision, limitAmount: '1000000.00', ...change };
    await applyPullDocument(
      wl.db,
      pullDocument({
        wlId: EXPORTER,
        documentRevision: String(revision),
        policy: pulledPolicy({ revision, ...policy }),
        relationships: [pulledRelationship(terms), pulledRelationship({ ...terms, dst: OTHER })],
        partners: [IMPORTER, OTHER].map((wlId) => ({ wlId, name: 'partner', currency: 'XIM' })),
      }),
      { wlId: EXPORTER, currency: 'XEX', correlationId: 'test' },
    );
  };
  await relate({});
  const ask = async (wish: PreflightWish): Promise<TraderAnswer> =>
    preflight(
      wl.db,
      { ...SETTINGS, ...wish.settings },
      {
        requester: wish.requester ?? IMPORTER,
        ...(wish.requestId === undefined
          ? { tradeId: wish.tradeId ?? randomUUID() }
          : { requestId: wish.requestId }),
        originOfferId: wish.originOfferId,
        expectedUnitPrice: minor(wish.unitPrice ?? PRICE),
        quantity: wish.quantity ?? 1,
        requesterTraderId: 'trader-1',
        buyerRef: wish.buyerRef,
        buyerMasked: 'qa***@xpory.local',
        correlationId: 'test',
      },
    );
  return {
    wl,
    relate,
    preflight: ask,
    offer: (stock, unitPriceMinor = PRICE) => addOffer(wl, stock, unitPriceMinor),
    async hold(wish) {
      const answer = await ask(wish);
      const { holdId, tradeId = '' } = answer;
      if (answer.status !== 'HELD' || holdId === undefined) {
        throw new Error(`it was expected to be held: ${JSON.stringify(answer)}`);
      }
      return { ...answer, holdId, tradeId };
    },
    confirm: ({ tradeId, holdId }, change = {}) =>
      confirmHold(wl.db, SETTINGS, {
        ...{ requester: IMPORTER, tradeId, holdId, quantity: 1, unitPrice: minor(PRICE) },
        correlationId: 'test',
        ...change,
      }),
    cancel: (tradeId, holdId) =>
      cancelHold(wl.db, SETTINGS, { requester: IMPORTER, tradeId, holdId, correlationId: 'test' }),
    async moveClock(seconds) {
      await sql`UPDATE clock_offset SET offset_ms = offset_ms + ${seconds * 1_000}::bigint`.execute(
        wl.db,
      );
    },
  };
}

/** 80.00 XEX, what an offer costs unless told. */
export const PRICE = 80_00n;

async function addOffer(wl: TestWl, stock: number, unitPriceMinor: bigint): Promise<string> {
  const made = await createOffer(
    wl.db,
    {
      title: 'Diária em hotel na serra',
      category: { id: '7', name: 'Turismo' },
      entity: { id: 'e1', name: 'Hotel da Serra' },
      unitPriceMinor,
      currency: 'XEX',
      available: stock,
      status: 'ENABLED',
      createdAt: new Date('2026-01-01T00:00:00.000Z'),
    },
    CONTEXT,
  );
  if (!made.ok) throw new Error(made.code);
  return made.value.offer_id;
}

export interface Counters {
  readonly offers: readonly Record<string, unknown>[];
  readonly pairs: readonly Record<string, unknown>[];
  readonly postings: readonly Record<string, unknown>[];
  readonly balances: readonly Record<string, unknown>[];
  readonly limits: readonly Record<string, unknown>[];
  readonly transitions: readonly Record<string, unknown>[];
}

/**
 * Rows that contradict each other, by invariant: counters against rows and journals (14, 18),
 * admissions against their limit (14), postings against zero (5), balances against postings (19),
 * versions without gaps (6). All lists are empty in books that hold.
 */
export async function contradictions({ db }: TestWl): Promise<Counters> {
  const rows = async (query: ReturnType<typeof sql<Record<string, unknown>>>) =>
    (await query.execute(db)).rows;
  return {
    offers: await rows(sql`
      SELECT o.offer_id, o.used, o.stock, h.held, j.used AS journal_used, j.stock AS journal_stock
        FROM offer o
        LEFT JOIN LATERAL (
          SELECT coalesce(sum(quantity), 0)::integer AS held FROM hold
           WHERE offer_id = o.offer_id AND amount_minor IS NOT NULL
             AND state IN ('HELD', 'PENDING_APPROVAL', 'CAPTURED')) h ON true
        LEFT JOIN LATERAL (
          SELECT coalesce(sum(used_delta), 0)::integer AS used,
                 coalesce(sum(stock_delta), 0)::integer AS stock
            FROM stock_journal WHERE offer_id = o.offer_id) j ON true
       WHERE o.used <> h.held OR o.used <> j.used OR o.stock <> j.stock OR o.used > o.stock`),
    pairs: await rows(sql`
      SELECT p.partner, p.exposure_minor, h.amount, j.delta
        FROM pair p
        LEFT JOIN LATERAL (
          SELECT coalesce(sum(amount_minor), 0)::bigint AS amount FROM hold
           WHERE requester = p.partner
             AND state IN ('HELD', 'PENDING_APPROVAL', 'CAPTURED')) h ON true
        LEFT JOIN LATERAL (
          SELECT coalesce(sum(delta_minor), 0)::bigint AS delta FROM exposure_journal
           WHERE partner = p.partner) j ON true
       WHERE p.exposure_minor <> h.amount OR p.exposure_minor <> j.delta`),
    limits: await rows(sql`
      SELECT * FROM (
        SELECT *, sum(delta_minor) OVER (PARTITION BY partner ORDER BY entry_id) AS running
          FROM exposure_journal) j
       WHERE running <> exposure_minor
          OR (kind = 'HOLD' AND limit_mode = 'HARD' AND exposure_minor > limit_minor)`),
    postings: await rows(sql`
      SELECT transaction_id, currency, sum(amount_minor)::text AS total FROM posting
       GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0`),
    balances: await rows(sql`
      SELECT b.account, b.currency, b.amount_minor, p.total FROM balance b
        LEFT JOIN LATERAL (
          SELECT coalesce(sum(amount_minor), 0)::bigint AS total FROM posting
           WHERE account = b.account AND currency = b.currency) p ON true
       WHERE b.amount_minor <> p.total OR b.amount_minor < 0`),
    transitions: await rows(sql`
      SELECT h.hold_id FROM hold h
        LEFT JOIN hold_transition t USING (hold_id)
       GROUP BY h.hold_id
      HAVING count(*) <> h.version OR max(t.version) <> h.version`),
  };
}

/** What `contradictions` answers where there are none. */
export const CONSISTENT: Counters = {
  offers: [],
  pairs: [],
  limits: [],
  postings: [],
  balances: [],
  transitions: [],
};

/** Throws where the books contradict each other; for hooks, which have no expectations. */
export async function assertConsistent(wl: TestWl): Promise<void> {
  const found = Object.entries(await contradictions(wl)).filter(([, rows]) => rows.length > 0);
  if (found.length > 0) throw new Error(`contradictions: ${inspect(found, { depth: null })}`);
}
