import type { ExportPolicy } from '../../domain/policy/export-policy.ts';
import type { Relationship, WlPolicy } from '../../domain/policy/relationship.ts';
import type { ConfirmFacts } from '../../domain/purchase/confirm.ts';
import { explainDecision, type Explanation } from '../../domain/purchase/explain/explain.ts';
import type { PreflightFacts } from '../../domain/purchase/preflight.ts';
import { recordConfirm, recordPreflight, recordRequest } from '../../domain/purchase/record.ts';
import type { RequestFacts } from '../../domain/purchase/request.ts';
import type { Terms } from '../../domain/purchase/verdict.ts';
import type { RefusalCode } from '../../domain/shared/codes.ts';
import { parseFactor, type Rate } from '../../domain/shared/fx.ts';
import { minor } from '../../domain/shared/money.ts';

/** Code, how it came, its explanation, and the first changes or why there is none. */
export type Row = readonly [
  RefusalCode,
  string,
  Explanation | undefined,
  readonly object[] | string,
];

export const NOW = Date.parse('2026-05-01T12:00:00.000Z');
export const SECOND = 1_000;
export const IMPORTER = 'importer';

export const rate = (text: string): Rate => {
  const read = parseFactor(text);
  if (!read.ok) throw new Error(text);
  return read.value;
};

export const policy: WlPolicy = {
  ...{ wlId: 'wl', revision: 3, importEnabled: true, exportEnabled: true, exportDelaySeconds: 0 },
  ...{ visibilityEnabled: true, visibilityWls: [] },
  features: { import: true, export: true, purchase: true },
};
export const relationship: Relationship = {
  ...{ src: 'exporter', dst: IMPORTER, revision: 7, status: 'ACTIVE', fxRate: rate('1.5') },
  ...{ limit: minor(1_000_00n), limitMode: 'HARD', commissionRate: rate('0.05') },
  approval: { mode: 'AUTO', above: minor(0n) },
};
export const exportPolicy: ExportPolicy = {
  ...{ enabled: true, includeCategories: [], excludeCategories: [] },
  ...{ entityAllowlist: [], entityBlocklist: [] },
};
export const offer: NonNullable<PreflightFacts['offer']> = {
  ...{ categoryId: '7', entityId: 'e1', status: 'ENABLED', createdAt: NOW - 60 * SECOND },
  ...{ unitPrice: minor(80_00n), stock: 10, used: 4 },
};

/** Three units at 80.00, with nothing in the way. */
export const preflight = (change: Partial<PreflightFacts> = {}): PreflightFacts => ({
  ...{ policy, relationship, partner: IMPORTER, signalDisabled: false, offer, now: NOW },
  ...{ quantity: 3, expectedUnitPrice: minor(80_00n) },
  openHolds: { importer: 0, buyer: 0 },
  caps: { importer: 500, buyer: 5 },
  ...{ windowAmount: minor(0n), exposure: minor(100_00n) },
  ...change,
});
export const related = (change: Partial<Relationship>) =>
  preflight({ relationship: { ...relationship, ...change } });
export const exported = (change: Partial<ExportPolicy>) =>
  related({ exportPolicy: { ...exportPolicy, ...change } });

/** Three units at 120.00 X$, 18.00 BRL of commission. */
export const request = (change: Partial<RequestFacts> = {}): RequestFacts => ({
  account: { active: true, mayBuy: true },
  ...{ policy, signalDisabled: false, givenHold: false, quantity: 3, now: NOW },
  offer: {
    ...{ originUnitPrice: minor(80_00n), fxRate: rate('1.5'), unitPrice: minor(120_00n) },
    ...{ commissionRate: rate('0.05'), relationshipRevision: 7 },
  },
  ...{ expectedUnitPrice: undefined, coolDownUntil: undefined },
  ...{ funds: minor(1_000_00n), fees: minor(100_00n) },
  ...change,
});

export const CURRENCIES = { currency: 'XIM', originCurrency: 'XEX' };
export const atPreflight = (facts: PreflightFacts) =>
  explainDecision({ step: 'preflight', facts: recordPreflight(facts, 'XEX') });
export const atRequest = (facts: RequestFacts) =>
  explainDecision({ step: 'request', facts: recordRequest(facts, CURRENCIES) });
export const atConfirm = (facts: ConfirmFacts) =>
  explainDecision({ step: 'confirm', facts: recordConfirm(facts) });
export const asked = { quantity: 1, unitPrice: minor(80_00n) };
export const expired = (state: 'HELD' | 'PENDING_APPROVAL') =>
  explainDecision({ step: 'expiry', facts: { state, now: NOW, expiresAt: NOW - SECOND } });
export const terms: Terms = {
  ...{ tradeId: 't', originUnitPrice: minor(80_00n), originCurrency: 'XEX', quantity: 1 },
  ...{ fxRate: '1.5', relationshipRevision: 7 },
};
