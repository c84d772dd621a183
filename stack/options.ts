import { StackError } from './errors.ts';

export type ResetScope = 'cp' | 'wl';

export interface Options {
  readonly help: boolean;
  /** Nothing registered in the Control Plane but the bootstrap master. */
  readonly empty: boolean;
  readonly demo: boolean;
  /** Demo, invariants, exit code; nothing stays up. */
  readonly once: boolean;
  readonly reset: ReadonlySet<ResetScope>;
}

export const USAGE = `npm start -- [options]   (or: node stack/main.ts [options], with Node 24)

  --empty       processes, certificates and the white labels' own data; nothing registered
  --no-demo     registered and ready to trade, no demo purchases
  --once        demo, then the invariants; everything stops, the exit code tells
  --reset       first drop trades, holds and registrations, and all Temporal namespaces
  --reset=cp    only the Control Plane's tables and namespace
  --reset=wl    only the white labels' caches, trades and namespaces
  --help        this text

Certificates, accounts and offers survive every reset. Ports, DATA_DIR and the other variables:
docs/operations.md`;

const ALL_SCOPES: readonly ResetScope[] = ['cp', 'wl'];

export function readOptions(args: readonly string[]): Options {
  const reset = new Set<ResetScope>();
  const flags = new Set<string>();
  for (const arg of args) {
    if (arg === '--reset') ALL_SCOPES.forEach((scope) => reset.add(scope));
    else if (arg === '--reset=cp' || arg === '--reset=wl') reset.add(scopeOf(arg));
    else if (['--help', '--empty', '--no-demo', '--once'].includes(arg)) flags.add(arg);
    else throw unknownOption(`"${arg}" is not an option.`);
  }
  const once = flags.has('--once');
  const empty = flags.has('--empty');
  if (once && (empty || flags.has('--no-demo'))) {
    throw unknownOption('--once runs the demo: it goes with neither --empty nor --no-demo.');
  }
  const demo = !empty && !flags.has('--no-demo');
  return { help: flags.has('--help'), empty, demo, once, reset };
}

function scopeOf(arg: '--reset=cp' | '--reset=wl'): ResetScope {
  return arg === '--reset=cp' ? 'cp' : 'wl';
}

function unknownOption(message: string): StackError {
  return new StackError({
    code: 'OPTION_UNKNOWN',
    message,
    wayOut: ['See: npm start -- --help'],
  });
}
