import { describe, expect, test } from '@jest/globals';
import { refuseExport, refusePartner, type ExportFacts } from '../../domain/offer/exportable.ts';
import type { ExportPolicy } from '../../domain/policy/export-policy.ts';
import type { Relationship, WlPolicy } from '../../domain/policy/relationship.ts';
import { parseRate } from '../../domain/shared/fx.ts';
import { minor } from '../../domain/shared/money.ts';

const EXPORTER = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
const IMPORTER = '2a6f8e2c-874c-4476-aac3-0d535fb52ac7';
const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-01-06T12:00:00.000Z');

const rate = parseRate('1');
if (!rate.ok) throw new Error('the rate of this test is a rate');

const policy: WlPolicy = {
  wlId: EXPORTER,
  revision: 1,
  importEnabled: false,
  exportEnabled: true,
  exportDelaySeconds: 3_600,
  visibilityEnabled: true,
  visibilityWls: [IMPORTER],
  features: { import: true, export: true, purchase: true },
};
const relationship: Relationship = {
  src: EXPORTER,
  dst: IMPORTER,
  revision: 1,
  status: 'ACTIVE',
  fxRate: rate.value,
  limit: minor(100_00n),
  limitMode: 'HARD',
  commissionRate: rate.value,
  approval: { mode: 'AUTO', above: minor(0n) },
};
const exportPolicy: ExportPolicy = {
  enabled: true,
  includeCategories: [],
  excludeCategories: [],
  entityAllowlist: [],
  entityBlocklist: [],
};
const offer = {
  categoryId: '15',
  entityId: 'e1',
  status: 'ENABLED' as const,
  createdAt: NOW - DAY_MS,
};
const facts: ExportFacts = {
  policy,
  relationship,
  partner: IMPORTER,
  signalDisabled: false,
  offer,
  now: NOW,
};

/** From the first refusal of RULES.md 2 to the last: each fact alone gives its code. */
const IN_ORDER: readonly (readonly [string, Partial<ExportFacts>])[] = [
  ['RELATIONSHIP_MISSING', { relationship: undefined }],
  ['RELATIONSHIP_BLOCKED', { relationship: { ...relationship, status: 'BLOCKED' } }],
  ['RELATIONSHIP_PAUSED', { relationship: { ...relationship, status: 'PAUSED' } }],
  ['SIGNAL_DISABLED', { signalDisabled: true }],
  ['EXPORT_DISABLED', { policy: { ...policy, exportEnabled: false } }],
  ['FEATURE_DISABLED', { policy: { ...policy, features: { ...policy.features, export: false } } }],
  ['NOT_VISIBLE', { policy: { ...policy, visibilityWls: [EXPORTER] } }],
  ['OFFER_NOT_FOUND', { offer: undefined }],
  ['OFFER_DISABLED', { offer: { ...offer, status: 'DISABLED' } }],
  ['EXPORT_DELAYED', { offer: { ...offer, createdAt: NOW - 3_599_999 } }],
  [
    'EXPORT_POLICY_DENIED',
    { relationship: { ...relationship, exportPolicy: { ...exportPolicy, enabled: false } } },
  ],
];

describe('what an exporter lets out', () => {
  test('an offer that nothing speaks against is exportable', () => {
    expect(refuseExport(facts)).toBeUndefined();
    expect(refusePartner(facts)).toBeUndefined();
  });

  test.each(IN_ORDER)('%s is found', (code, change) => {
    expect(refuseExport({ ...facts, ...change })).toBe(code);
  });

  test('where two facts speak against an offer, the earlier one is the answer', () => {
    for (const [first, [code, change]] of IN_ORDER.entries()) {
      for (const [, later] of IN_ORDER.slice(first + 1)) {
        // A fact about the same object replaces the later one; the code is the earlier one's too.
        expect(refuseExport({ ...facts, ...later, ...change })).toBe(code);
      }
    }
  });

  const ROWS: readonly (readonly [string, Partial<ExportFacts>, string | undefined])[] = [
    ['no policy pulled yet', { policy: undefined }, 'EXPORT_DISABLED'],
    ['visibility switched off', { policy: { ...policy, visibilityEnabled: false } }, 'NOT_VISIBLE'],
    ['an empty visibility list', { policy: { ...policy, visibilityWls: [] } }, undefined],
    ['the delay just over', { offer: { ...offer, createdAt: NOW - 3_600_000 } }, undefined],
    [
      'the first instant of min_created_at',
      {
        relationship: {
          ...relationship,
          exportPolicy: { ...exportPolicy, minCreatedAt: offer.createdAt },
        },
      },
      undefined,
    ],
    [
      'one millisecond before min_created_at',
      {
        relationship: {
          ...relationship,
          exportPolicy: { ...exportPolicy, minCreatedAt: offer.createdAt + 1 },
        },
      },
      'EXPORT_POLICY_DENIED',
    ],
  ];
  test.each(ROWS)('%s', (_name, change, code) => {
    expect(refuseExport({ ...facts, ...change })).toBe(code);
  });

  const LISTS: readonly (readonly [string, Partial<ExportPolicy>, boolean])[] = [
    ['no list: every category', {}, true],
    ['included category', { includeCategories: ['15'] }, true],
    ['another category included', { includeCategories: ['16'] }, false],
    ['exclude beats include', { includeCategories: ['15'], excludeCategories: ['15'] }, false],
    ['entity allowed', { entityAllowlist: ['e1'] }, true],
    ['another entity allowed', { entityAllowlist: ['e2'] }, false],
    ['blocklist beats allowlist', { entityAllowlist: ['e1'], entityBlocklist: ['e1'] }, false],
  ];
  test.each(LISTS)('export_policy, %s', (_name, change, exported) => {
    const changed = { ...relationship, exportPolicy: { ...exportPolicy, ...change } };
    const refused = refuseExport({ ...facts, relationship: changed });
    expect(refused).toBe(exported ? undefined : 'EXPORT_POLICY_DENIED');
  });
});
