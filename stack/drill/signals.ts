import { randomUUID } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { messageOf } from '../errors.ts';
import { logIn, type Session } from '../register.ts';
import { openControlPlane, until } from './control-plane.ts';
import { inBatches } from './market.ts';
import type { DrillOptions } from './options.ts';
import { describeForeignCpu, describeTimes, startCpuWatch, timesOf } from './reaction-times.ts';
import { failing, openDoubles, type Doubles, type Pair } from './signal-doubles.ts';
import { readParties } from './signal-parties.ts';
import { openStage, sleep, type Stage } from './stage.ts';

/** What is aimed at for the healthy ones, from the committed signal to its ack. */
const TARGET_P95_MS = 5_000;
/** A first run fails often; later waits grow to a minute. */
const ACKED_WITHIN_MS = 300_000;
/** A dead gateway is tried once a minute, and then everything waiting goes at once. */
const DRAINED_WITHIN_MS = 180_000;
const RETRY_MS = 500;
const KILLS = 3;
const BETWEEN_KILLS_MS = 8_000;
// The drill is one operator that works faster than people do.
const ENV = { RATE_LIMIT_ADMIN: '1000000/60', RATE_LIMIT_WL: '1000000/60' };

interface Scene {
  readonly stage: Stage;
  readonly session: Session;
  readonly db: Kysely<CpSchema>;
  readonly doubles: Doubles;
  readonly fail: number;
  /** Signals a second of the first run; 0: as fast as the API takes them. */
  readonly rate: number;
}

type Action = 'DISABLE' | 'ENABLE';

/** Signals to many white labels of which some fail, one is dead, and processes are killed. */
export async function drillSignals({ pairs, fail, rate }: DrillOptions): Promise<boolean> {
  const stage = await openStage({ name: 'signals', env: ENV });
  const db = openControlPlane(stage);
  let doubles: Doubles | undefined;
  try {
    const work = async (): Promise<boolean> => {
      const session = await logIn(stage.stack);
      doubles = await openDoubles(stage, session, { db, pairs });
      stage.say(
        `${doubles.pairs.length} pairs of ${doubles.all.length} doubles and the two real ones`,
      );
      const scene = { stage, session, db, doubles, fail, rate };
      const delivered = await withOneDead(scene);
      return (await superseding(scene)) && delivered;
    };
    return await Promise.race([work(), stage.broken]);
  } finally {
    await doubles?.stop();
    await db.destroy();
    await stage.close();
  }
}

/** One signal a pair; one white label dead until all others have acked. */
async function withOneDead(scene: Scene): Promise<boolean> {
  const { stage, db, doubles, fail } = scene;
  const [dead, ...healthy] = doubles.all;
  if (dead === undefined) throw new Error('there is no double');
  for (const double of healthy) double.behave(failing(fail));
  await dead.down();
  const cpu = startCpuWatch(stage);
  const ids = await signalAll(scene);
  await untilOver(scene, { ids, except: dead.wlId, withinMs: ACKED_WITHIN_MS });
  const times = timesOf(await acksOf(db, ids, dead.wlId));
  const isMet = times.p95 < TARGET_P95_MS;
  stage.say(`signal to ack, ${fail * 100} % of the calls failing: ${describeTimes(times)}`);
  stage.say(
    `target p95 ${TARGET_P95_MS} ms ${isMet ? 'met' : 'NOT met'}; ${describeForeignCpu(stage, cpu)}`,
  );
  const waiting = await countOpen(db, ids);
  const attempts = await attemptsOf(db, ids);
  stage.say(`${attempts} attempts; ${waiting} deliveries wait for the dead one, which comes back`);
  const backAt = Date.now();
  await dead.up();
  await untilOver(scene, { ids, withinMs: DRAINED_WITHIN_MS });
  stage.say(`its backlog had drained after ${((Date.now() - backAt) / 1_000).toFixed(1)} s`);
  stage.say(`notices: ${await noticesOf(db, dead.wlId)}`);
  return judge(scene, ids);
}

/** All at once show what a burst costs; a rate shows how long one signal takes. */
async function signalAll(scene: Scene): Promise<string[]> {
  const { stage, doubles, rate } = scene;
  const { pairs } = doubles;
  stage.say(rate === 0 ? 'all signals at once' : `${rate} signals a second`);
  if (rate === 0) return inBatches(pairs, (pair) => signal(scene, pair, 'DISABLE'));
  const startedAt = Date.now();
  return Promise.all(
    pairs.map(async (pair, index) => {
      await sleep(Math.max(0, startedAt + (index * 1_000) / rate - Date.now()));
      return signal(scene, pair, 'DISABLE');
    }),
  );
}

/** Three signals a pair, one after the other, while the Control Plane's processes are killed. */
async function superseding(scene: Scene): Promise<boolean> {
  const { stage, db, doubles } = scene;
  for (const double of doubles.all) double.behave(failing(scene.fail));
  const killing = killControlPlane(stage);
  const ids: string[] = [];
  for (const action of ['ENABLE', 'DISABLE', 'ENABLE'] as const) {
    ids.push(...(await inBatches(doubles.pairs, (pair) => signal(scene, pair, action))));
  }
  await killing;
  await untilOver(scene, { ids, withinMs: ACKED_WITHIN_MS });
  const states = await statesOf(db, ids);
  stage.say(`superseding signals, cp-api and cp-worker killed ${KILLS} times: ${states}`);
  return judge(scene, ids);
}

async function killControlPlane({ stack, say }: Stage): Promise<void> {
  const { supervisor } = stack;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await sleep(BETWEEN_KILLS_MS);
    for (const name of ['cp-worker', 'cp-api']) {
      await supervisor.stop(name, 'SIGKILL');
      await supervisor.restart(name);
    }
    say(`cp-worker and cp-api were killed and started (${kill})`);
  }
}

/** One key for all tries: a request whose answer was lost makes no second signal. */
async function signal(scene: Scene, { src, dst }: Pair, action: Action): Promise<string> {
  const { cp, token: bearer } = scene.session;
  const headers = { 'Idempotency-Key': randomUUID() };
  const body = { src, dst, action, reason: 'drill' };
  for (;;) {
    try {
      const call = { method: 'POST', body, bearer, headers } as const;
      return (await cp.need<{ id: string }>('/imbalance/signals', call)).id;
    } catch (error) {
      // The API is being killed: it is asked again until it answers.
      scene.stage.progress.print(`  asked again: ${messageOf(error)}`);
      await sleep(RETRY_MS);
    }
  }
}

async function untilOver(
  { db }: Scene,
  wanted: { readonly ids: readonly string[]; readonly except?: string; readonly withinMs: number },
): Promise<void> {
  await until('every delivery is final', wanted.withinMs, async () => {
    await sleep(RETRY_MS);
    return (await countOpen(db, wanted.ids, wanted.except)) === 0 ? true : undefined;
  });
}

async function countOpen(
  db: Kysely<CpSchema>,
  ids: readonly string[],
  except?: string,
): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    SELECT count(*)::int AS open FROM signal_delivery
     WHERE signal_id = ANY(${[...ids]}::uuid[]) AND state IN ('PENDING', 'SENT')
       AND wl_id IS DISTINCT FROM ${except ?? null}`.execute(db);
  return rows[0]?.open ?? 0;
}

/** Milliseconds from the signal to the ack of each delivery. */
async function acksOf(db: Kysely<CpSchema>, ids: readonly string[], except: string) {
  const { rows } = await sql<{ ms: number }>`
    SELECT extract(epoch FROM d.acked_at - s.created_at)::float8 * 1000 AS ms
      FROM signal_delivery d JOIN signal s ON s.id = d.signal_id
     WHERE s.id = ANY(${[...ids]}::uuid[]) AND d.state = 'ACKED' AND d.wl_id <> ${except}`.execute(
    db,
  );
  return rows.map(({ ms }) => ms);
}

async function attemptsOf(db: Kysely<CpSchema>, ids: readonly string[]): Promise<number> {
  const { rows } = await sql<{ attempts: number }>`
    SELECT sum(attempts)::int AS attempts FROM signal_delivery
     WHERE signal_id = ANY(${[...ids]}::uuid[])`.execute(db);
  return rows[0]?.attempts ?? 0;
}

async function statesOf(db: Kysely<CpSchema>, ids: readonly string[]): Promise<string> {
  const { rows } = await sql<{ state: string; count: number }>`
    SELECT state, count(*)::int AS count FROM signal_delivery
     WHERE signal_id = ANY(${[...ids]}::uuid[]) GROUP BY state ORDER BY state`.execute(db);
  return rows.map(({ state, count }) => `${count} ${state}`).join(', ');
}

async function noticesOf(db: Kysely<CpSchema>, wlId: string): Promise<string> {
  const rows = await db
    .selectFrom('notification')
    .select('kind')
    .where('subject', '=', `wl/${wlId}`)
    .orderBy('created_at')
    .execute();
  return rows.map(({ kind }) => kind).join(', ');
}

/** What the Control Plane wrote down against what the doubles did: nothing lost, nothing doubled. */
async function judge({ stage, db, doubles }: Scene, ids: readonly string[]): Promise<boolean> {
  const { rows } = await sql<{
    id: string;
    wl_id: string;
    state: string;
    src: string;
    dst: string;
    action: Action;
    is_last: boolean;
  }>`
    SELECT s.id, d.wl_id, d.state, s.src, s.dst, s.action,
           s.sequence = max(s.sequence) OVER (PARTITION BY s.src, s.dst) AS is_last
      FROM signal_delivery d JOIN signal s ON s.id = d.signal_id
     WHERE s.id = ANY(${[...ids]}::uuid[])`.execute(db);
  const parties = await readParties(stage, doubles);
  const found: string[] = [];
  if (rows.length !== ids.length * 2) found.push(`${rows.length} deliveries of ${ids.length}`);
  for (const row of rows) {
    const party = parties.get(row.wl_id);
    if (party === undefined) throw new Error(`${row.wl_id} is no party of the drill`);
    const times = party.effects.filter(({ id }) => id === row.id).length;
    if (times > 1) found.push(`${row.id} was applied ${times} times at ${row.wl_id}`);
    if (!row.is_last) continue;
    const isDisabled = party.isDisabled(row);
    if (row.state !== 'ACKED') found.push(`the last signal ${row.id} is ${row.state}`);
    if (isDisabled !== (row.action === 'DISABLE')) found.push(`${row.id} is not in force`);
  }
  for (const { wlId, effects } of parties.values()) {
    if (!isInSequence(effects)) found.push(`${wlId} applied signals out of their order`);
  }
  const { length } = found;
  const verdict = length === 0 ? 'none lost, none applied twice' : found.slice(0, 10).join('\n  ');
  stage.say(`${rows.length} deliveries judged: ${verdict}`);
  return length === 0;
}

function isInSequence(effects: readonly { src: string; dst: string; sequence: bigint }[]): boolean {
  const last = new Map<string, bigint>();
  return effects.every(({ src, dst, sequence }) => {
    const before = last.get(`${src}/${dst}`) ?? 0n;
    last.set(`${src}/${dst}`, sequence);
    return sequence > before;
  });
}
