import type { Cell } from '../load.ts';
import {
  CORE_SYSTEMS,
  DEFAULT_SYSTEMS,
  isSystemName,
  SYSTEMS,
  type SystemName,
} from './contract.ts';

export interface PeersPlan {
  readonly name: 'core' | 'full';
  readonly quick: boolean;
  /** Throws away the cells of an earlier, unfinished run. */
  readonly fresh: boolean;
  /** V8 profiles of the apps' threads are written when they end; they cost, so no table of them. */
  readonly profile: boolean;
  readonly repetitions: number;
  /** When it must have ended: later repetitions are left out, noise is not measured again. */
  readonly minutes: number;
  /** Puts the report into docs/benchmarks.md. */
  readonly write: boolean;
  readonly cells: readonly Cell[];
  readonly systems: readonly SystemName[];
}

export const PEERS_USAGE = `npm run bench -- core | full | kill  [--quick] [--fresh] [--systems a,b] [--repetitions n] [--minutes n]
             [--profile] [--write]

  core      the bare and the full purchase beside its peers, 38 minutes at most
  full      every load of the table, longer cells; about two and a half hours
  kill      each bare system is killed amid its purchases, started again, and must resolve them all
  --quick   one repetition of 5 s cells: shows that everything works, its figures mean little
  --fresh   forgets the cells that an interrupted run has measured; without it they are taken over
  --repetitions instead of 3 (1 with --quick)
  --minutes its time: noisy cells are measured again, and repetitions begun, only while it lasts
  --write   puts the report and its picture into docs/benchmarks.md
  --profile only 16 clients; each bare system's V8 profiles go to .data/bench-profiles
  --systems only these: ${SYSTEMS.join(', ')}`;

/** 7 systems, 5 cells, 3 repetitions: 26 minutes with drains, so that noisy ones can be repeated. */
const CORE_SECONDS = 11;
const FULL_SECONDS = 30;
const QUICK_SECONDS = 5;
const REPETITIONS = 3;
/** Of the whole run; the start and the report take two of them. */
const MINUTES = { core: 38, full: 180 } as const;
const PROFILED = 'closed, 16 clients';
const LOADS = {
  core: { closed: [1, 16, 64], open: [10, 25] },
  full: { closed: [1, 16, 64], open: [5, 10, 25, 50] },
} as const;

export function planOfPeers(args: readonly string[]): PeersPlan {
  const [name, ...flags] = args;
  if (name !== 'core' && name !== 'full' && name !== 'kill') throw new Error(PEERS_USAGE);
  assertKnown(flags);
  const quick = flags.includes('--quick');
  const profile = flags.includes('--profile');
  const table = name === 'full' ? 'full' : 'core';
  const seconds = quick ? QUICK_SECONDS : table === 'full' ? FULL_SECONDS : CORE_SECONDS;
  return {
    ...{ name: table, quick, profile, fresh: profile || flags.includes('--fresh') },
    minutes: Number(valueOf(flags, '--minutes') ?? MINUTES[table]),
    write: flags.includes('--write'),
    repetitions: Number(valueOf(flags, '--repetitions') ?? (quick ? 1 : REPETITIONS)),
    cells: cellsOf(table, seconds).filter(({ name }) => !profile || name === PROFILED),
    systems: systemsOf(flags, table),
  };
}

function cellsOf(table: keyof typeof LOADS, seconds: number): Cell[] {
  const { closed, open } = LOADS[table];
  return [
    ...closed.map((clients): Cell => {
      const name = `closed, ${clients} ${clients === 1 ? 'client' : 'clients'}`;
      return { name, kind: 'closed', clients, seconds };
    }),
    ...open.map((perSecond): Cell => ({
      name: `open, ${perSecond}/s`,
      kind: 'open',
      perSecond,
      seconds,
    })),
  ];
}

const SWITCHES = ['--quick', '--fresh', '--profile', '--write'];
const VALUED = ['--systems', '--repetitions', '--minutes'];

function valueOf(flags: readonly string[], name: string): string | undefined {
  const at = flags.indexOf(name);
  return at === -1 ? undefined : flags[at + 1];
}

function assertKnown(flags: readonly string[]): void {
  const wrong = flags.find((flag, index) => {
    if (VALUED.includes(flags[index - 1] ?? '')) return false;
    return !SWITCHES.includes(flag) && (!VALUED.includes(flag) || flags[index + 1] === undefined);
  });
  if (wrong !== undefined) throw new Error(`"${wrong}" can't be read.\n\n${PEERS_USAGE}`);
}

function systemsOf(flags: readonly string[], table: keyof typeof LOADS): SystemName[] {
  const listed = valueOf(flags, '--systems');
  if (listed === undefined) return [...(table === 'core' ? CORE_SYSTEMS : DEFAULT_SYSTEMS)];
  return listed.split(',').map((name) => {
    if (!isSystemName(name)) throw new Error(`"${name}" is not a system.\n\n${PEERS_USAGE}`);
    return name;
  });
}

/** Nobody always follows the same neighbour, nor always comes first. */
export function orderOf<T>(systems: readonly T[], turn: number): T[] {
  const start = turn % systems.length;
  return [...systems.slice(start), ...systems.slice(0, start)];
}
