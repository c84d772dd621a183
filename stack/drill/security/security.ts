import { openStage } from '../stage.ts';
import { addressAttacks } from './addresses.ts';
import { attack, conclude } from './attack.ts';
import type { Attack, Verdict } from './attack.ts';
import { jwtAttacks } from './jwt.ts';
import { idempotencyAttacks } from './keys-of-requests.ts';
import { jwksAttacks } from './jwks.ts';
import { matrixAttacks } from './matrix.ts';
import { objectAttacks } from './objects.ts';
import { openRange } from './range.ts';
import type { Range } from './range.ts';
import { taintAttacks } from './taint.ts';
import { throttleAttacks } from './throttles.ts';
import { tlsAttacks } from './tls.ts';
import { wireAttacks } from './wire.ts';

/** Refusals are counted by address, and all attacks come from one; the importer keeps its limit. */
const ROOM = '1000000/60';
const ENVIRONMENT = {
  CP_RATE_LIMIT_REFUSED: ROOM,
  EXPORTER_RATE_LIMIT_REFUSED: ROOM,
  LOG_LEVEL: 'debug',
};

const FAMILIES: readonly (readonly [string, (range: Range) => Promise<readonly Attack[]>])[] = [
  ['tokens', jwtAttacks],
  ['published keys', jwksAttacks],
  ['routes by callers', matrixAttacks],
  ['bytes', wireAttacks],
  ['addresses', addressAttacks],
  ["others' things", objectAttacks],
  ['request keys', idempotencyAttacks],
  ['certificates', tlsAttacks],
  ['leaks', taintAttacks],
  ['guessing', throttleAttacks],
];

/** Every attack of the lists against real processes over real TLS; nothing may get in. */
export async function drillSecurity(): Promise<boolean> {
  const stage = await openStage({ name: 'security', env: ENVIRONMENT });
  const verdicts: Verdict[] = [];
  try {
    const range = await openRange(stage);
    for (const [name, attacksOf] of FAMILIES) {
      stage.say(`attacks: ${name}`);
      const attacks = await attacksOf(range);
      const sending = attack({ name, attacks }, stage.say);
      verdicts.push(await Promise.race([sending, stage.broken]));
    }
    range.close();
  } finally {
    await stage.close();
  }
  return conclude(verdicts, stage.say);
}
