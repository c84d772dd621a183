import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  contributionOfView,
  disagreementOf,
  isTold,
  statusOf,
  tellTrade,
  type TradeEvent,
  type TradeView,
} from '../../domain/telemetry/trade-view.ts';
import { anyStory, story, STORIES, type StoryName } from '../support/trade-events.ts';

const PARTNERS = { importer: 'importer', exporter: 'exporter' };
const RUNS = 300;

const tell = (events: readonly TradeEvent[]): TradeView => {
  let view: TradeView | undefined;
  for (const event of events) view = tellTrade(view, event);
  if (view === undefined) throw new Error('a story has events');
  return view;
};

const ENDS: Record<StoryName, [status: string, differs: string[]]> = {
  confirmed: ['CONFIRMED', []],
  approved: ['CONFIRMED', []],
  unparked: ['CONFIRMED', []],
  reversed: ['REVERSED', []],
  refused: ['REJECTED', []],
  bornRefused: ['REJECTED', []],
  cancelled: ['REJECTED', []],
  held: ['PENDING', []],
  waiting: ['PENDING', []],
  parked: ['PROVISIONAL', ['STATUS']],
  provisional: ['PROVISIONAL', ['STATUS']],
  unseen: ['PROVISIONAL', ['STATUS']],
  unheard: ['PROVISIONAL', ['STATUS']],
};

describe('what both sides say of a trade', () => {
  test.each(Object.keys(STORIES) as StoryName[])('%s: status, balance and agreement', (name) => {
    const told = story(name, PARTNERS);
    const view = tell(told.events);
    expect([statusOf(view), disagreementOf(view)]).toEqual(ENDS[name]);
    const sold = told.ending === 'SOLD';
    expect(contributionOfView(view)).toEqual({
      exports: sold ? told.amountMinor : 0n,
      imports: sold ? told.paidMinor : 0n,
      reserved: told.ending === 'RESERVED' ? told.amountMinor : 0n,
    });
  });

  test('shuffled and repeated events tell the same as those in order', () => {
    const shuffled = anyStory([PARTNERS]).chain((told) =>
      fc.tuple(
        fc.constant(told),
        fc.shuffledSubarray([...told.events, ...told.events], {
          minLength: told.events.length * 2,
        }),
      ),
    );
    const property = fc.property(shuffled, ([told, events]) => {
      expect(tell(events)).toEqual(tell(told.events));
    });
    fc.assert(property, { numRuns: RUNS });
  });

  test('a sale on which the sides differ is counted at the figures of the exporter', () => {
    const { events } = story('confirmed', PARTNERS, {
      amountMinor: 100_00n,
      importerSays: { amount: '1.00', relationshipRevision: 2 },
    });
    const view = tell(events);
    expect(contributionOfView(view)).toMatchObject({ exports: 100_00n });
    expect(disagreementOf(view)).toEqual(['AMOUNT', 'REVISION']);
  });

  test.each(['-5.00', '1e3', '', '0.001'])('an amount of %j adds nothing', (amount) => {
    const { events } = story('confirmed', PARTNERS, {
      exporterSays: { amount },
      importerSays: { importedAmount: amount },
    });
    expect(contributionOfView(tell(events))).toEqual({ exports: 0n, imports: 0n, reserved: 0n });
  });

  test('a status that the role can not have tells nothing', () => {
    const [attempted, held] = story('held', PARTNERS).events;
    expect(attempted && isTold({ ...attempted.data, status: 'HELD' })).toBe(false);
    expect(held && isTold(held.data)).toBe(true);
  });

  test('a person must look exactly while being parked is the last word', () => {
    expect(tell(story('parked', PARTNERS).events).parked).toBe(true);
    expect(tell(story('unparked', PARTNERS).events.toReversed()).parked).toBe(false);
  });
});
