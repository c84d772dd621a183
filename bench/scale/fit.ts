import type { Dimension, Run, Work } from './measure.ts';
import { median } from './measure.ts';

export type Shape = 'flat' | 'log' | 'linear' | 'more than linear';

/** One step over the sizes of one dimension. */
export interface Slope {
  readonly work: string;
  readonly step: string;
  readonly place: 'path' | 'beside';
  readonly dimension: Dimension;
  readonly sizes: readonly number[];
  /** Middle of the rounds, for each size; milliseconds. */
  readonly serverMs: readonly number[];
  readonly elapsedMs: readonly number[];
  /** Pages of the whole work, a turn. */
  readonly pages: readonly number[];
  /** Cost at the largest over cost at the smallest size, taken within a round. */
  readonly ratio: { readonly middle: number; readonly least: number; readonly most: number };
  readonly shape: Shape;
  /** Sizes at which the server ended a statement at the product's time-out. */
  readonly cutOffAt: readonly number[];
  readonly mayBeLinear: boolean;
  readonly isTooSteep: boolean;
}

/** A tree one level deeper, and caches that hold less of it. */
const FLAT_RATIO = 1.5;
/** Below it a measured time is the clock's and the scheduler's own. */
const LEAST_MS = 0.15;
/** A table of so few pages is read whole, whatever indexes it has. */
const LEAST_PAGES = 50;
const atLeast = (least: number) => (value: number) => Math.max(value, least);
/** What a linear cost may be above its line: dead versions of rows are read until a vacuum. */
const LINEAR_ROOM = 2;

export interface Axis {
  readonly dimension: Dimension;
  /** Names of sessions from small to large, and their sizes. */
  readonly points: readonly { readonly session: string; readonly size: number }[];
}

export function slopesOf<S>(run: Run, works: readonly Work<S>[], axes: readonly Axis[]): Slope[] {
  return axes.flatMap((axis) =>
    works.flatMap((work) => work.steps.map(({ name }) => slopeOf(run, { work, step: name, axis }))),
  );
}

interface Place<S> {
  readonly work: Work<S>;
  readonly step: string;
  readonly axis: Axis;
}

function slopeOf<S>(run: Run, { work, step, axis }: Place<S>): Slope {
  const { dimension, points } = axis;
  const own = run.costs.filter((one) => one.work === work.name && one.step === step);
  const at = (session: string) => own.filter((one) => one.session === session);
  const middle = (pick: 'serverMs' | 'elapsedMs'): number[] =>
    points.map(({ session }) => median(at(session).map(({ cost }) => cost[pick])));
  const [serverMs, elapsedMs] = [middle('serverMs'), middle('elapsedMs')];
  const pages = points.map(({ session }) =>
    median(
      run.pages
        .filter((one) => one.work === work.name && one.session === session)
        .map((one) => one.pages),
    ),
  );
  const [first, last] = [points[0]?.session ?? '', points.at(-1)?.session ?? ''];
  const ratios = at(first).flatMap(({ round, cost }) => {
    const big = at(last).find((one) => one.round === round);
    return big === undefined ? [] : [ratioOf(cost.serverMs, big.cost.serverMs)];
  });
  const sizes = points.map(({ size }) => size);
  const byTime = shapeOf(
    sizes,
    serverMs.map((ms) => Math.max(ms, LEAST_MS)),
  );
  const byPages = work.steps.length > 1 ? byTime : shapeOf(sizes, pages.map(atLeast(LEAST_PAGES)));
  const mayBeLinear = work.linearIn?.includes(dimension) ?? false;
  return {
    ...{ work: work.name, step, place: work.place, dimension, sizes, serverMs, elapsedMs, pages },
    ratio: { middle: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
    shape: byTime,
    cutOffAt: points
      .filter(({ session }) => at(session).some(({ cost }) => cost.isCutOff))
      .map(({ size }) => size),
    mayBeLinear,
    isTooSteep: isSteep(byTime, mayBeLinear) || isSteep(byPages, mayBeLinear),
  };
}

const ratioOf = (small: number, big: number): number =>
  Math.max(big, LEAST_MS) / Math.max(small, LEAST_MS);

function isSteep(shape: Shape, mayBeLinear: boolean): boolean {
  return shape === 'more than linear' || (shape === 'linear' && !mayBeLinear);
}

/** Which of a + b·ln n and a + b·n fits better, where it grows at all. */
export function shapeOf(sizes: readonly number[], costs: readonly number[]): Shape {
  const [first = 1, last = 1] = [costs[0], costs.at(-1)];
  const [small = 1, big = 1] = [sizes[0], sizes.at(-1)];
  const ratio = last / Math.max(first, Number.MIN_VALUE);
  if (!(ratio > FLAT_RATIO)) return 'flat';
  if (ratio > LINEAR_ROOM * (big / small)) return 'more than linear';
  const byLog = residual(sizes.map(Math.log), costs);
  return byLog <= residual(sizes, costs) ? 'log' : 'linear';
}

function residual(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middleX, middleY] = [mean(x), mean(y)];
  const both = x.map((value, index) => (value - middleX) * ((y[index] ?? 0) - middleY));
  const own = x.map((value) => (value - middleX) ** 2);
  const slope = mean(both) / Math.max(mean(own), Number.MIN_VALUE);
  return mean(
    x.map((value, index) => ((y[index] ?? 0) - middleY - slope * (value - middleX)) ** 2),
  );
}
