import { StackError, formatStackError, messageOf } from '../errors.ts';
import { drillConcurrency } from './concurrency.ts';
import { drillKills } from './kill.ts';
import { USAGE, readDrillOptions } from './options.ts';
import type { DrillName, DrillOptions } from './options.ts';
import { drillGovernance } from './govern.ts';
import { drillOutage } from './outage.ts';
import { drillPolicy } from './policy.ts';
import { drillReaction } from './reaction.ts';
import { drillSecurity } from './security/security.ts';
import { drillSignals } from './signals.ts';
import { drillSoak } from './soak/soak.ts';
import { drillTakeover } from './takeover.ts';
import { drillUpgrade } from './upgrade.ts';

/** `npm run drill`: real processes are killed and stopped while members buy, then all is judged. */

const DRILLS: Readonly<Record<DrillName, (options: DrillOptions) => Promise<boolean>>> = {
  kill: drillKills,
  takeover: drillTakeover,
  outage: drillOutage,
  concurrency: drillConcurrency,
  reaction: drillReaction,
  policy: drillPolicy,
  signals: drillSignals,
  govern: drillGovernance,
  security: drillSecurity,
  soak: drillSoak,
  upgrade: drillUpgrade,
};

async function main(): Promise<number> {
  const options = readDrillOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const results: string[] = [];
  let held = true;
  for (const name of options.drills) {
    const startedAt = Date.now();
    const isHeld = await DRILLS[name](options);
    const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1);
    results.push(`${name}: ${isHeld ? 'holds' : 'DOES NOT HOLD'} (${minutes} min)`);
    held &&= isHeld;
  }
  process.stdout.write(`\n${results.join('\n')}\n`);
  return held ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const stack = error instanceof Error ? error.stack : undefined;
    const text = error instanceof StackError ? formatStackError(error) : stack;
    process.stderr.write(`\n${text ?? messageOf(error)}\n`);
    process.exit(Number(process.exitCode ?? 1) || 1);
  },
);
