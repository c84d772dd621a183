import { invariant } from '../shared/invariant.ts';
import { minor, type Minor } from '../shared/money.ts';

/** One step of a plan: how much has to be compensated by when. */
export interface PlanStep {
  readonly step: number;
  /** Of what is needed, counted from the opening. */
  readonly percent: number;
  /** Minor units of src's currency by which the exposure has to have sunk. */
  readonly amount: Minor;
  readonly dueAfterMs: number;
}

export interface PlanFigures {
  /** The exposure at which the pair is enabled again, minor units of src's currency. */
  readonly target: Minor;
  /** By how much the exposure has to sink. */
  readonly needed: Minor;
  readonly steps: readonly PlanStep[];
}

const HOUR_MS = 3_600_000;
const PERCENT = 100n;

/**
 * Half within a day shows that somebody is at work; the whole within three bridges a weekend, and
 * is the longest that a pair should stay closed.
 */
const STEPS = [
  { percent: 50, dueAfterMs: 24 * HOUR_MS },
  { percent: 100, dueAfterMs: 72 * HOUR_MS },
] as const;

/**
 * The plan for an exposure that has passed its limit: how much brings it to the enable threshold,
 * and by when which part of it (RULES.md 3; seed 001, 3.4). Parts are rounded up: a step that is met
 * has really compensated its share. Never refuses; above its threshold there is always an amount.
 */
export function planFor(state: {
  readonly exposure: bigint;
  readonly limit: bigint;
  /** Whole percents of the limit. */
  readonly enablePercent: number;
}): PlanFigures {
  const { exposure, limit, enablePercent } = state;
  // The threshold is inclusive: the largest exposure that is not above it.
  const target = (limit * BigInt(enablePercent)) / PERCENT;
  const needed = exposure - target;
  invariant(needed > 0n, 'a pair that was disabled stands above its enable threshold');
  const steps = STEPS.map(({ percent, dueAfterMs }, index) => ({
    step: index + 1,
    percent,
    amount: minor((needed * BigInt(percent) + PERCENT - 1n) / PERCENT),
    dueAfterMs,
  }));
  return { target: minor(target), needed: minor(needed), steps };
}

/** How urgent a missed deadline is: the last one means that the plan has failed. */
export function severityOfMiss(step: number, steps: number): 'WARNING' | 'CRITICAL' {
  return step >= steps ? 'CRITICAL' : 'WARNING';
}
