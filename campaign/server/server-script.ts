import type { Fault } from '../faults.ts';
import type { Operation, Script } from '../script.ts';

/** Longer silences find nothing more here, and on the real server they take real time. */
const SILENCE_MAX_MS = 100_000;

/** A seed's script as it runs on the real server. */
export function forServer(script: Script): Script {
  return {
    ...script,
    operations: script.operations.map((one): Operation =>
      'forMs' in one ? { ...one, forMs: Math.min(one.forMs, SILENCE_MAX_MS) } : one,
    ),
    faults: script.faults.map((fault): Fault =>
      fault.ms === undefined ? fault : { ...fault, ms: Math.min(fault.ms, SILENCE_MAX_MS) },
    ),
  };
}
