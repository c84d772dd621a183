import type { Script } from './script.ts';

/** A script of a dozen operations and faults needs no more; each try is a whole run. */
const TRIES_MAX = 60;

/** Leaves out operations and faults, one by one, for as long as what is left still breaks. */
export async function shrink(
  script: Script,
  isBroken: (script: Script) => Promise<boolean>,
): Promise<Script> {
  let least = script;
  let tries = 0;
  for (let again = true; again && tries < TRIES_MAX;) {
    again = false;
    for (const smaller of smallerOnes(least)) {
      tries += 1;
      if (tries > TRIES_MAX) break;
      if (!(await isBroken(smaller))) continue;
      least = smaller;
      again = true;
      break;
    }
  }
  return least;
}

function* smallerOnes(script: Script): Generator<Script> {
  const { faults, operations } = script;
  for (const fault of faults) {
    yield { ...script, faults: faults.filter((one) => one !== fault) };
  }
  for (const [index, { atMs, kind }] of operations.entries()) {
    if (kind === 'nothing') continue;
    yield { ...script, operations: operations.with(index, { atMs, kind: 'nothing' }) };
  }
}
