import { sql } from 'kysely';
import { verifyMember } from '../../db/wl/accounts.ts';
import { listRelationships, readPartner } from '../../db/wl/governance.ts';
import { expireDue } from '../../db/wl/holds/expire.ts';
import { listPending } from '../../db/wl/holds/read.ts';
import {
  applyOfferSync,
  hasMoreOffersThan,
  listImportedOffers,
  repriceBatch,
} from '../../db/wl/imported-offers.ts';
import { listOffers } from '../../db/wl/offers.ts';
import { forgetSent, markSent, nextUnsent, outboxLag } from '../../db/wl/outbox.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import { unfinishedSignals } from '../../db/wl/signals.ts';
import { openPurchases } from '../../db/wl/trades/figures.ts';
import { forgetOldKeys, listOpenTrades, listUnstarted } from '../../db/wl/trades/read.ts';
import { inTransaction } from '../../db/pool.ts';
import type { Work } from './measure.ts';
import {
  confirm,
  fund,
  nextPurchase,
  OWN,
  request,
  reserve,
  settle,
  type Books,
  type Purchase,
} from './purchase.ts';
import { documentOf, listing, partnerId } from './white-label.ts';

/** A white label as it is measured. */
export interface WlSubject extends Books {
  /** The purchase that its steps are at. */
  current?: Purchase;
}

/** Behind those that the filling has made: none is within another's cool-down. */
const FIRST_TURN = 300;
const PURCHASES = 20;
const POLLS = 20;
const TIDY = { times: 3 };
const RELAYED = 40;
/** Of activities/upkeep: what is looked for, and how much of it at once. */
const [SWEEP_IDLE_SECONDS, SWEEP_ROWS, WATCH_FROM_MS, WATCH_TO_MS, WATCH_ROWS] = [
  10, 5_000, 1_000, 15_000, 50,
];
const [KEY_HOURS, SENT_DAYS, TIDY_ROWS, PAGE] = [24, 30, 2_000, 200];

const current = ({ current: purchase }: WlSubject): Purchase => {
  if (purchase === undefined) throw new Error('the first step makes the purchase');
  return purchase;
};

/** The statements of a purchase in both books, in their order, without the network and the engine. */
const purchase: Work<WlSubject> = {
  name: 'purchase',
  place: 'path',
  times: PURCHASES,
  steps: [
    {
      name: 'account and partner',
      async run(books, turn) {
        books.current = nextPurchase(books, FIRST_TURN + turn);
        await verifyMember(books.db, books.current.account, 'another');
        await readPartner(books.db, books.current.partner);
      },
    },
    { name: 'request', run: (books) => request(books, current(books)) },
    { name: 'preflight', run: (books) => reserve(books, current(books)) },
    { name: 'fund', run: (books) => fund(books, current(books)) },
    { name: 'confirm', run: (books) => confirm(books, current(books)) },
    { name: 'settle', run: (books) => settle(books, current(books)) },
  ],
};

function beside(
  name: string,
  run: (subject: WlSubject, turn: number) => Promise<unknown>,
  more: Partial<Pick<Work<WlSubject>, 'times' | 'linearIn'>> = {},
): Work<WlSubject> {
  return { name, place: 'beside', times: POLLS, ...more, steps: [{ name, run }] };
}

async function relay({ db }: Books): Promise<void> {
  const rows = await nextUnsent(db, RELAYED);
  await markSent(
    db,
    rows.map(({ event_id: eventId }) => ({ eventId, result: 'ACCEPTED' })),
  );
}

const ALL_OFFERS = { linearIn: ['offers'], times: 1 } as const;

export const WL_WORKS: readonly Work<WlSubject>[] = [
  purchase,
  beside(`relay: ${RELAYED} events read and marked`, relay, { times: 2 }),
  beside('relay: lag', ({ db }) => outboxLag(db)),
  beside(
    'relay: forget what was sent long ago',
    ({ db }) => forgetSent(db, { days: SENT_DAYS, limit: TIDY_ROWS }),
    TIDY,
  ),
  beside('watch of unstarted purchases', ({ db }) =>
    listUnstarted(db, { fromMs: WATCH_FROM_MS, toMs: WATCH_TO_MS, limit: WATCH_ROWS }),
  ),
  beside('sweep: open trades', ({ db }) =>
    listOpenTrades(db, { idleSeconds: SWEEP_IDLE_SECONDS, limit: SWEEP_ROWS }),
  ),
  beside('sweep: pending approvals', ({ db }) => listPending(db, { limit: PAGE, offset: 0 })),
  beside('sweep: unfinished signals', ({ db }) => unfinishedSignals(db, PAGE)),
  beside('tidy: holds that are due', ({ db }) => expireDue(db, { all: true })),
  beside(
    'tidy: keys of old trades',
    ({ db }) => forgetOldKeys(db, { keepHours: KEY_HOURS, limit: TIDY_ROWS }),
    TIDY,
  ),
  beside('metrics: open purchases', ({ db }) => openPurchases(db)),
  beside('exporter: first page of offers', ({ db }) => listOffers(db, { limit: PAGE })),
  beside('exporter: a later page of offers', ({ db, offers }) =>
    listOffers(db, { limit: PAGE, after: offers[offers.length - PAGE] }),
  ),
  beside('buyers: first page of offers', ({ db }) => listImportedOffers(db, PAGE)),
  beside('buyers: a later page of offers', async ({ db }) => {
    await listImportedOffers(db, PAGE, { eligible: true, title: 'Curso de violão 5', offerId: '' });
  }),
  beside(
    'importer: a sync in which nothing changed',
    ({ db, imported }) => applyOfferSync(db, OWN, partnerId(0), listing(imported.length)),
    ALL_OFFERS,
  ),
  beside('signal: is the pair a large one', ({ db }) =>
    inTransaction(db, (tx) => hasMoreOffersThan(tx, partnerId(0), 500)),
  ),
  beside(
    'signal: 500 offers judged anew',
    ({ db, imported }) =>
      inTransaction(db, (tx) =>
        repriceBatch(tx, OWN, {
          ...{ exporter: partnerId(0), limit: 500 },
          after: imported[Math.floor(imported.length / 2)] ?? '',
        }),
      ),
    { times: 2 },
  ),
  beside('pull: the plan of a sync', ({ db }) => listRelationships(db), { linearIn: ['pairs'] }),
  beside(
    'pull: a document in which nothing changed',
    ({ db, partners }) =>
      applyPullDocument(db, documentOf(partners.length), { ...OWN, correlationId: 'bench' }),
    { linearIn: ['pairs'], times: 1 },
  ),
  beside('clock', async ({ db }) => sql`SELECT clock()`.execute(db)),
];
