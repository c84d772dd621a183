import type { Cell } from './load.ts';

export interface BenchOptions {
  readonly help: boolean;
  readonly quick: boolean;
}

export const USAGE = `npm run bench -- [--quick]
npm run bench -- core | full | kill: beside other durable systems (docs/benchmarks.md)

  Buys on a private local stack, and through a plain Express + pg handler that makes the same calls
  and writes the same rows, and compares the two.
  --quick   seconds instead of minutes: shows that everything works, its figures mean little
  --help    this text

npm run bench -- console [--help]

  How fast the console's lists and figures are with 50,000 trades, beside the same with 500.

npm run bench -- scale [--help]

  What a purchase and the work beside it cost with more pairs, offers and trades.`;

export function readBenchOptions(args: readonly string[]): BenchOptions {
  const unknown = args.find((arg) => !['--quick', '--help'].includes(arg));
  if (unknown !== undefined) throw new Error(`"${unknown}" is not an option.\n\n${USAGE}`);
  return { help: args.includes('--help'), quick: args.includes('--quick') };
}

/** The whole run, with start and stop, stays under six minutes; a quick one under one. */
const SECONDS = { full: { warmUp: 6, cell: 20, ten: 30 }, quick: { warmUp: 2, cell: 2, ten: 3 } };

export interface Plan {
  readonly warmUp: Cell;
  readonly idleSeconds: number;
  readonly cells: readonly Cell[];
}

/** Each cell runs on one system right after the other, so that a drift of the machine hits both. */
export function planOf({ quick }: BenchOptions): Plan {
  const { warmUp, cell, ten } = quick ? SECONDS.quick : SECONDS.full;
  return {
    warmUp: { name: 'warm-up', kind: 'closed', clients: 8, seconds: warmUp },
    idleSeconds: warmUp,
    cells: [
      { name: 'closed, 1 client', kind: 'closed', clients: 1, seconds: cell },
      { name: 'open, 5/s', kind: 'open', perSecond: 5, seconds: cell },
      { name: 'open, 10/s', kind: 'open', perSecond: 10, seconds: ten },
      { name: 'open, 20/s', kind: 'open', perSecond: 20, seconds: cell },
      { name: 'closed, 16 clients', kind: 'closed', clients: 16, seconds: cell },
    ],
  };
}
