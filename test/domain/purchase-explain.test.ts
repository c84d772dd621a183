import { describe, expect, test } from '@jest/globals';
import type { ApprovalMode } from '../../domain/policy/relationship.ts';
import type { Change, ChangeKind } from '../../domain/purchase/explain/change.ts';
import {
  explainDecision,
  explainTerms,
  explainUnrecorded,
  type Explanation,
} from '../../domain/purchase/explain/explain.ts';
import { OUTCOME_SOURCES, OUTCOMES, type OutcomeSource } from '../../domain/purchase/outcomes.ts';
import { recordFund, recordPreflight } from '../../domain/purchase/record.ts';
import type { RecordedApproval, RecordedDecision } from '../../domain/purchase/recorded.ts';
import { REFUSAL_CODES, type RefusalCode } from '../../domain/shared/codes.ts';
import { minor } from '../../domain/shared/money.ts';
import {
  NOW,
  SECOND,
  rate,
  policy,
  relationship,
  exportPolicy,
  offer,
  preflight,
  request,
  atPreflight,
  atRequest,
  atConfirm,
  asked,
  expired,
  terms,
  type Row,
} from './explain-facts.ts';
import { PREFLIGHT_ROWS } from './explain-preflight-rows.ts';
import { readPage, sectionsOf } from '../docs/pages.ts';

const REJECT = { decision: 'REJECT', relationship: { status: 'ACTIVE', revision: 8 } } as const;

/** A person is asked above 100.00. */
function captured(mode: ApprovalMode, amount: string): RecordedDecision {
  const asking = { mode, aboveAmount: '100.00', amount };
  return { step: 'capture', facts: { relationship: REJECT.relationship, asking } };
}

function judged(facts: RecordedApproval, mode: ApprovalMode, amount = '100.01') {
  return explainDecision({ step: 'approval', facts }, [captured(mode, amount)]);
}

/** Every other way in which a purchase is refused. */
const OTHER_ROWS: readonly Row[] = [
  [
    'ACCOUNT_NOT_ALLOWED',
    'request',
    atRequest(request({ account: { active: true, mayBuy: false } })),
    [{ kind: 'SET_ACCOUNT', field: 'buyOffer', from: false, to: true }],
  ],
  [
    'ACCOUNT_NOT_ALLOWED',
    'blocked',
    atRequest(request({ account: { active: false, mayBuy: true } })),
    [{ kind: 'SET_ACCOUNT', field: 'status', to: 'ACTIVE' }],
  ],
  [
    'IMPORT_DISABLED',
    'request',
    atRequest(request({ policy: { ...policy, importEnabled: false } })),
    [{ kind: 'SET_IMPORTER_POLICY', field: 'importEnabled', from: false, to: true }],
  ],
  [
    'IMPORT_DISABLED',
    'never pulled',
    atRequest(request({ policy: undefined })),
    'POLICY_WAS_NEVER_PULLED',
  ],
  [
    'FEATURE_DISABLED',
    'request',
    atRequest(
      request({ policy: { ...policy, features: { ...policy.features, purchase: false } } }),
    ),
    [{ kind: 'SET_IMPORTER_POLICY', field: 'features.purchase', from: false, to: true }],
  ],
  [
    'SIGNAL_DISABLED',
    'request',
    atRequest(request({ signalDisabled: true })),
    [{ kind: 'ENABLE_PAIR' }],
  ],
  [
    'QUANTITY_INVALID',
    'request',
    atRequest(request({ quantity: 0 })),
    [{ kind: 'ORDER_QUANTITY', field: 'quantity', from: 0, to: 1 }],
  ],
  [
    'OFFER_DISABLED',
    'price rounds to nothing',
    atRequest(
      request({
        offer: {
          ...{ originUnitPrice: minor(3n), fxRate: rate('0.1'), unitPrice: minor(0n) },
          ...{ commissionRate: rate('0.05'), relationshipRevision: 7 },
        },
      }),
    ),
    [
      { kind: 'SET_RELATIONSHIP', field: 'fxRate', from: '0.1', to: '0.16666667' },
      { kind: 'SET_OFFER', field: 'unitPrice', from: '0.03', to: '0.05' },
    ],
  ],
  [
    'PRICE_CHANGED',
    'request',
    atRequest(request({ expectedUnitPrice: minor(119_00n) })),
    [
      {
        ...{ kind: 'ACCEPT_PRICE', field: 'expectedUnitPrice', currency: 'XIM' },
        ...{ from: '119.00', to: '120.00' },
      },
    ],
  ],
  [
    'COOL_DOWN',
    'request',
    atRequest(request({ coolDownUntil: NOW + 5 * SECOND })),
    [{ kind: 'WAIT_UNTIL', to: '2026-05-01T12:00:05.000Z' }],
  ],
  [
    'INSUFFICIENT_FUNDS',
    'X$ at the request',
    atRequest(request({ funds: minor(250_00n) })),
    [
      { kind: 'CREDIT_ACCOUNT', by: '110.00', currency: 'XIM' },
      { kind: 'ORDER_QUANTITY', field: 'quantity', from: 3, to: 2 },
    ],
  ],
  [
    'INSUFFICIENT_FUNDS',
    'BRL at the funding',
    explainDecision({
      step: 'fund',
      facts: recordFund(
        { amount: minor(1n), commission: minor(18_00n), funds: minor(1n), fees: minor(17_99n) },
        'XIM',
      ),
    }),
    [{ kind: 'CREDIT_ACCOUNT', by: '0.01', currency: 'BRL' }],
  ],
  [
    'HOLD_EXPIRED',
    'without a hold',
    atConfirm({ hold: undefined, asked }),
    [{ kind: 'BUY_AGAIN' }],
  ],
  [
    'HOLD_EXPIRED',
    'time is up',
    expired('HELD'),
    [{ kind: 'CONFIRM_BEFORE', to: '2026-05-01T11:59:59.000Z' }],
  ],
  [
    'APPROVAL_EXPIRED',
    'time is up',
    expired('PENDING_APPROVAL'),
    [{ kind: 'DECIDE_BEFORE', to: '2026-05-01T11:59:59.000Z' }],
  ],
  [
    'HOLD_TAKEN',
    'confirm',
    atConfirm({ hold: { ...asked, own: false }, asked }),
    [{ kind: 'BUY_AGAIN' }],
  ],
  [
    'QUANTITY_INVALID',
    'confirm',
    atConfirm({ hold: { ...asked, own: true, quantity: 2 }, asked }),
    [{ kind: 'ORDER_QUANTITY', field: 'quantity', from: 1, to: 2 }],
  ],
  [
    'PRICE_CHANGED',
    'confirm',
    atConfirm({ hold: { ...asked, own: true, unitPrice: minor(81_00n) }, asked }),
    [{ kind: 'ACCEPT_PRICE', field: 'unitPrice', from: '80.00', to: '81.00' }],
  ],
  [
    'PRICE_CHANGED',
    'terms of a newer revision',
    explainTerms({ terms, held: { ...terms, fxRate: '1.6', relationshipRevision: 8 } }),
    [
      {
        ...{ kind: 'ACCEPT_PRICE', field: 'unitPrice', currency: 'XEX' },
        ...{ from: '80.00', to: '80.00' },
      },
    ],
  ],
  [
    'RELATIONSHIP_BLOCKED',
    'capture',
    explainDecision({
      step: 'capture',
      facts: { relationship: { status: 'BLOCKED', revision: 8 } },
    }),
    [{ kind: 'SET_RELATIONSHIP', field: 'status', from: 'BLOCKED', to: 'ACTIVE' }],
  ],
  [
    'RELATIONSHIP_MISSING',
    'capture',
    explainDecision({ step: 'capture', facts: {} }, [
      { step: 'preflight', facts: recordPreflight(preflight(), 'XEX') },
    ]),
    [{ kind: 'CREATE_RELATIONSHIP', field: 'limitAmount', to: '340.00' }],
  ],
  [
    'RELATIONSHIP_BLOCKED',
    'approval',
    explainDecision({
      step: 'approval',
      facts: { decision: 'APPROVE', relationship: { status: 'BLOCKED', revision: 8 } },
    }),
    [{ kind: 'SET_RELATIONSHIP', field: 'status', from: 'BLOCKED', to: 'ACTIVE' }],
  ],
  [
    'RELATIONSHIP_BLOCKED',
    'approval of what need not have waited',
    judged({ decision: 'APPROVE', relationship: { status: 'BLOCKED', revision: 8 } }, 'ABOVE'),
    [
      { kind: 'SET_RELATIONSHIP', field: 'status', from: 'BLOCKED', to: 'ACTIVE' },
      {
        ...{ kind: 'SET_RELATIONSHIP', field: 'approval.aboveAmount' },
        ...{ from: '100.00', to: '100.01' },
      },
    ],
  ],
  [
    'MANUAL_REJECT',
    'above the threshold',
    judged(REJECT, 'ABOVE'),
    [
      { kind: 'APPROVE' },
      {
        ...{ kind: 'SET_RELATIONSHIP', field: 'approval.aboveAmount' },
        ...{ from: '100.00', to: '100.01' },
      },
    ],
  ],
  [
    'MANUAL_REJECT',
    'everything is asked about',
    judged(REJECT, 'MANUAL', '100.00'),
    [
      { kind: 'APPROVE' },
      { kind: 'SET_RELATIONSHIP', field: 'approval.mode', from: 'MANUAL', to: 'ABOVE' },
    ],
  ],
  [
    'MANUAL_REJECT',
    'everything is asked about, and this would be all the same',
    judged(REJECT, 'MANUAL'),
    [
      { kind: 'APPROVE' },
      { kind: 'SET_RELATIONSHIP', field: 'approval.mode', from: 'MANUAL', to: 'AUTO' },
    ],
  ],
  [
    'MANUAL_REJECT',
    'why it waited was not recorded',
    explainDecision({ step: 'approval', facts: REJECT }),
    [{ kind: 'APPROVE' }],
  ],
  [
    'APPROVAL_EXPIRED',
    'what need not have waited',
    explainDecision(
      { step: 'expiry', facts: { state: 'PENDING_APPROVAL', now: NOW, expiresAt: NOW } },
      [captured('ABOVE', '100.01')],
    ),
    [
      { kind: 'DECIDE_BEFORE', to: '2026-05-01T12:00:00.000Z' },
      {
        ...{ kind: 'SET_RELATIONSHIP', field: 'approval.aboveAmount' },
        ...{ from: '100.00', to: '100.01' },
      },
    ],
  ],
  ['CANCELLED', 'not recorded', explainUnrecorded('CANCELLED'), 'IT_WAS_CANCELLED'],
  [
    'EXPORTER_UNAVAILABLE',
    'not recorded',
    explainUnrecorded('EXPORTER_UNAVAILABLE'),
    'THE_EXPORTER_GAVE_NO_ANSWER',
  ],
  [
    'ENGINE_UNAVAILABLE',
    'not recorded',
    explainUnrecorded('ENGINE_UNAVAILABLE'),
    'THE_ENGINE_WAS_AWAY',
  ],
];
const TABLE = [...PREFLIGHT_ROWS, ...OTHER_ROWS];

describe('a refusal is explained', () => {
  test.each(TABLE)('%s, %s', (code, _name, explanation, expected) => {
    const changes = explanation?.waysOut.map(({ change }) => change);
    expect(explanation?.code).toBe(code);
    expect(typeof expected === 'string' ? explanation?.whyNot : changes).toEqual(expected);
  });

  test('every code that can refuse a purchase stands in the table', () => {
    expect([...new Set(TABLE.map(([code]) => code))].sort()).toEqual([...REFUSAL_CODES].sort());
    const refused = new Set(OUTCOMES.map(({ reason }) => reason));
    const known = new Set<unknown>(TABLE.map(([code]) => code));
    expect(REFUSAL_CODES.filter((code) => refused.has(code) && !known.has(code))).toEqual([]);
  });

  test('a way out goes on through every rule that refuses next', () => {
    const explanation = atPreflight(
      preflight({
        exposure: minor(990_00n),
        offer: { ...offer, status: 'DISABLED', used: 10 },
        relationship: {
          ...{ ...relationship, status: 'PAUSED' },
          exportPolicy: { ...exportPolicy, excludeCategories: ['7'], entityBlocklist: ['e1'] },
        },
      }),
    );
    const [way] = explanation?.waysOut ?? [];
    const kinds: readonly ChangeKind[] = [
      'SET_RELATIONSHIP',
      'SET_OFFER',
      'REMOVE_FROM_EXPORT_POLICY',
      'REMOVE_FROM_EXPORT_POLICY',
      'SET_OFFER',
      'SET_RELATIONSHIP',
    ];
    expect([way?.change, ...(way?.further ?? [])].map((change) => change?.kind)).toEqual(kinds);
    expect(explanation?.revision).toEqual({ policy: 3, relationship: 7 });
  });

  test('a decision that did not refuse has nothing to explain', () => {
    expect(atPreflight(preflight())).toBeUndefined();
    expect(atRequest(request())).toBeUndefined();
  });
});

/** Decisions that make an outcome; what is learned was decided at a confirm. */
const STEPS: Readonly<Partial<Record<OutcomeSource, readonly Explanation['step'][]>>> = {
  request: ['request', undefined],
  preflight: ['preflight', 'terms', 'confirm', 'expiry', undefined],
  fund: ['fund'],
  confirm: ['confirm', 'capture', 'expiry', undefined],
  learn: ['confirm', 'capture', 'expiry', undefined],
  approval: ['approval', 'expiry', undefined],
  override: [undefined],
};

test('each place where a purchase is refused with a code has a row that explains it', () => {
  const missing = OUTCOMES.flatMap(({ reason, from }) => {
    const rows = TABLE.filter(([code]) => code === reason);
    const isThere = rows.some(([, , told]) => STEPS[from]?.includes(told?.step));
    return rows.length === 0 || isThere ? [] : [`${reason} at ${from}`];
  });
  expect(missing).toEqual([]);
});

describe('docs/explain.md', () => {
  const page = sectionsOf(readPage('docs/explain.md'), 2).get('Each code') ?? '';

  test('says of each code where it refuses, what would have passed it, or why nothing would', () => {
    const lines = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(lines).toEqual(REFUSAL_CODES.map(lineOf));
  });

  function lineOf(code: RefusalCode): string {
    const told = TABLE.filter(([of]) => of === code).map(([, , explanation]) => explanation);
    const changes = told.flatMap((one) => one?.waysOut ?? []).map(({ change }) => nameOf(change));
    const first = told.flatMap((one) => one?.waysOut.slice(0, 1) ?? []);
    const smallest = [...new Set(first.map(({ change }) => nameOf(change)))];
    const others = [...new Set(changes)].filter((name) => !smallest.includes(name));
    const whyNot = [...new Set(told.flatMap((one) => one?.whyNot ?? []))].map(
      (why) => `\`${why}\``,
    );
    const at = OUTCOME_SOURCES.filter((source) =>
      OUTCOMES.some(({ reason, from }) => reason === code && from === source),
    );
    const cells = [[`\`${code}\``], at, smallest, others, whyNot];
    return `| ${cells.map((cell) => (cell.length === 0 ? '–' : cell.join(', '))).join(' | ')} |`;
  }

  function nameOf({ kind, field }: Change): string {
    // Which status, category or entity is a matter of the purchase.
    return field === undefined ? `\`${kind}\`` : `\`${kind}\` ${field}`;
  }
});
