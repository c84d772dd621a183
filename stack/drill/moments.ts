import type { Kysely } from 'kysely';
import type { WlTables } from '../../db/wl/schema.ts';
import { sleep } from './stage.ts';
import type { Stage } from './stage.ts';
import type { WantedState } from './targets.ts';
import { eventually, readOpenTrades } from './trade-rows.ts';
import type { OpenTrade } from './trade-rows.ts';

/** A moment to kill in: trades are open, some in the wanted state where it came up in time. */
export interface Moment {
  readonly open: readonly OpenTrade[];
  readonly reached: boolean;
  /** Wakes the exporter where it was stopped to hold trades in the state. */
  release(): void;
}

const POLL_MS = 8;
// Eight buyers pass through each state every second; what did not come up by then is not coming.
const WAIT_MS = 20_000;
const EXPORTER_PROCESS = 'exporter-gateway';
// Whether a trade still stands FUNDED once the exporter is stopped shows within a statement or two.
const HELD_FAST_MS = 40;
// Two attempts of half a second each, and the commit.
const UNCERTAIN_WITHIN_MS = 3_000;
// Between two tries at a state: the buyers go on meanwhile.
const NEXT_TRY_MS = 300;

/** Waits for the state and answers with the exporter stopped where nothing else holds a trade in it. */
export async function awaitMoment(stage: Stage, wanted: WantedState): Promise<Moment> {
  const { supervisor } = stage.stack;
  const deadline = Date.now() + WAIT_MS;
  const needsSlowness = wanted === 'FUNDED' || wanted === 'UNCERTAIN';
  while (Date.now() < deadline) {
    const seen = needsSlowness ? 'FUNDED' : wanted;
    let open = await pollFor(stage.importer, seen, deadline);
    if (open === undefined) break;
    if (!needsSlowness) return { open, reached: true, release: () => undefined };
    supervisor.pause(EXPORTER_PROCESS);
    const release = (): void => supervisor.resume(EXPORTER_PROCESS);
    if (wanted === 'FUNDED') await sleep(HELD_FAST_MS);
    const until = Date.now() + (wanted === 'FUNDED' ? 0 : UNCERTAIN_WITHIN_MS);
    open = await pollFor(stage.importer, wanted, until);
    if (open !== undefined) return { open, reached: true, release };
    release();
    await sleep(NEXT_TRY_MS);
  }
  return { open: await anyOpen(stage), reached: false, release: () => undefined };
}

/** The open trades as soon as one is in the state; looks at least once. */
async function pollFor(
  db: Kysely<WlTables>,
  state: WantedState,
  deadline: number,
): Promise<readonly OpenTrade[] | undefined> {
  for (;;) {
    const open = await eventually(() => readOpenTrades(db));
    if (open.some((trade) => trade.state === state)) return open;
    if (Date.now() >= deadline) return undefined;
    await sleep(POLL_MS);
  }
}

async function anyOpen({ importer }: Stage): Promise<readonly OpenTrade[]> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const open = await eventually(() => readOpenTrades(importer));
    if (open.length > 0 || Date.now() > deadline) return open;
    await sleep(POLL_MS);
  }
}
