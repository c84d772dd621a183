import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decideHold } from '../../db/wl/holds/decide.ts';
import { readAnswer } from '../../db/wl/holds/read.ts';
import { reverseHold } from '../../db/wl/holds/reverse.ts';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { startWlDatabases, type TestServer } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { CONSISTENT, contradictions, createExporter, type TestExporter } from './exporter.ts';

const TRADES = 4;
const STOCK = 6;
/** Above the approval threshold of 1,000.00 at 80.00 each. */
const MANY = 13;
const RUNS = 25;
const UNKNOWN_HOLD = '00000000-0000-4000-8000-000000000000';
const ACTING = { actor: 'test', reason: 'test', correlationId: 'test' };

let server: TestServer;
let exporter: TestExporter;

beforeAll(async () => {
  server = await startWlDatabases(['property']);
  exporter = await createExporter(server.open('property'));
}, 120_000);
afterAll(() => server.stop());

type Command =
  | { readonly kind: 'PREFLIGHT' | 'CONFIRM' | 'CANCEL' | 'APPROVE' | 'REJECT' | 'REVERSE' }
  | { readonly kind: 'TIME'; readonly seconds: number };
interface Step {
  readonly trade: number;
  readonly command: Command;
}

const command: fc.Arbitrary<Command> = fc.oneof(
  ...(['PREFLIGHT', 'CONFIRM', 'CANCEL', 'APPROVE', 'REJECT', 'REVERSE'] as const).map((kind) => ({
    weight: kind === 'PREFLIGHT' || kind === 'CONFIRM' ? 4 : 1,
    arbitrary: fc.constant({ kind }),
  })),
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(30, 91, 86_401)
      .map((seconds) => ({ kind: 'TIME', seconds }) as const),
  },
);
const step: fc.Arbitrary<Step> = fc.record({ trade: fc.nat(TRADES - 1), command });
/** Steps of one batch run at once. */
const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), {
  minLength: 4,
  maxLength: 12,
});

/** What an answer may turn into later; a REJECTED or CANCELLED trade stays what it is. */
const LATER: Record<TraderAnswer['status'], readonly TraderAnswer['status'][]> = {
  HELD: ['HELD', 'PENDING', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'REVERSED'],
  PENDING: ['PENDING', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'REVERSED'],
  CONFIRMED: ['CONFIRMED', 'REVERSED'],
  REJECTED: ['REJECTED'],
  CANCELLED: ['CANCELLED'],
  REVERSED: ['REVERSED'],
};

interface Trade {
  readonly tradeId: string;
  readonly originOfferId: string;
  readonly quantity: number;
  holdId: string;
}

let run = 0;

/** New trades on two scarce offers; every second one needs an approval. */
async function prepare(): Promise<Trade[]> {
  run += 1;
  const [few, many] = [await exporter.offer(STOCK), await exporter.offer(2 * MANY)];
  return Array.from({ length: TRADES }, (_, index) => ({
    tradeId: `run-${run}-${index}`,
    originOfferId: index % 2 === 0 ? few : many,
    quantity: index % 2 === 0 ? STOCK / 2 : MANY,
    holdId: UNKNOWN_HOLD,
  }));
}

async function act(trade: Trade, command: Command): Promise<TraderAnswer | undefined> {
  const { tradeId, originOfferId, quantity, holdId } = trade;
  switch (command.kind) {
    case 'PREFLIGHT': {
      const answer = await exporter.preflight({ tradeId, originOfferId, quantity });
      trade.holdId = answer.holdId ?? trade.holdId;
      return answer;
    }
    case 'CONFIRM':
      return exporter.confirm({ tradeId, holdId }, { quantity });
    case 'CANCEL':
      return exporter.cancel(tradeId);
    case 'REVERSE':
      return reverseHold(exporter.wl.db, { ...ACTING, requester: IMPORTER, tradeId });
    case 'TIME':
      await exporter.moveClock(command.seconds);
      return undefined;
    default: {
      const request = { ...ACTING, wlId: EXPORTER, tradeId, decision: command.kind, note: 'x' };
      const decided = await decideHold(exporter.wl.db, request);
      return decided.ok ? decided.value.answer : undefined;
    }
  }
}

test('whatever is repeated, mixed and raced, the books hold and no answer is taken back', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(batches, async (script) => {
      const trades = await prepare();
      const last = new Map<string, TraderAnswer['status']>();
      for (const batch of script) {
        const answers = await Promise.all(
          batch.map(({ trade, command: what }) => act(trades[trade] as Trade, what)),
        );
        // Answers of one batch come in any order; each continues what was known before it.
        for (const answer of answers) check(last, answer);
        for (const { tradeId } of trades) {
          const now = await readAnswer(exporter.wl.db, { requester: IMPORTER, tradeId });
          check(last, now);
          if (now !== undefined) last.set(tradeId, now.status);
        }
      }
      last.forEach((status) => seen.add(status));
      expect(await contradictions(exporter.wl)).toEqual(CONSISTENT);
    }),
    { numRuns: RUNS },
  );
  expect([...seen]).toEqual(expect.arrayContaining(['CONFIRMED', 'REJECTED', 'CANCELLED']));
}, 120_000);

/** An answer continues what was known before it; a first answer may be anything. */
function check(
  last: ReadonlyMap<string, TraderAnswer['status']>,
  answer: TraderAnswer | undefined,
): void {
  if (answer === undefined) return;
  const before = last.get(answer.tradeId ?? '');
  const possible = before === undefined ? Object.keys(LATER) : LATER[before];
  expect(possible).toContain(answer.status);
}
