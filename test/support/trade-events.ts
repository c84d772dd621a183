import { randomUUID, randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import type { ToldTrade } from '../../db/cp/trades/apply.ts';
import { formatMinor } from '../../domain/shared/money.ts';
import type { TraderPurchaseData } from '../../domain/telemetry/events.ts';
import type { TradeEventType } from '../../domain/telemetry/trade-view.ts';

export interface Partners {
  readonly importer: string;
  readonly exporter: string;
}

/** What a story ends as in the balance: what counts of it, by hand and not by the code's rules. */
export type Ending = 'SOLD' | 'RESERVED' | 'NOTHING';

type Said = readonly [role: 'I' | 'E', version: number, status: string, type?: TradeEventType];

/** How trades go, told as the white labels tell them; being funded (version 2) is silent. */
export const STORIES = {
  confirmed: [
    'SOLD',
    ['I', 1, 'PENDING', 'offer.attempted'],
    ['E', 1, 'HELD', 'hold.opened'],
    ['E', 2, 'CONFIRMED'],
    ['I', 3, 'CONFIRMED'],
  ],
  approved: [
    'SOLD',
    ['I', 1, 'PENDING', 'offer.attempted'],
    ['E', 1, 'HELD', 'hold.opened'],
    ['E', 2, 'PENDING'],
    ['I', 3, 'PENDING'],
    ['E', 3, 'CONFIRMED'],
    ['I', 4, 'CONFIRMED'],
  ],
  unparked: [
    'SOLD',
    ['I', 1, 'PENDING', 'offer.attempted'],
    ['E', 1, 'HELD', 'hold.opened'],
    ['E', 2, 'CONFIRMED'],
    ['I', 3, 'PENDING', 'purchase.parked'],
    ['I', 4, 'PENDING', 'purchase.unparked'],
    ['I', 5, 'CONFIRMED'],
  ],
  reversed: [
    'NOTHING',
    ['I', 1, 'PENDING', 'offer.attempted'],
    ['E', 1, 'HELD', 'hold.opened'],
    ['E', 2, 'CONFIRMED'],
    ['I', 3, 'CONFIRMED'],
    ['I', 4, 'CONFIRMED'],
    ['E', 3, 'REVERSED'],
    ['I', 5, 'REVERSED'],
  ],
  refused: [
    'NOTHING',
    ['I', 1, 'PENDING', 'offer.attempted'],
    ['E', 1, 'REJECTED'],
    ['I', 2, 'REJECTED'],
  ],
  bornRefused: ['NOTHING', ['I', 1, 'REJECTED', 'offer.attempted'], ['I', 1, 'REJECTED']],
  cancelled: [
    'NOTHING',
    ['I', 1, 'PENDING', 'offer.attempted'],
    ['E', 1, 'HELD', 'hold.opened'],
    ['E', 2, 'CANCELLED', 'hold.closed'],
    ['E', 2, 'CANCELLED'],
    ['I', 2, 'REJECTED'],
  ],
  held: ['RESERVED', ['I', 1, 'PENDING', 'offer.attempted'], ['E', 1, 'HELD', 'hold.opened']],
  waiting: [
    'RESERVED',
    ['I', 1, 'PENDING', 'offer.attempted'],
    ['E', 1, 'HELD', 'hold.opened'],
    ['E', 2, 'PENDING'],
    ['I', 3, 'PENDING'],
  ],
  parked: [
    'RESERVED',
    ['I', 1, 'PENDING', 'offer.attempted'],
    ['E', 1, 'HELD', 'hold.opened'],
    ['E', 2, 'CONFIRMED'],
    ['I', 3, 'PENDING', 'purchase.parked'],
  ],
  provisional: ['RESERVED', ['I', 1, 'PENDING', 'offer.attempted'], ['E', 2, 'CONFIRMED']],
  unseen: ['NOTHING', ['E', 1, 'HELD', 'hold.opened'], ['E', 2, 'CONFIRMED']],
  unheard: ['NOTHING', ['I', 1, 'PENDING', 'offer.attempted'], ['I', 3, 'CONFIRMED']],
} as const satisfies Record<string, readonly [Ending, ...Said[]]>;

export type StoryName = keyof typeof STORIES;

export interface ToldStory {
  readonly name: StoryName;
  readonly tradeId: string;
  readonly ending: Ending;
  readonly amountMinor: bigint;
  readonly paidMinor: bigint;
  readonly events: readonly ToldTrade[];
}

export interface StoryFigures {
  readonly tradeId?: string;
  readonly amountMinor?: bigint;
  readonly paidMinor?: bigint;
  /** Changes the documents of one side, for trades on which the sides differ. */
  readonly importerSays?: Partial<TraderPurchaseData>;
  readonly exporterSays?: Partial<TraderPurchaseData>;
  readonly startedAt?: Date;
}

const STARTED_AT = new Date('2026-03-01T12:00:00.000Z');
const STEP_MS = 40;

/** The events of one trade, in the order in which they happen. */
export function story(
  name: StoryName,
  { importer, exporter }: Partners,
  figures: StoryFigures = {},
): ToldStory {
  const {
    tradeId = randomUUID(),
    amountMinor = 240_00n,
    paidMinor = 296_31n,
    startedAt = STARTED_AT,
  } = figures;
  const [ending, ...said] = STORIES[name] as readonly [Ending, ...Said[]];
  const events = said.map(([role, version, status, type = 'TRADER_PURCHASE'], index): ToldTrade => {
    const isImporter = role === 'I';
    return {
      eventId: randomUUIDv7(),
      type,
      occurredAt: new Date(startedAt.getTime() + STEP_MS * index),
      wlId: isImporter ? importer : exporter,
      correlationId: `story-${tradeId}`,
      data: {
        tradeId,
        role: isImporter ? 'IMPORTER' : 'EXPORTER',
        counterpartWlId: isImporter ? exporter : importer,
        version,
        status: status as TraderPurchaseData['status'],
        ...(status === 'REJECTED' && { reason: 'OUT_OF_STOCK' as const }),
        quantity: 3,
        unitPrice: '80.00',
        currency: 'XEX',
        amount: formatMinor(amountMinor),
        fxRate: '1.23456789',
        ...(isImporter && {
          importedUnitPrice: '98.77',
          importedCurrency: 'XIM',
          importedAmount: formatMinor(paidMinor),
        }),
        offer: { id: 'offer-1', title: 'Curso de violão', category: 'Música' },
        buyerMasked: 'qa***@xpory.local',
        sellerName: 'Escola Tom',
        ...(!isImporter && { holdId: `hold-${tradeId}` }),
        policyRevision: 1,
        relationshipRevision: 1,
        workflowId: `purchase/${tradeId}`,
        latencyMs: STEP_MS * index,
        ...(isImporter ? figures.importerSays : figures.exporterSays),
      },
    };
  });
  return { name, tradeId, ending, amountMinor, paidMinor, events };
}

/** A random trade between partners, in either direction. */
export function anyStory(pairs: readonly Partners[]): fc.Arbitrary<ToldStory> {
  return fc
    .record({
      name: fc.constantFrom(...(Object.keys(STORIES) as StoryName[])),
      partners: fc.constantFrom(...pairs),
      amountMinor: fc.bigInt({ min: 1n, max: 5_000_00n }),
      paidMinor: fc.bigInt({ min: 1n, max: 5_000_00n }),
    })
    .map(({ name, partners, ...figures }) => story(name, partners, figures));
}
