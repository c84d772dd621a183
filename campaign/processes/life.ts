import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { startApproving } from '../../stack/drill/approver.ts';
import { openCheckout } from '../../stack/drill/buyers.ts';
import type { CheckoutDesk } from '../../stack/drill/buyers.ts';
import type { ClientEntry } from '../../stack/drill/client-log.ts';
import { openControlPlane } from '../../stack/drill/control-plane.ts';
import { openAccounts, putUpOffers } from '../../stack/drill/market.ts';
import type { Buyer, DrillOffer } from '../../stack/drill/market.ts';
import { widenLimit } from '../../stack/drill/relationship.ts';
import { openStage, stageFolder } from '../../stack/drill/stage.ts';
import type { Stage } from '../../stack/drill/stage.ts';
import type { Tools } from './blows.ts';
import { createClocks, findFaketime } from './clocks.ts';
import type { Clocks } from './clocks.ts';
import { mountDisk } from './disk.ts';
import type { Disk } from './disk.ts';
import { wire } from './lines.ts';
import type { Lines } from './lines.ts';
import { PROCESSES } from './plan.ts';

/** One stack from its first start to its end: some seeds are run on it, one after the other. */
export interface Life {
  readonly stage: Stage;
  readonly cp: Kysely<CpSchema>;
  readonly tools: Tools;
  readonly desk: CheckoutDesk;
  readonly buyers: readonly Buyer[];
  readonly offers: readonly DrillOffer[];
  /** Of all its seeds: a later fault must not undo what an earlier answer said. */
  readonly entries: ClientEntry[];
  /** What can't be done on this machine, and why. */
  readonly leftOut: readonly string[];
  close(): Promise<void>;
}

const NAME = 'processes';
/** Shorter than the product's, so that a seed comes to rest within its minute; the order stays. */
const ENV = {
  ...{ HOLD_TTL_SECONDS: '20', HOLD_TIDY_SECONDS: '5', ORPHAN_SWEEP_SECONDS: '3' },
  ...{ LEARN_BACKOFF_MAX_MS: '4000', COOL_DOWN_SECONDS: '5', WORK_SWEEP_SECONDS: '5' },
  // Nobody measures rates here: a buyer is stopped from nothing but by faults.
  ...{ RATE_LIMIT_BUY: '100000/60', RATE_LIMIT_BACKOFFICE: '100000/60' },
  ...{ RATE_LIMIT_REFUSED: '100000/60' },
};
const BUYERS = 5;
const DEEP_STOCK = 1_000_000;
const OFFERS = [
  { unitPrice: '12.34', count: 24, available: DEEP_STOCK },
  { unitPrice: '1200.00', count: 6, available: DEEP_STOCK },
];
const LIMIT = '90000000.00';

export const lifeFolder = (): string => stageFolder(NAME);

/** A new stack on an empty folder; the seed decides what its proxies do. */
export async function openLife(seed: number): Promise<Life> {
  const folder = lifeFolder();
  const postgres = join(folder, 'postgres');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // Mounting first takes away what a killed campaign left mounted, and the rest can be removed.
  const mounted = await mountDisk(postgres);
  if (typeof mounted !== 'string') await mounted.unmount();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const disk = await mountDisk(postgres);
  const library = await findFaketime();
  const clocks: Clocks | string =
    library === undefined ? 'faketime is not installed' : createClocks(library, folder);
  try {
    return await openOn({ seed, disk, clocks });
  } catch (error) {
    if (typeof disk !== 'string') await disk.unmount();
    throw error;
  }
}

interface Ground {
  readonly seed: number;
  readonly disk: Disk | string;
  readonly clocks: Clocks | string;
}

async function openOn({ seed, disk, clocks }: Ground): Promise<Life> {
  let lines: Lines | undefined;
  const stage = await openStage({
    name: NAME,
    env: ENV,
    async wire(processes, ports) {
      const wired = await wire(seed, processes, ports);
      lines = wired.lines;
      if (typeof clocks === 'string') return wired.processes;
      const own: ReadonlySet<string> = new Set(PROCESSES);
      return Promise.all(
        wired.processes.map(async (each) => (own.has(each.name) ? clocks.told(each) : each)),
      );
    },
  });
  if (lines === undefined) throw new Error('the stack was started without its lines');
  const opened = lines;
  const cp = openControlPlane(stage);
  const desk = openCheckout(stage);
  let stopApproving: (() => void) | undefined;
  const close = async (): Promise<void> => {
    stopApproving?.();
    await Promise.all([desk.close(), cp.destroy()]);
    await stage.close();
    await opened.close();
    if (typeof disk !== 'string') await disk.unmount();
  };
  try {
    await widenLimit(stage, LIMIT);
    const buyers = await openAccounts(stage, BUYERS);
    const offers = await putUpOffers(stage, OFFERS);
    stopApproving = startApproving(stage).stop;
    return {
      ...{ stage, cp, desk, buyers, offers, close, entries: [] },
      tools: { supervisor: stage.stack.supervisor, lines: opened, disk, clocks },
      leftOut: [
        ...(typeof disk === 'string' ? [`disk: ${disk}`] : []),
        ...(typeof clocks === 'string' ? [`clock: ${clocks}`] : []),
      ],
    };
  } catch (error) {
    await close();
    throw error;
  }
}
