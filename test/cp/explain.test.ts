import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listHoldDecisions } from '../../db/wl/holds/decisions.ts';
import type { RefusalCode } from '../../domain/shared/codes.ts';
import { formatMinor } from '../../domain/shared/money.ts';
import { ANSWERS, REFUSALS } from '../purchase/scenarios/index.ts';
import { bought } from '../purchase/scenarios/scenario.ts';
import { startGovernedBench, type GovernedBench } from '../support/governed-bench.ts';
import type { PurchaseBench } from '../support/purchase-bench.ts';
import { EXPORTER, IMPORTER } from '../wl/documents.ts';
import {
  CASES,
  make,
  passTime,
  releaseAll,
  type Case,
  type Proposed,
  type Scene,
} from './explain-cases.ts';
import { refusalOf, type Stage } from './stage.ts';

/** For a machine that is busy with other tests. */
const LONG_MS = 120_000;
const DAY_SECONDS = 86_400;

interface Way {
  readonly change: Proposed & { readonly message: string };
  readonly further?: readonly Proposed[];
}

interface Explained extends Partial<Way> {
  readonly refused: boolean;
  readonly code?: RefusalCode;
  readonly party?: string;
  readonly alternatives?: readonly Way[];
  readonly inputs?: object;
  readonly revision?: object;
  readonly decidedAt?: string;
  readonly provenBy?: { readonly passes: boolean };
  readonly whyNot?: { readonly kind: string };
}

let governed: GovernedBench;
let bench: PurchaseBench;
let cp: Stage;
let support: string;

beforeAll(async () => {
  governed = await startGovernedBench();
  ({ bench, cp } = governed);
  ({ token: support } = await cp.person('support'));
}, LONG_MS);

afterAll(() => governed.stop(), LONG_MS);

async function explain(tradeId: string): Promise<Explained> {
  const path = `/admin/api/trades/${tradeId}/explain?importer=${IMPORTER}`;
  const { status, body, text } = await cp.ask({ path, token: support });
  if (status !== 200) throw new Error(`${status} ${text}`);
  return body as Explained;
}

async function sceneOf({ funds, wish, buy = {}, terms }: Case): Promise<Scene> {
  const [buyer, offer] = [await bench.buyer(funds), await bench.offer(wish)];
  const inForce = { exporter: {}, importer: {}, ...terms };
  if (terms?.exporter !== undefined) await bench.govern(terms.exporter);
  if (terms?.importer !== undefined) await bench.governImporter(terms.importer);
  return { governed, bench, buyer, offer, decidedAt: '', terms: inForce, buy: { ...buy } };
}

interface Bought {
  readonly status: string;
  readonly reason?: string;
  readonly tradeId: string;
}

async function buyIn({ buyer, offer, buy }: Scene): Promise<Bought> {
  const { body } = await bench.buy(buyer, offer, buy);
  return body as Bought;
}

const nameOf = ({ code, name }: Case): string => [code, name].filter(Boolean).join(', ');

describe('what is proposed, once it is made, confirms the purchase', () => {
  test.each(CASES.map((one) => [nameOf(one), one] as const))(
    '%s',
    async (_name, one) => {
      const scene = await sceneOf(one);
      try {
        await proveWayOut(scene, one);
      } finally {
        await restore(scene, one);
      }
    },
    LONG_MS,
  );
});

async function proveWayOut(scene: Scene, one: Case): Promise<void> {
  await one.upset?.(scene);
  const refused = await buyIn(scene);
  expect(refused).toMatchObject({ status: 'REJECTED', reason: one.code });

  const told = await explain(refused.tradeId);
  expect(told).toMatchObject({
    ...{ refused: true, code: one.code, party: one.party },
    provenBy: { passes: true },
  });
  const { change, further = [] } = wayOf(told, one);
  expect(change.message).not.toMatch(/[{}]|undefined/);
  const decided = { ...scene, decidedAt: told.decidedAt ?? '' };
  for (const each of [change, ...further]) await make(decided, each);

  const again = await buyIn(decided);
  expect(again).toMatchObject({ status: 'CONFIRMED' });
  expect(await explain(again.tradeId)).toMatchObject({ refused: false });
}

function wayOf({ change, further = [], alternatives = [] }: Explained, { way }: Case): Way {
  if (change === undefined) throw new Error('no change is proposed');
  const ways = [{ change, further }, ...alternatives];
  const found = ways.find((one) => way === undefined || one.change.kind === way);
  if (found === undefined) throw new Error(`${way} is not proposed`);
  return found;
}

/** Releases what a case left open; the books are looked at once, behind all of them. */
async function restore({ terms }: Scene, { terms: before, way }: Case): Promise<void> {
  await releaseAll(bench);
  if (way === 'RAISE_CAP') await bench.exporter.restartGateway({});
  // By reference: a change that was made is another object than the case began with.
  const isTouched = (party: 'exporter' | 'importer') =>
    before?.[party] !== undefined || Object.keys(terms[party]).length > 0;
  if (isTouched('exporter')) await bench.govern({});
  if (isTouched('importer')) await bench.governImporter({});
}

/** Nothing in the way. */
const PLAIN: Case = { code: 'LIMIT_EXCEEDED', party: 'exporter' };

const NO_WAY_OUT: Readonly<Partial<Record<RefusalCode, string>>> = {
  OFFER_NOT_FOUND: 'OFFER_IS_GONE',
  CANCELLED: 'IT_WAS_CANCELLED',
  EXPORTER_UNAVAILABLE: 'THE_EXPORTER_GAVE_NO_ANSWER',
  ENGINE_UNAVAILABLE: 'THE_ENGINE_WAS_AWAY',
};

describe('a refusal of a hold or without a decision', () => {
  const asked = REFUSALS.filter(
    ({ reason, from, variant }) =>
      ((reason !== null && Object.hasOwn(NO_WAY_OUT, reason)) ||
        reason === 'HOLD_EXPIRED' ||
        reason === 'HOLD_TAKEN' ||
        from === 'fund') &&
      (reason !== 'EXPORTER_UNAVAILABLE' || variant === 'not-an-answer'),
  );
  test.each(asked.map((one) => [`${one.reason ?? ''}`, one] as const))(
    '%s',
    async (reason, scenario) => {
      const told = await explain(await scenario.run(bench));
      expect(told).toMatchObject({ refused: true, code: reason });
      const whyNot = NO_WAY_OUT[reason as RefusalCode];
      expect(told.whyNot?.kind).toBe(whyNot);
      expect(told.change === undefined).toBe(whyNot !== undefined);
    },
    LONG_MS,
  );
});

test(
  'a deadline that passed names it, and what need not have waited',
  async () => {
    const deadline = ANSWERS.find(({ reason }) => reason === 'APPROVAL_EXPIRED');
    const late = (await deadline?.run(bench)) ?? '';
    expect(await explain(late)).toMatchObject({
      ...{ code: 'APPROVAL_EXPIRED', party: 'exporter', change: { kind: 'DECIDE_BEFORE' } },
      alternatives: [{ change: { field: 'approval.mode', from: 'MANUAL', to: 'AUTO' } }],
    });
  },
  LONG_MS,
);

test(
  'a rate that changed at the exporter first is told by both sides’ terms',
  async () => {
    await bench.govern({ relationship: { fxRate: '1.5' } });
    const tradeId = await bought(bench);
    expect(await explain(tradeId)).toMatchObject({
      ...{ code: 'PRICE_CHANGED', party: 'importer', step: 'terms' },
      change: { kind: 'ACCEPT_PRICE' },
      inputs: { fxRate: '1', 'held.fxRate': '1.5' },
    });
    await bench.govern({});
  },
  LONG_MS,
);

describe('refused behind the preflight, and bought again with the change', () => {
  const confirmOf = (reason: RefusalCode) =>
    ANSWERS.find((one) => one.reason === reason && one.from === 'confirm');

  test.each(['RELATIONSHIP_BLOCKED', 'RELATIONSHIP_MISSING', 'HOLD_EXPIRED'] as const)(
    '%s at the confirm',
    async (code) => {
      const scenario = confirmOf(code);
      const refused = (await scenario?.run(bench)) ?? '';
      const told = await explain(refused);
      expect(told).toMatchObject({ code, party: 'exporter', provenBy: { passes: true } });
      await againWith(told);
      await scenario?.end?.(bench, refused);
    },
    LONG_MS,
  );

  test(
    'what a person refused passes where nobody is asked, and where the person says yes',
    async () => {
      const approval = { mode: 'MANUAL', aboveAmount: '0.00' } as const;
      await bench.govern({ relationship: { approval } });
      const [buyer, offer] = [await bench.buyer(), await bench.offer()];
      const rejected = await waitingOf(buyer, offer);
      await bench.decide(rejected, 'reject');
      await bench.finished(rejected);
      const told = await explain(rejected);
      expect(told).toMatchObject({ code: 'MANUAL_REJECT', change: { kind: 'APPROVE' } });
      const approved = await waitingOf(buyer, offer);
      await bench.decide(approved, 'approve');
      expect(await bench.finished(approved)).toMatchObject({ state: 'CONFIRMED' });
      await againWith({ change: told.alternatives?.[0]?.change });
      await bench.govern({});
    },
    LONG_MS,
  );

  async function waitingOf(...what: [Scene['buyer'], Scene['offer']]): Promise<string> {
    const tradeId = await bench.request(...what);
    await bench.start(tradeId);
    await bench.until(tradeId, 'AWAITING_APPROVAL');
    return tradeId;
  }

  /** Makes the change as whoever may, and buys: nobody is asked, nothing refuses. */
  async function againWith({ change }: { readonly change?: Proposed | undefined }) {
    if (change === undefined) throw new Error('no change is proposed');
    const scene = await sceneOf(PLAIN);
    await make(scene, change);
    expect(await buyIn(scene)).toMatchObject({ status: 'CONFIRMED' });
  }
});

test('support, auditors and risk may ask; operators may not, and an unknown trade is not there', async () => {
  const path = `/admin/api/trades/00000000-0000-4000-8000-000000000000/explain`;
  const answers = await Promise.all(
    ['support', 'auditor', 'risk', 'operator'].map(async (role) =>
      refusalOf(await cp.ask({ path, token: (await cp.person(role)).token })),
    ),
  );
  expect(answers).toEqual([...Array.from({ length: 3 }, () => '404 NOT_FOUND'), '403 FORBIDDEN']);
});

describe('what if', () => {
  let token: string;
  beforeAll(async () => {
    ({ token } = await cp.person('risk'));
  });
  const whatIf = async (body: object) => {
    const pair = { src: EXPORTER, dst: IMPORTER };
    const path = '/admin/api/whatif';
    return cp.ask({ method: 'POST', path, token, body: { ...pair, ...body } });
  };

  test(
    'past purchases are decided again, with as much room as those before them leave',
    async () => {
      // Behind everything that the cases before have bought, some of it in times to come.
      await passTime(bench, DAY_SECONDS);
      const since = new Date(Date.now() + DAY_SECONDS * 1_000).toISOString();
      const { exposure_minor: before } = await bench.exporter.node.database.db
        .selectFrom('pair')
        .select('exposure_minor')
        .where('partner', '=', IMPORTER)
        .executeTakeFirstOrThrow();
      const room = (units: bigint): string => formatMinor(before + units * 80_00n);
      await bench.govern({ relationship: { limitAmount: room(2n) } });
      const trades: string[] = [];
      for (let nth = 0; nth < 3; nth += 1) {
        trades.push((await buyIn(await sceneOf(PLAIN))).tradeId);
      }
      const [first, second, third] = trades;
      expect(await decidedSince(since)).toEqual([[third, second], [first]]);
      const same = await whatIf({ since });
      expect(same.body).toMatchObject({ rerun: 3, unrecorded: 0, flipped: 0, truncated: false });
      const more = await whatIf({ since, limitAmount: room(3n) });
      expect(more.body).toMatchObject({
        flips: [{ tradeId: third, before: 'LIMIT_EXCEEDED', after: null, amount: '80.00' }],
        gained: [{ amount: '80.00', currency: 'XEX' }],
        avoided: [{ amount: '0.00', currency: 'XEX' }],
      });
      const less = await whatIf({ since, limitAmount: room(1n) });
      expect(less.body).toMatchObject({
        flips: [{ tradeId: second, before: null, after: 'LIMIT_EXCEEDED', confirmed: true }],
        avoided: [{ amount: '80.00', currency: 'XEX' }],
      });
      const denied = await whatIf({ since, exportPolicy: { exclude_categories: ['7'] } });
      // The third was refused by the limit, and is refused by the policy now: no flip.
      expect(denied.body).toMatchObject({ flipped: 2, avoided: [{ amount: '160.00' }] });
      const dearer = await whatIf({ since, fxRate: '1.5' });
      expect(dearer.body).toMatchObject({
        ...{ flipped: 0, paid: [{ before: '160.00', after: '240.00', currency: 'XIM' }] },
      });
      await everyPair(since, { limitAmount: room(1n) }, second);
      expect((await whatIf({ since, until: since })).body).toMatchObject({ rerun: 0 });
    },
    LONG_MS,
  );

  /** Trades of the exporter's holds, two a page. */
  async function decidedSince(since: string): Promise<(string | null)[][]> {
    const { db } = bench.exporter.node.database;
    const until = new Date('9999-12-31T00:00:00.000Z');
    const page = { partner: IMPORTER, since: new Date(since), until, limit: 2 };
    const newest = await listHoldDecisions(db, page);
    const last = newest.at(-1);
    const after = last && { at: last.at, id: last.holdId };
    const older = await listHoldDecisions(db, { ...page, after });
    return [newest, older].map((rows) => rows.map(({ tradeId }) => tradeId));
  }

  /** Another pair beside ours, of a white label that nobody reaches. */
  async function everyPair(since: string, change: object, flipped = ''): Promise<void> {
    const path = '/admin/api/wls';
    const made = await cp.ask({ method: 'POST', path, token: cp.master, body: { name: 'away' } });
    const { id: away } = made.body as { id: string };
    await governed.change(`/admin/api/relationships/${away}/${IMPORTER}`, {
      ...{ fxRate: '2', limitAmount: '1.00' },
    });
    const asked = { method: 'POST', path: '/admin/api/whatif', token } as const;
    const every = await cp.ask({ ...asked, body: { since, ...change } });
    const { pairs } = every.body as { pairs: { src: string; unanswered: boolean }[] };
    const unanswered = Object.fromEntries(pairs.map((pair) => [pair.src, pair.unanswered]));
    expect(unanswered).toEqual({ [EXPORTER]: false, [away]: true });
    expect(every.body).toMatchObject({
      ...{ src: null, dst: null, truncated: false, pairsLeftOut: false, flipped: 1 },
      flips: [{ src: EXPORTER, dst: IMPORTER, tradeId: flipped, currency: 'XEX' }],
      avoided: [{ amount: '80.00', currency: 'XEX' }],
    });
    const own = await cp.ask({ ...asked, body: { src: EXPORTER, since, ...change } });
    expect(own.body).toMatchObject({ pairs: [{ dst: IMPORTER }], flipped: 1 });
    const named = await cp.ask({ ...asked, body: { src: away, dst: IMPORTER, since } });
    expect(named.status).toBe(503);
  }

  test('is for risk, and refuses what it does not know', async () => {
    const body = { src: EXPORTER, dst: IMPORTER, since: new Date().toISOString() };
    const path = '/admin/api/whatif';
    expect(refusalOf(await cp.ask({ method: 'POST', path, token: support, body }))).toBe(
      '403 FORBIDDEN',
    );
    expect(refusalOf(await whatIf({ since: body.since, limit: '1.00' }))).toBe(
      '422 VALIDATION_FAILED',
    );
  });
});

test(
  'and with all of that nothing is open, and the books agree',
  async () => {
    await releaseAll(bench);
    expect(await bench.calm()).toEqual([]);
  },
  LONG_MS,
);
