import { randomUUID } from 'node:crypto';
import { creditAccount, updateAccount } from '../../db/wl/accounts.ts';
import { updateOffer, type OfferPatch } from '../../db/wl/offers.ts';
import type { ChangeKind, Figure } from '../../domain/purchase/explain/change.ts';
import type { RefusalCode } from '../../domain/shared/codes.ts';
import { formatMinor, parseMinor } from '../../domain/shared/money.ts';
import { dropRelationship } from '../purchase/scenarios/refusals.ts';
import { policyPath, RELATIONSHIP_PATH, type GovernedBench } from '../support/governed-bench.ts';
import {
  PRICE,
  type BenchOffer,
  type BuyChange,
  type Buyer,
  type OfferWish,
  type PurchaseBench,
  type Terms,
} from '../support/purchase-bench.ts';
import { EXPORTER, IMPORTER } from '../wl/documents.ts';

/** A change as the Control Plane proposes it. */
export interface Proposed {
  readonly kind: ChangeKind;
  readonly field?: string;
  readonly to?: Figure;
  readonly by?: Figure;
  readonly currency?: string;
}

/** What a case works with, and what a change may alter. */
export interface Scene {
  readonly governed: GovernedBench;
  readonly bench: PurchaseBench;
  readonly buyer: Buyer;
  readonly offer: BenchOffer;
  readonly decidedAt: string;
  /** In force at the exporter and the importer. */
  terms: { exporter: Terms; importer: Terms };
  /** How the buyer buys. */
  buy: BuyChange;
}

export interface Case {
  readonly code: RefusalCode;
  readonly party: 'importer' | 'exporter';
  readonly name?: string;
  readonly funds?: bigint;
  readonly wish?: OfferWish;
  readonly buy?: BuyChange;
  readonly terms?: Partial<Scene['terms']>;
  /** Which of the ways out is gone; the smallest change unless it is named. */
  readonly way?: ChangeKind;
  readonly upset?: (scene: Scene) => Promise<unknown>;
}

export const CONTEXT = { actor: 'test', source: 'test', correlationId: 'test' };
const OTHER_WL = '11111111-1111-4111-8111-111111111111';
const HOUR_SECONDS = 3_600;
const LIST = { include_categories: [], entity_allowlist: [], entity_blocklist: [] };
/** The caps of a gateway that was started for the case alone. */
const FEW_HOLDS = '2';

const patched = (patch: OfferPatch) => (scene: Scene) =>
  updateOffer(scene.bench.exporter.node.database.db, scene.offer.originOfferId, patch, CONTEXT);

/** What the Control Plane has stopped, as far as this one has been told. */
const disabledAt =
  (wlId: string) =>
  ({ governed }: Scene): Promise<void> =>
    governed.signal('DISABLE', [wlId]);

/** Half of the price is room under the limit; the rest of it is a debt that can be paid. */
async function oweMost(scene: Scene): Promise<void> {
  const { governed, bench } = scene;
  await governed.tell();
  const pair = await bench.exporter.node.database.db
    .selectFrom('pair')
    .select('exposure_minor')
    .where('partner', '=', IMPORTER)
    .executeTakeFirstOrThrow();
  await relate(scene, { limitAmount: formatMinor(pair.exposure_minor + PRICE / 2n) });
}

/** Gateway of the exporter with so few holds, all of them taken. */
const crowded = (field: 'HOLDS_PER_BUYER' | 'HOLDS_PER_IMPORTER') =>
  async function crowd(scene: Scene): Promise<void> {
    await scene.bench.exporter.restartGateway({ [field]: FEW_HOLDS });
    await holdAll(scene);
  };

const holdsOfOthers: string[] = [];

async function holdAll({ bench, buyer, offer }: Scene): Promise<void> {
  const { exporter, database } = bench.importer.node;
  const buyerRef = database.sealer.index('buyer', buyer.accountId);
  holdsOfOthers.length = 0;
  const { holdsPerBuyer, holdsPerImporter } = bench.exporter.settings;
  for (let open = 0; open < Math.min(holdsPerBuyer, holdsPerImporter); open += 1) {
    const tradeId = randomUUID();
    holdsOfOthers.push(tradeId);
    await exporter.preflight(EXPORTER, {
      ...{ tradeId, buyerRef, requesterTraderId: 'importer', quantity: 1 },
      ...{ requesterWlId: IMPORTER, originOfferId: offer.originOfferId },
      ...{ expectedUnitPrice: '80.00', clientBuyerMasked: 'a***' },
    });
  }
}

const atExporter = (exporter: Terms) => ({ terms: { exporter }, party: 'exporter' }) as const;
const atImporter = (importer: Terms) => ({ terms: { importer }, party: 'importer' }) as const;
/** Every clause of it is against the offer. */
const AGAINST_ALL = {
  ...{ enabled: false, min_created_at: '2026-06-01T00:00:00.000Z' },
  ...{ exclude_categories: ['7'], include_categories: ['1'] },
  ...{ entity_blocklist: ['e1'], entity_allowlist: ['e2'] },
};
const features = { import: true, export: true, purchase: true };

/** Every refusal that a change undoes, as it comes about between real white labels. */
export const CASES: readonly Case[] = [
  // First: the Control Plane is told of purchases before others move the clocks.
  {
    ...{ code: 'LIMIT_EXCEEDED', party: 'exporter', name: 'settled', way: 'SETTLE' },
    upset: oweMost,
  },
  {
    code: 'RELATIONSHIP_MISSING',
    party: 'exporter',
    upset: ({ bench }) => dropRelationship(bench),
  },
  { code: 'RELATIONSHIP_BLOCKED', ...atExporter({ relationship: { status: 'BLOCKED' } }) },
  { code: 'RELATIONSHIP_PAUSED', ...atExporter({ relationship: { status: 'PAUSED' } }) },
  {
    ...{ code: 'SIGNAL_DISABLED', party: 'exporter', name: 'at the exporter' },
    upset: disabledAt(EXPORTER),
  },
  { code: 'EXPORT_DISABLED', ...atExporter({ policy: { exportEnabled: false } }) },
  {
    ...{ code: 'FEATURE_DISABLED', name: 'at the exporter' },
    ...atExporter({ policy: { features: { ...features, export: false } } }),
  },
  {
    code: 'NOT_VISIBLE',
    ...atExporter({ policy: { visibilityEnabled: true, visibilityWls: [OTHER_WL] } }),
  },
  {
    ...{ code: 'OFFER_DISABLED', party: 'exporter', name: 'switched off' },
    upset: patched({ status: 'DISABLED' }),
  },
  {
    code: 'EXPORT_DELAYED',
    wish: { createdAt: new Date() },
    ...atExporter({ policy: { exportDelaySeconds: HOUR_SECONDS } }),
  },
  {
    code: 'EXPORT_POLICY_DENIED',
    ...atExporter({
      relationship: { export_policy: { ...LIST, enabled: true, exclude_categories: ['1', '7'] } },
    }),
  },
  {
    ...{ code: 'EXPORT_POLICY_DENIED', name: 'by each of its clauses' },
    ...atExporter({ relationship: { export_policy: AGAINST_ALL } }),
  },
  {
    ...{ code: 'PRICE_CHANGED', party: 'exporter', name: 'at the exporter' },
    upset: patched({ unitPriceMinor: 80_01n }),
  },
  { code: 'OUT_OF_STOCK', party: 'exporter', upset: patched({ available: 0 }) },
  { code: 'HOLDS_TOO_MANY', party: 'exporter', upset: holdAll },
  {
    ...{ code: 'HOLDS_TOO_MANY', party: 'exporter', name: 'cap of a buyer', way: 'RAISE_CAP' },
    upset: crowded('HOLDS_PER_BUYER'),
  },
  {
    ...{ code: 'HOLDS_TOO_MANY', party: 'exporter', name: 'cap of importers', way: 'RAISE_CAP' },
    upset: crowded('HOLDS_PER_IMPORTER'),
  },
  {
    code: 'VELOCITY_EXCEEDED',
    ...atExporter({ relationship: { velocity: { maxAmount: '79.99', windowSeconds: 1 } } }),
  },
  { code: 'LIMIT_EXCEEDED', ...atExporter({ relationship: { limitAmount: '0.01' } }) },
  {
    ...{ code: 'ACCOUNT_NOT_ALLOWED', party: 'importer' },
    upset: ({ bench, buyer }) =>
      updateAccount(
        bench.importer.node.database.db,
        buyer.accountId,
        { buyOffer: false, status: 'BLOCKED' as never },
        CONTEXT,
      ),
  },
  { code: 'IMPORT_DISABLED', ...atImporter({ policy: { importEnabled: false } }) },
  {
    ...{ code: 'FEATURE_DISABLED', name: 'at the importer' },
    ...atImporter({ policy: { features: { ...features, purchase: false } } }),
  },
  {
    ...{ code: 'SIGNAL_DISABLED', party: 'importer', name: 'at the importer' },
    upset: disabledAt(IMPORTER),
  },
  { code: 'QUANTITY_INVALID', party: 'importer', buy: { quantity: 0 } },
  {
    ...{ code: 'OFFER_DISABLED', name: 'price rounds to nothing', wish: { unitPriceMinor: 3n } },
    ...atImporter({ relationship: { fxRate: '0.1' } }),
  },
  {
    ...{ code: 'PRICE_CHANGED', party: 'importer', name: 'not what the buyer saw' },
    buy: { expectedUnitPrice: '79.00' },
  },
  {
    ...{ code: 'COOL_DOWN', party: 'importer' },
    upset: async ({ bench, buyer, offer }) => bench.buy(buyer, offer),
  },
  { code: 'INSUFFICIENT_FUNDS', party: 'importer', funds: 1_00n },
];

/** Carries out a proposed change as the person whose change it is would. */
export async function make(scene: Scene, change: Proposed): Promise<void> {
  await MAKERS[change.kind](scene, change);
}

type Maker = (scene: Scene, change: Proposed) => Promise<unknown>;

/** What an operator puts at the Control Plane, and both white labels pull. */
async function relate({ governed, terms }: Scene, relationship: object): Promise<void> {
  terms.exporter = { ...terms.exporter, relationship };
  terms.importer = { ...terms.importer, relationship };
  await governed.change(RELATIONSHIP_PATH, relationship);
}

const setPolicy =
  (party: 'exporter' | 'importer'): Maker =>
  async ({ governed, terms }, { field = '', to }) => {
    const own = terms[party].policy ?? {};
    const [name = '', feature] = field.split('.');
    const value = feature === undefined ? to : { [feature]: to };
    terms[party] = { ...terms[party], policy: { ...own, [name]: value } };
    await governed.change(policyPath(party === 'exporter' ? EXPORTER : IMPORTER), {
      [name]: value,
    });
  };

const changeExportPolicy =
  (alter: (was: unknown, to: Figure | undefined) => unknown): Maker =>
  (scene, { field = '', to }) => {
    const own = scene.terms.exporter.relationship?.export_policy as unknown as Record<
      string,
      unknown
    >;
    return relate(scene, { export_policy: { ...own, [field]: alter(own[field], to) } });
  };

const amountOf = (figure: Figure | undefined): bigint => {
  const read = parseMinor(String(figure));
  if (!read.ok) throw new Error(`no amount: ${String(figure)}`);
  return read.value;
};

const waitOn: Maker = async ({ bench, decidedAt }, { to }) => {
  const seconds = Math.ceil((Date.parse(String(to)) - Date.parse(decidedAt)) / 1_000);
  await passTime(bench, seconds);
};

/** Lets time pass at both white labels, until `releaseAll` takes it back. */
export async function passTime(bench: PurchaseBench, seconds: number): Promise<void> {
  await moveClocks(bench, seconds);
  waitedSeconds += seconds;
}

let waitedSeconds = 0;

async function moveClocks({ exporter, importer, moveClock }: PurchaseBench, seconds: number) {
  await moveClock(exporter, seconds);
  await moveClock(importer, seconds);
}

const MAKERS: Readonly<Record<ChangeKind, Maker>> = {
  CREATE_RELATIONSHIP: (scene, { to }) => relate(scene, { limitAmount: to }),
  SET_RELATIONSHIP: (scene, { field = '', to }) => {
    const { velocity } = scene.terms.exporter.relationship ?? {};
    const [name = '', part] = field.split('.');
    if (part === undefined) return relate(scene, { [name]: to });
    return relate(scene, { [name]: { ...(name === 'velocity' && velocity), [part]: to } });
  },
  ADD_TO_EXPORT_POLICY: changeExportPolicy((list, to) => [...(list as unknown[]), to]),
  REMOVE_FROM_EXPORT_POLICY: changeExportPolicy((list, to) =>
    (list as unknown[]).filter((one) => one !== to),
  ),
  SET_EXPORT_POLICY: changeExportPolicy((_was, to) => to),
  SET_EXPORTER_POLICY: setPolicy('exporter'),
  SET_IMPORTER_POLICY: setPolicy('importer'),
  ADD_TO_VISIBILITY: async ({ governed, terms }, { to }) => {
    const visibilityWls = [...(terms.exporter.policy?.visibilityWls ?? []), String(to)];
    terms.exporter = { policy: { ...terms.exporter.policy, visibilityWls } };
    await governed.change(policyPath(EXPORTER), { visibilityWls });
  },
  ENABLE_PAIR: ({ governed }) => governed.signal('ENABLE', [EXPORTER, IMPORTER]),
  SETTLE: ({ governed }, { by }) => governed.settle(String(by)),
  SET_OFFER: (scene, { field, to }) => {
    if (field === 'available') return patched({ available: Number(to) })(scene);
    return field === 'status'
      ? patched({ status: 'ENABLED' })(scene)
      : patched({ unitPriceMinor: amountOf(to) })(scene);
  },
  RAISE_CAP: ({ bench }, { field = '', to }) =>
    bench.exporter.restartGateway({ [field]: String(to) }),
  APPROVE: async () => undefined,
  DECIDE_BEFORE: async () => undefined,
  SET_ACCOUNT: ({ bench, buyer }, { field = '', to }) =>
    updateAccount(
      bench.importer.node.database.db,
      buyer.accountId,
      { [field]: to } as never,
      CONTEXT,
    ),
  CREDIT_ACCOUNT: ({ bench, buyer }, { by, currency = '' }) =>
    creditAccount(
      bench.importer.node.database.db,
      {
        ...{ accountId: buyer.accountId, currency, amountMinor: amountOf(by), note: 'test' },
        ...{ key: randomUUID(), fingerprint: currency },
      },
      CONTEXT,
    ),
  END_HOLDS: async ({ bench }, { by }) => {
    for (const tradeId of holdsOfOthers.splice(0, Number(by))) {
      await bench.importer.node.exporter.cancel(EXPORTER, tradeId);
    }
  },
  CONFIRM_BEFORE: async () => undefined,
  ORDER_QUANTITY: async (scene, { to }) => {
    scene.buy = { ...scene.buy, quantity: Number(to) };
  },
  ACCEPT_PRICE: async (scene, { to }) => {
    scene.buy = { ...scene.buy, expectedUnitPrice: String(to) };
  },
  WAIT_UNTIL: waitOn,
  BUY_AGAIN: async (scene) => {
    const { holdId: _, ...rest } = scene.buy;
    scene.buy = rest;
  },
};

/** Releases what a case left open, and takes its time back. */
export async function releaseAll(bench: PurchaseBench): Promise<void> {
  await moveClocks(bench, -waitedSeconds);
  waitedSeconds = 0;
  for (const tradeId of holdsOfOthers.splice(0)) {
    await bench.importer.node.exporter.cancel(EXPORTER, tradeId);
  }
}
