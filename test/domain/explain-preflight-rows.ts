import { QUANTITY_MAX } from '../../domain/purchase/admission.ts';
import { minor } from '../../domain/shared/money.ts';
import {
  NOW,
  IMPORTER,
  policy,
  relationship,
  offer,
  preflight,
  related,
  exported,
  atPreflight,
  type Row,
} from './explain-facts.ts';

/** Every way in which a preflight refuses. */
export const PREFLIGHT_ROWS: readonly Row[] = [
  [
    'RELATIONSHIP_MISSING',
    'preflight',
    atPreflight(preflight({ relationship: undefined })),
    [{ kind: 'CREATE_RELATIONSHIP', field: 'limitAmount', to: '340.00' }],
  ],
  [
    'RELATIONSHIP_BLOCKED',
    'preflight',
    atPreflight(related({ status: 'BLOCKED' })),
    [{ kind: 'SET_RELATIONSHIP', field: 'status', from: 'BLOCKED', to: 'ACTIVE' }],
  ],
  [
    'RELATIONSHIP_PAUSED',
    'preflight',
    atPreflight(related({ status: 'PAUSED' })),
    [{ kind: 'SET_RELATIONSHIP', field: 'status', from: 'PAUSED', to: 'ACTIVE' }],
  ],
  [
    'SIGNAL_DISABLED',
    'preflight',
    atPreflight(preflight({ signalDisabled: true })),
    [{ kind: 'ENABLE_PAIR' }],
  ],
  [
    'EXPORT_DISABLED',
    'preflight',
    atPreflight(preflight({ policy: { ...policy, exportEnabled: false } })),
    [{ kind: 'SET_EXPORTER_POLICY', field: 'exportEnabled', from: false, to: true }],
  ],
  [
    'EXPORT_DISABLED',
    'never pulled',
    atPreflight(preflight({ policy: undefined })),
    'POLICY_WAS_NEVER_PULLED',
  ],
  [
    'FEATURE_DISABLED',
    'preflight',
    atPreflight(
      preflight({ policy: { ...policy, features: { ...policy.features, export: false } } }),
    ),
    [{ kind: 'SET_EXPORTER_POLICY', field: 'features.export', from: false, to: true }],
  ],
  [
    'NOT_VISIBLE',
    'switched off',
    atPreflight(preflight({ policy: { ...policy, visibilityEnabled: false } })),
    [{ kind: 'SET_EXPORTER_POLICY', field: 'visibilityEnabled', from: false, to: true }],
  ],
  [
    'NOT_VISIBLE',
    'not listed',
    atPreflight(preflight({ policy: { ...policy, visibilityWls: ['another', 'a third'] } })),
    [{ kind: 'ADD_TO_VISIBILITY', field: 'visibilityWls', to: IMPORTER }],
  ],
  ['OFFER_NOT_FOUND', 'preflight', atPreflight(preflight({ offer: undefined })), 'OFFER_IS_GONE'],
  [
    'OFFER_DISABLED',
    'preflight',
    atPreflight(preflight({ offer: { ...offer, status: 'DISABLED' } })),
    [{ kind: 'SET_OFFER', field: 'status', from: 'DISABLED', to: 'ENABLED' }],
  ],
  [
    'EXPORT_DELAYED',
    'preflight',
    atPreflight(preflight({ policy: { ...policy, exportDelaySeconds: 90 } })),
    [
      { kind: 'WAIT_UNTIL', to: '2026-05-01T12:00:30.000Z' },
      { kind: 'SET_EXPORTER_POLICY', field: 'exportDelaySeconds', from: 90, to: 60 },
    ],
  ],
  [
    'EXPORT_POLICY_DENIED',
    'off',
    atPreflight(exported({ enabled: false })),
    [{ kind: 'SET_EXPORT_POLICY', field: 'enabled', from: false, to: true }],
  ],
  [
    'EXPORT_POLICY_DENIED',
    'too old',
    atPreflight(exported({ minCreatedAt: NOW })),
    [
      {
        ...{ kind: 'SET_EXPORT_POLICY', field: 'min_created_at' },
        ...{ from: '2026-05-01T12:00:00.000Z', to: '2026-05-01T11:59:00.000Z' },
      },
    ],
  ],
  [
    'EXPORT_POLICY_DENIED',
    'excluded',
    atPreflight(exported({ excludeCategories: ['1', '7'] })),
    [{ kind: 'REMOVE_FROM_EXPORT_POLICY', field: 'exclude_categories', to: '7' }],
  ],
  [
    'EXPORT_POLICY_DENIED',
    'not included',
    atPreflight(exported({ includeCategories: ['1', '2'] })),
    [{ kind: 'ADD_TO_EXPORT_POLICY', field: 'include_categories', to: '7' }],
  ],
  [
    'EXPORT_POLICY_DENIED',
    'blocked entity',
    atPreflight(exported({ entityBlocklist: ['e1'] })),
    [{ kind: 'REMOVE_FROM_EXPORT_POLICY', field: 'entity_blocklist', to: 'e1' }],
  ],
  [
    'EXPORT_POLICY_DENIED',
    'not allowed',
    atPreflight(exported({ entityAllowlist: ['e2'] })),
    [{ kind: 'ADD_TO_EXPORT_POLICY', field: 'entity_allowlist', to: 'e1' }],
  ],
  [
    'QUANTITY_INVALID',
    'preflight',
    atPreflight(
      preflight({
        ...{ quantity: QUANTITY_MAX + 1, offer: { ...offer, stock: 20_000 } },
        relationship: { ...relationship, limitMode: 'SOFT' },
      }),
    ),
    [{ kind: 'ORDER_QUANTITY', field: 'quantity', from: QUANTITY_MAX + 1, to: QUANTITY_MAX }],
  ],
  [
    'PRICE_CHANGED',
    'preflight',
    atPreflight(preflight({ expectedUnitPrice: minor(79_00n) })),
    [
      { kind: 'ACCEPT_PRICE', field: 'expectedUnitPrice', from: '79.00', to: '80.00' },
      { kind: 'SET_OFFER', field: 'unitPrice', from: '80.00', to: '79.00' },
    ],
  ],
  [
    'OUT_OF_STOCK',
    'preflight',
    atPreflight(preflight({ offer: { ...offer, used: 8 } })),
    [
      { kind: 'SET_OFFER', field: 'available', from: 2, to: 3, by: 1 },
      { kind: 'ORDER_QUANTITY', field: 'quantity', from: 3, to: 2 },
    ],
  ],
  [
    'HOLDS_TOO_MANY',
    'of the buyer',
    atPreflight(preflight({ openHolds: { importer: 6, buyer: 6 } })),
    [
      { kind: 'END_HOLDS', field: 'buyer', from: 6, by: 2 },
      { kind: 'RAISE_CAP', field: 'HOLDS_PER_BUYER', from: 5, to: 7, by: 2 },
    ],
  ],
  [
    'HOLDS_TOO_MANY',
    'of the importer',
    atPreflight(preflight({ openHolds: { importer: 500, buyer: 0 } })),
    [
      { kind: 'END_HOLDS', field: 'importer', from: 500, by: 1 },
      { kind: 'RAISE_CAP', field: 'HOLDS_PER_IMPORTER', from: 500, to: 501, by: 1 },
    ],
  ],
  [
    'VELOCITY_EXCEEDED',
    'preflight',
    atPreflight(
      preflight({
        windowAmount: minor(100_00n),
        relationship: { ...relationship, velocity: { max: minor(339_99n), windowSeconds: 60 } },
      }),
    ),
    [
      {
        ...{ kind: 'SET_RELATIONSHIP', field: 'velocity.maxAmount' },
        ...{ from: '339.99', to: '340.00', by: '0.01' },
      },
      { kind: 'ORDER_QUANTITY', field: 'quantity', from: 3, to: 2 },
    ],
  ],
  [
    'LIMIT_EXCEEDED',
    'preflight',
    atPreflight(preflight({ exposure: minor(760_01n) })),
    [
      {
        ...{ kind: 'SET_RELATIONSHIP', field: 'limitAmount' },
        ...{ from: '1000.00', to: '1000.01', by: '0.01' },
      },
      { kind: 'ORDER_QUANTITY', field: 'quantity', from: 3, to: 2 },
      { kind: 'SETTLE', by: '0.01' },
    ],
  ],
];
