import { openStage } from '../stage.ts';
import { attack, conclude } from './attack.ts';
import type { Attack, Verdict } from './attack.ts';
import { jwtAttacks } from './jwt.ts';
import { matrixAttacks } from './matrix.ts';
import { openRange } from './range.ts';
import type { Range } from './range.ts';
import { tlsAttacks } from './tls.ts';

/** Refusals are counted by address, and all attacks come from one; the importer keeps its limit. */
const ROOM = '1000000/60';
const ENVIRONMENT = { CP_RATE_LIMIT_REFUSED: ROOM, EXPORTER_RATE_LIMIT_REFUSED: ROOM };

const FAMILIES: readonly (readonly [string, (range: Range) => Promise<readonly Attack[]>])[] = [
  ['tokens', jwtAttacks],
  ['routes by callers', matrixAttacks],
  ['certificates', tlsAttacks],
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
