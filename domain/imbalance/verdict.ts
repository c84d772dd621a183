import { invariant } from '../shared/invariant.ts';
import type { Minor } from '../shared/money.ts';

export type SignalAction = 'DISABLE' | 'ENABLE';
export type SignalOrigin = 'AUTOMATIC' | 'OPERATOR';

/** Whole percents of the limit, each inclusive or not as RULES.md 3 says. */
export interface Thresholds {
  readonly alert: number;
  readonly disable: number;
  readonly enable: number;
}

/** What is known about one direction of trade; amounts in minor units of src's currency. */
export interface Imbalance {
  readonly exposure: Minor;
  readonly limit: Minor;
  readonly thresholds: Thresholds;
  /** Who switched the pair off, where it is off. */
  readonly disabledBy?: SignalOrigin | undefined;
  /** True once the alert of this crossing has been given. */
  readonly alerted: boolean;
}

/** The parts of the exposure of src towards dst, in minor units of src's currency. */
export interface ExposureParts {
  readonly exports: bigint;
  readonly imports: bigint;
  readonly reserved: bigint;
  readonly settlementsReceived: bigint;
  readonly settlementsPaid: bigint;
}

/** A pair without any trade. */
export const NO_EXPOSURE: ExposureParts = {
  exports: 0n,
  imports: 0n,
  reserved: 0n,
  settlementsReceived: 0n,
  settlementsPaid: 0n,
};

/** Sums part by part. */
export function addParts(a: ExposureParts, b: ExposureParts): ExposureParts {
  return {
    exports: a.exports + b.exports,
    imports: a.imports + b.imports,
    reserved: a.reserved + b.reserved,
    settlementsReceived: a.settlementsReceived + b.settlementsReceived,
    settlementsPaid: a.settlementsPaid + b.settlementsPaid,
  };
}

export interface ImbalanceVerdict {
  /** The signal to send now, where one is due. */
  readonly signal?: SignalAction;
  /** True where the alert threshold was passed by this change. */
  readonly alert: boolean;
  /** Whether the pair counts as alerted from now on. */
  readonly alerted: boolean;
}

/**
 * Exposure of src towards dst in minor units of src's currency: captured exports minus captured
 * imports plus reserved holds, minus settlements received plus settlements paid (RULES.md 3).
 */
export function exposureOf(parts: ExposureParts): Minor {
  const { exports, imports, reserved, settlementsReceived, settlementsPaid } = parts;
  return (exports - imports + reserved - settlementsReceived + settlementsPaid) as Minor;
}

/**
 * Decides on one direction of trade: alert at or above the alert threshold, DISABLE above the
 * disable threshold, ENABLE at or below the enable threshold; between the two nothing moves
 * (hysteresis). An ENABLE lifts only an automatic DISABLE. A limit of zero is passed by the first
 * minor unit (RULES.md 3; seed 001, 3.4). Never refuses.
 */
export function judgeImbalance(state: Imbalance): ImbalanceVerdict {
  const { exposure, limit, thresholds, disabledBy } = state;
  invariant(thresholds.enable <= thresholds.disable, 'enable is not above disable');
  const reaches = exposure > 0n && isAtLeast(exposure, limit, thresholds.alert);
  const verdict = { alert: reaches && !state.alerted, alerted: reaches };
  if (disabledBy === undefined) {
    return isAbove(exposure, limit, thresholds.disable)
      ? { ...verdict, signal: 'DISABLE' }
      : verdict;
  }
  const lifts = disabledBy === 'AUTOMATIC' && !isAbove(exposure, limit, thresholds.enable);
  return lifts ? { ...verdict, signal: 'ENABLE' } : verdict;
}

const PERCENT = 100n;
const TENTHS = 10n;

/** Exposure as percent of the limit with one decimal, rounded down; undefined for a limit of zero. */
export function percentOfLimit(exposure: bigint, limit: bigint): string | undefined {
  if (limit <= 0n) return undefined;
  const tenths = (exposure * PERCENT * TENTHS) / limit;
  const absolute = tenths < 0n ? -tenths : tenths;
  return `${tenths < 0n ? '-' : ''}${absolute / TENTHS}.${absolute % TENTHS}`;
}

function isAbove(exposure: bigint, limit: bigint, percent: number): boolean {
  return exposure * PERCENT > limit * BigInt(percent);
}

function isAtLeast(exposure: bigint, limit: bigint, percent: number): boolean {
  return exposure * PERCENT >= limit * BigInt(percent);
}
