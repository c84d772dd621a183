import { join } from 'node:path';
import { EXPORTER, IMPORTER, tlsUrl } from '../../stack/parties.ts';
import { openBenchStack } from '../bench-stack.ts';
import type { WatchedProcess } from '../cpu.ts';
import { confirmsBetween, readConfirms, type ConfirmFigures } from '../exporter-slo.ts';
import type { Answer, Attempt, Load } from '../load.ts';
import type { Purchase } from '../market.ts';
import { verifyOutcomes } from '../verify.ts';
import type { FullName } from './contract.ts';
import type { EngineSetting } from './engines.ts';
import type { Verified } from './outcome.ts';

/** The whole product, with its own database server and engine, as in the local stack. */
export interface FullSystem {
  readonly load: Load<Purchase>;
  readonly watched: readonly WatchedProcess[];
  verify(attempts: readonly Attempt<Purchase>[]): Promise<Verified>;
  /** Since the last call of this. */
  confirms(): Promise<ConfirmFigures>;
}

export interface FullSetting {
  readonly name: FullName;
  readonly signal: AbortSignal;
  /** Of a Temporal server that runs; without one the stack starts its own. */
  readonly temporalAddress: string | undefined;
}

export async function startFull(
  setting: EngineSetting,
  { name: system, signal, temporalAddress }: FullSetting,
): Promise<FullSystem> {
  const dataDir = join(setting.dataDir, system);
  const env = temporalAddress === undefined ? {} : { TEMPORAL_ADDRESS: temporalAddress };
  const { stack, books, market, buyAt } = await openBenchStack({
    ...setting,
    dataDir,
    signal,
    env,
  });
  const buy: (purchase: Purchase) => Promise<Answer> = buyAt(tlsUrl(IMPORTER, stack.ports));
  const exporter = stack.web(EXPORTER);
  let counted = await readConfirms(exporter);
  return {
    load: { next: () => market.next(), buy },
    watched: stack.supervisor.names().flatMap((name) => {
      const pid = stack.supervisor.pid(name);
      return pid === undefined ? [] : [{ name: `${system} ${name}`, pid, withChildren: true }];
    }),
    async verify(attempts) {
      const startedAt = performance.now();
      const { checked, wrong, confirmedLater } = await verifyOutcomes(books, attempts);
      const drainedMs = performance.now() - startedAt;
      return { checked, wrong, confirmedLater, unresolved: 0, repeatedCalls: 0, drainedMs };
    },
    async confirms() {
      const before = counted;
      counted = await readConfirms(exporter);
      return confirmsBetween(before, counted);
    },
  };
}
