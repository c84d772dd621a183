import { CP_BASE, type CpSize } from './control-plane.ts';
import type { Axis } from './fit.ts';
import { WL_BASE, type WlSize } from './white-label.ts';

export const SCALE_USAGE = `npm run bench -- scale [--quick] [--trades N] [--rounds N] [--write]

  What a purchase and the work beside it cost in databases of growing size: with 10 to 1,000 pairs,
  1,000 to 100,000 offers and 1,000 to 1,000,000 trades, at a white label and at the Control Plane.
  --quick      50,000 trades, 20,000 offers, two rounds: shows that everything works
  --trades N   the largest history
  --rounds N   how often each work is measured at each size (5; fewer where time is short)
  --write      puts the report and a picture into docs/scaling.md`;

export interface ScaleOptions {
  readonly help: boolean;
  readonly isWritten: boolean;
  readonly rounds: number;
  readonly trades: number;
  readonly offers: number;
}

const FULL = { trades: 1_000_000, offers: 100_000, rounds: 5 };
const QUICK = { trades: 50_000, offers: 20_000, rounds: 2 };
/** Copies are of 1,000 trades, and the middle size is smaller. */
const TRADES_STEP = 1_000;
const LEAST_TRADES = 20_000;

export function readScaleOptions(args: readonly string[]): ScaleOptions {
  const known = ['--help', '--quick', '--write', '--trades', '--rounds'];
  const takesNumber = (arg: string | undefined): boolean =>
    arg === '--trades' || arg === '--rounds';
  args.forEach((arg, index) => {
    if (known.includes(arg) || takesNumber(args[index - 1])) return;
    throw new Error(`"${arg}" is not an option.\n\n${SCALE_USAGE}`);
  });
  const preset = args.includes('--quick') ? QUICK : FULL;
  const numberOf = (name: string, otherwise: number): number => {
    const given = args.indexOf(name);
    const value = given < 0 ? otherwise : Number(args[given + 1]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`${name} takes a whole number`);
    return value;
  };
  const trades = numberOf('--trades', preset.trades);
  if (trades < LEAST_TRADES || trades % TRADES_STEP !== 0) {
    throw new Error(`--trades takes whole thousands, ${LEAST_TRADES} or more`);
  }
  return {
    help: args.includes('--help'),
    isWritten: args.includes('--write'),
    rounds: numberOf('--rounds', preset.rounds),
    ...{ trades, offers: preset.offers },
  };
}

/** Where the middle size of a history lies; the issue is the way to the largest. */
const middleTrades = (trades: number): number => (trades > 100_000 ? 50_000 : 10_000);

export interface Sizes {
  readonly wl: readonly WlSize[];
  readonly cp: readonly CpSize[];
  readonly wlAxes: readonly Axis[];
  readonly cpAxes: readonly Axis[];
}

/** One size is varied at a time; the smallest of each is the same database. */
export function sizesOf({ trades, offers }: ScaleOptions): Sizes {
  const middle = middleTrades(trades);
  const wl: WlSize[] = [
    WL_BASE,
    { ...WL_BASE, name: 'wl_pairs_2', pairs: 100 },
    { ...WL_BASE, name: 'wl_pairs_3', pairs: 1_000 },
    { ...WL_BASE, name: 'wl_offers_2', offers: Math.round(offers / 10) },
    { ...WL_BASE, name: 'wl_offers_3', offers },
    { ...WL_BASE, name: 'wl_trades_2', trades: middle },
    { ...WL_BASE, name: 'wl_trades_3', trades },
  ];
  const cp: CpSize[] = [
    CP_BASE,
    { ...CP_BASE, name: 'cp_pairs_2', pairs: 100 },
    { ...CP_BASE, name: 'cp_pairs_3', pairs: 1_000 },
    { ...CP_BASE, name: 'cp_trades_2', trades: middle },
    { ...CP_BASE, name: 'cp_trades_3', trades },
  ];
  const axis = <K extends 'pairs' | 'offers' | 'trades'>(
    sizes: readonly ({ readonly name: string } & Readonly<Record<K, number>>)[],
    dimension: K,
  ): Axis => ({
    dimension,
    points: sizes
      .filter(({ name }) => name.endsWith('_base') || name.includes(`_${dimension}_`))
      .map((size) => ({ session: size.name, size: size[dimension] })),
  });
  return {
    ...{ wl, cp },
    wlAxes: [axis(wl, 'trades'), axis(wl, 'offers'), axis(wl, 'pairs')],
    cpAxes: [axis(cp, 'trades'), axis(cp, 'pairs')],
  };
}
