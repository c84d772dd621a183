import { describe, expect, test } from '@jest/globals';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { judgeAnswer, judgeHold, type Terms } from '../../domain/purchase/verdict.ts';
import { minor } from '../../domain/shared/money.ts';

const HOLD = '6a1f0d3e-3a0b-4a52-8d9f-0c6a6f2b9c11';
const terms: Terms = {
  tradeId: 't-1',
  originUnitPrice: minor(80_00n),
  originCurrency: 'XEX',
  quantity: 3,
  fxRate: '1.23456789',
  relationshipRevision: 4,
};
const held: TraderAnswer = {
  status: 'HELD',
  tradeId: 't-1',
  holdId: HOLD,
  quantity: 3,
  unitPrice: '80.00',
  currency: 'XEX',
  fxRate: '1.23456789',
  relationshipRevision: 4,
};
const { holdId: _, ...withoutHold } = held;
const rejected = { ...held, status: 'REJECTED', reason: 'PRICE_CHANGED' } as const;
const { reason: __, ...withoutReason } = rejected;

describe('the answer to a preflight', () => {
  test.each<[string, TraderAnswer, object]>([
    ['a hold on our terms', held, { kind: 'HELD', holdId: HOLD }],
    ['a hold of another trade', { ...held, tradeId: 't-2' }, { kind: 'OTHER_TRADE' }],
    ['a refusal of another trade', { ...rejected, tradeId: 't-2' }, { kind: 'OTHER_TRADE' }],
    ['a hold without its id', withoutHold, { kind: 'INVALID' }],
    ['another price', { ...held, unitPrice: '80.01' }, { kind: 'DIFFERS', pull: false }],
    ['another currency', { ...held, currency: 'XIM' }, { kind: 'DIFFERS', pull: false }],
    ['another quantity', { ...held, quantity: 2 }, { kind: 'DIFFERS', pull: false }],
    ['another rate at our revision', { ...held, fxRate: '1.2' }, { kind: 'HELD', holdId: HOLD }],
    [
      'another rate at an older revision',
      { ...held, fxRate: '1.2', relationshipRevision: 3 },
      { kind: 'HELD', holdId: HOLD },
    ],
    [
      'another rate at a newer revision',
      { ...held, fxRate: '1.2', relationshipRevision: 5 },
      { kind: 'DIFFERS', pull: true },
    ],
    [
      'a refusal with its price',
      rejected,
      { kind: 'REFUSED', reason: 'PRICE_CHANGED', unitPrice: '80.00' },
    ],
    ['a refusal without a reason', withoutReason, { kind: 'INVALID' }],
    ['a cancelled trade', { ...held, status: 'CANCELLED' }, { kind: 'REFUSED' }],
    ['a reversed trade', { ...held, status: 'REVERSED' }, { kind: 'REFUSED' }],
  ])('%s', (_name, answer, verdict) => {
    expect(judgeHold(terms, answer)).toMatchObject(verdict);
  });
});

describe('the answer about a trade with money in suspense', () => {
  test.each<[string, TraderAnswer, object]>([
    ['CONFIRMED on our terms settles', { ...held, status: 'CONFIRMED' }, { kind: 'SETTLE' }],
    [
      'CONFIRMED at another price parks',
      { ...held, status: 'CONFIRMED', unitPrice: '79.99' },
      { kind: 'PARK', reason: 'TERMS_DIFFER' },
    ],
    ['REJECTED refunds', rejected, { kind: 'REFUND', reason: 'PRICE_CHANGED' }],
    [
      'REJECTED without a reason refunds nothing',
      withoutReason,
      { kind: 'PARK', reason: 'ANSWER_INVALID' },
    ],
    ['CANCELLED refunds', { ...held, status: 'CANCELLED' }, { kind: 'REFUND' }],
    ['PENDING waits', { ...held, status: 'PENDING' }, { kind: 'AWAIT' }],
    ['HELD proves nothing', held, { kind: 'UNKNOWN' }],
    [
      'REVERSED was never ours',
      { ...held, status: 'REVERSED' },
      { kind: 'PARK', reason: 'REVERSED_UNEXPECTEDLY' },
    ],
    [
      'an answer for another trade refunds nothing',
      { ...rejected, tradeId: 't-2' },
      { kind: 'PARK', reason: 'ANSWER_INVALID' },
    ],
  ])('%s', (_name, answer, verdict) => {
    expect(judgeAnswer(terms, answer)).toMatchObject(verdict);
  });
});
