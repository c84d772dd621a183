import { StackError } from '../errors.ts';
import { KILL_TARGETS } from './targets.ts';
import type { KillTarget } from './targets.ts';

export type DrillName =
  | 'kill'
  | 'takeover'
  | 'outage'
  | 'concurrency'
  | 'reaction'
  | 'policy'
  | 'signals'
  | 'govern'
  | 'security'
  | 'soak'
  | 'upgrade';

export interface DrillOptions {
  readonly help: boolean;
  /** Which drills, in the order they are run. */
  readonly drills: readonly DrillName[];
  /** How often each process is killed. */
  readonly kills: number;
  readonly targets: readonly KillTarget[];
  readonly buyers: number;
  /** Seconds between two purchases of one buyer. */
  readonly every: number;
  /** How long the importer's gateway is stopped (SIGSTOP) each time. */
  readonly pauseSeconds: number;
  /** Minutes after which no further process is killed; 0: all kills are made. */
  readonly within: number;
  /** How long the Control Plane stays dead in the outage drill, and how long the soak takes. */
  readonly minutes: number;
  /** How often the reaction and the policy drill measure. */
  readonly times: number;
  /** Pairs of the signals drill, and the share of calls that fail there. */
  readonly pairs: number;
  readonly fail: number;
  /** Signals a second in its first run; 0: all at once. */
  readonly rate: number;
}

export const USAGE = `npm run drill -- [kill] [takeover] [outage] [concurrency] [reaction] [policy]
             [signals] [govern] [security] [soak] [upgrade] [options]

  kill            kill -9 and SIGSTOP of every process under buyers, then all invariants
  takeover        the importer's gateway is killed amid its purchases, --kills times with a standby
                  and as often without: how long until the last of them is finished
  outage          purchases while the Control Plane is dead and the importer restarts
  concurrency     one key 50 times, 50 buyers for 3 units, 50 holds against headroom for 7
  reaction        limit crossed by a purchase and by a cut in turn, to the last offer off
  policy          PUT of a policy or relationship to in force at both, with and without nudges
  signals         a signal a pair to doubles that fail, one of them dead; then superseding ones
  govern          kill -9 of what governs, while it governs: limits, settlements, signals,
                  approvals, reversals; then all books against each other
  security        lists of attacks: tokens, certificates, input, every route by every caller
  soak            buyers at an even pace for --minutes: memory, sessions, tables and histories
                  stay flat
  upgrade         a build beside another, made current, the old one drained, under buyers; and
                  changed workflow code before the stored histories
                  (all of them unless some are named)
  --kills=10      how often each process is killed
  --only=a,b      of ${KILL_TARGETS.join(', ')}
  --buyers=8      concurrent buyers
  --every=1       seconds between two purchases of one buyer
  --within=0      minutes after which the kills end early; 0: never
  --pause=20      seconds that the importer's gateway is stopped
  --minutes=10    minutes that the Control Plane stays dead, and of the soak
  --times=200     how often the reaction and the policy drill measure
  --pairs=500     pairs of the signals drill
  --fail=0.3      share of its calls that fail
  --rate=0        signals a second in its first run; 0: all at once
  --help          this text

A private stack in DATA_DIR (.data/drill) on ports from DRILL_PORT_BASE (21000) on; each port can be
moved by its own variable (docs/operations.md).`;

const DRILLS: readonly DrillName[] = [
  'concurrency',
  'kill',
  'takeover',
  'outage',
  'reaction',
  'policy',
  'signals',
  'govern',
  'security',
  'soak',
  'upgrade',
];
/** What "seen to hold" asks for. */
const DEFAULTS = {
  ...{ kills: 10, buyers: 8, every: 1, pause: 20, within: 0, minutes: 10, times: 200 },
  ...{ pairs: 500, fail: 0.3, rate: 0 },
};

export function readDrillOptions(args: readonly string[]): DrillOptions {
  const values = { ...DEFAULTS };
  const drills: DrillName[] = [];
  let targets: readonly KillTarget[] = KILL_TARGETS;
  let help = false;
  for (const arg of args) {
    const [, name = '', value = ''] = /^--(\w+)=(.*)$/.exec(arg) ?? [];
    const drill = DRILLS.find((known) => known === arg);
    if (drill !== undefined) drills.push(drill);
    else if (arg === '--help') help = true;
    else if (name === 'only') targets = value.split(',').map(readTarget);
    else if (name in DEFAULTS) values[name as keyof typeof DEFAULTS] = readNumber(arg, value);
    else throw unknown(`"${arg}" is not an option.`);
  }
  const { pause: pauseSeconds, ...rest } = values;
  return { help, drills: drills.length > 0 ? drills : DRILLS, targets, pauseSeconds, ...rest };
}

function readTarget(name: string): KillTarget {
  const target = KILL_TARGETS.find((known) => known === name);
  if (target === undefined) throw unknown(`"${name}" is none of ${KILL_TARGETS.join(', ')}.`);
  return target;
}

/** A fraction is admitted: half a minute is enough to see that the drill itself works. */
function readNumber(arg: string, text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0) throw unknown(`"${arg}" has no number.`);
  return value;
}

function unknown(message: string): StackError {
  return new StackError({
    code: 'OPTION_UNKNOWN',
    message,
    wayOut: ['See: npm run drill -- --help'],
  });
}
