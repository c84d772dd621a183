/**
 * Where a run of faults may stop, fail or end this process: around each call to another party and
 * around each transaction. `answered` and `committed` are the moments after the effect and before
 * anybody here knows of it.
 */
export const FAULT_POINTS = [
  'call.send',
  'call.answered',
  'transaction.begin',
  'transaction.commit',
  'transaction.committed',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

export interface PointFacts {
  /** Method and path of a call, or the pool that a transaction runs on. */
  readonly subject: string;
  /** Makes the same call: for a network that delivers twice, or when nobody waits any more. */
  readonly send?: () => Promise<unknown>;
}

/**
 * Passed by whoever stands at a point; what it throws is what happened there, and while its promise
 * is open that code stands still. Nothing is armed unless a composition hands one in.
 */
export type FaultHandler = (point: FaultPoint, facts: PointFacts) => Promise<void>;

/** What a process does at a point: end at once as by `kill -9`, or fail there. */
type FaultAction = 'kill' | 'fail';

interface ArmedFault {
  readonly point: FaultPoint;
  readonly action: FaultAction;
  /** The passing at which it happens, counted from 1. */
  readonly nth: number;
}

/** In place of a list: at each passing the process that has started this one says when it goes on. */
export const ASK_PARENT = 'parent';

const FORM = /^([a-z.]+)=(kill|fail)@([1-9]\d{0,5})$/;

/** Reads `transaction.committed=kill@3,call.send=fail@1`; undefined where it says anything else. */
export function parseFaultPoints(text: string): readonly ArmedFault[] | undefined {
  const faults: ArmedFault[] = [];
  for (const part of text.split(',')) {
    const [, name, action, nth] = FORM.exec(part.trim()) ?? [];
    const point = FAULT_POINTS.find((one) => one === name);
    if (point === undefined) return undefined;
    faults.push({ point, action: action as FaultAction, nth: Number(nth) });
  }
  return faults;
}

/** The armed points of one process, each of which counts its own passings. */
export function armFaultPoints(faults: readonly ArmedFault[]): FaultHandler {
  const passed = new Map<FaultPoint, number>();
  return async (point) => {
    const nth = (passed.get(point) ?? 0) + 1;
    passed.set(point, nth);
    const fault = faults.find((one) => one.point === point && one.nth === nth);
    if (fault?.action === 'kill') process.kill(process.pid, 'SIGKILL');
    if (fault?.action === 'fail') throw new Error(`the armed fault at ${point}, passing ${nth}`);
  };
}
