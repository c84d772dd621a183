import { randomUUID } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { exposureOfPair } from '../../db/cp/pair.ts';
import { formatMinor, minor } from '../../domain/shared/money.ts';
import { checkStack } from '../invariants.ts';
import { EXPORTER, IMPORTER } from '../parties.ts';
import { logIn, putRelationship, type Session } from '../register.ts';
import { openCheckout, type Checkout } from './buyers.ts';
import { openControlPlane, until } from './control-plane.ts';
import { openAccounts, putUpOffers, type Buyer, type DrillOffer } from './market.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { describeForeignCpu, describeTimes, startCpuWatch, timesOf } from './reaction-times.ts';
import { openStage, type Stage } from './stage.ts';

/** The SLO, and what is aimed at (DESIGN.md 7). */
const SLO_MS = 60_000;
const TARGET_P95_MS = 2_000;
const PRICE_MINOR = 25_00n;
/** Above all that a drill sells: nothing is near this limit. */
const WIDE_MINOR = 900_000_000_00n;
const ENV = { RATE_LIMIT_BUY: '100000/60', CP_RATE_LIMIT_ADMIN: '100000/60' };

const PAIR = { src: EXPORTER, dst: IMPORTER };
const SRC = EXPORTER.wlId;
const DST = IMPORTER.wlId;

interface Scene {
  readonly stage: Stage;
  readonly cp: Kysely<CpSchema>;
  readonly session: Session;
  readonly checkout: Checkout;
  readonly buyer: Buyer;
  readonly offers: readonly DrillOffer[];
}

/** What one crossing took, in milliseconds from the fact that crossed the limit. */
interface Crossing {
  readonly how: 'purchase' | 'cut';
  /** To the last offer off, by the stamps of both white labels. */
  readonly offMs: number;
  /** To the ack, which comes after both have committed: an upper bound of the former. */
  readonly ackedMs: number;
  /** From the raised limit to the last offer back. */
  readonly backMs: number;
}

/** From the limit crossed, by a purchase (SOFT) and by a cut (HARD) in turn, to all offers off. */
export async function drillReaction({ times }: DrillOptions): Promise<boolean> {
  const stage = await openStage({ name: 'reaction', env: ENV });
  const { checkout, close } = openCheckout(stage);
  const cp = openControlPlane(stage);
  try {
    const work = async (): Promise<boolean> => {
      const scene = await setScene({ stage, cp, checkout }, Math.ceil(times / 2));
      const crossings = await crossAll(scene, times);
      const quiet = await waitForQuiet(stage);
      const held = await checkStack(stage.stack, stage.progress);
      return crossings && quiet && held;
    };
    return await Promise.race([work(), stage.broken]);
  } finally {
    await close();
    await cp.destroy();
    await stage.close();
  }
}

async function setScene(
  base: Pick<Scene, 'stage' | 'cp' | 'checkout'>,
  purchases: number,
): Promise<Scene> {
  const { stage } = base;
  const session = await logIn(stage.stack);
  await putTerms({ stage, session }, 'SOFT', WIDE_MINOR);
  const [buyer] = await openAccounts(stage, 1);
  if (buyer === undefined) throw new Error('no account was opened');
  const unitPrice = formatMinor(minor(PRICE_MINOR));
  // One for each purchase: the same one again would be in its cool-down.
  const offers = await putUpOffers(stage, [{ unitPrice, available: 2, count: purchases }]);
  return { ...base, session, buyer, offers };
}

async function crossAll(scene: Scene, times: number): Promise<boolean> {
  const { stage } = scene;
  const cpu = startCpuWatch(stage);
  const crossings: Crossing[] = [];
  for (let round = 0; round < times; round += 1) {
    const offer = scene.offers[Math.floor(round / 2)];
    if (offer === undefined) throw new Error('an offer for each purchase was put up');
    const crossing = await cross(scene, round % 2 === 0 ? offer : undefined);
    crossings.push(crossing);
    if ((round + 1) % 10 === 0) {
      const { how, offMs, ackedMs, backMs } = crossing;
      const last = `${how}: off ${offMs} ms, acked ${ackedMs} ms, back ${backMs} ms`;
      stage.say(`${round + 1} of ${times}; the last by a ${last}`);
    }
  }
  return report(stage, crossings, describeForeignCpu(stage, cpu));
}

function report(stage: Stage, crossings: readonly Crossing[], foreign: string): boolean {
  const by = (how: Crossing['how']) => crossings.filter((one) => one.how === how);
  const off = (some: readonly Crossing[]) => timesOf(some.map(({ offMs }) => offMs));
  const acked = timesOf(crossings.map(({ ackedMs }) => ackedMs));
  const all = off(crossings);
  stage.say(`hold of the purchase to last offer off, both: ${describeTimes(off(by('purchase')))}`);
  stage.say(`PUT of the cut to last offer off, both: ${describeTimes(off(by('cut')))}`);
  stage.say(`to the ack of both: ${describeTimes(acked)}`);
  const back = timesOf(crossings.map(({ backMs }) => backMs));
  stage.say(`PUT of the raise to last offer back, both: ${describeTimes(back)}`);
  stage.say(
    `limit crossed to last offer off, ${describeTimes(all)}; SLO ${SLO_MS / 1_000} s, ` +
      `target p95 ${TARGET_P95_MS} ms ${all.p95 < TARGET_P95_MS ? 'met' : 'NOT met'}; ${foreign}`,
  );
  return acked.max < SLO_MS;
}

/** One crossing by a purchase of the offer, or by a cut where there is none, and the way back. */
async function cross(scene: Scene, offer: DrillOffer | undefined): Promise<Crossing> {
  const { stage } = scene;
  const before = await countEligible(stage);
  const last = await lastSequence(scene);
  const since = offer === undefined ? await cutLimit(scene) : await buyOver(scene, offer);
  const off = await signalled(scene, 'DISABLE', last);
  const left = await countEligible(stage);
  if (left !== 0) throw new Error(`${left} offers may still be bought after ${off.id}`);
  const raisedAt = Date.now();
  await putTerms(scene, 'SOFT', WIDE_MINOR);
  const back = await signalled(scene, 'ENABLE', off.sequence);
  const after = await countEligible(stage);
  if (after !== before) throw new Error(`${after} offers are back, and ${before} were there`);
  return {
    how: offer === undefined ? 'cut' : 'purchase',
    offMs: off.appliedAt - since,
    ackedMs: off.ackedAt - since,
    backMs: back.appliedAt - raisedAt,
  };
}

/**
 * Sets a SOFT limit that the next purchase passes, and buys. Answers when the hold was committed:
 * it raises the exposure first, and the trade's own commit comes after it.
 */
async function buyOver(scene: Scene, { offerId }: DrillOffer): Promise<number> {
  const { stage, buyer, checkout } = scene;
  await putTerms(scene, 'SOFT', (await settledExposure(scene)) + PRICE_MINOR / 2n);
  const entry = await checkout({ buyer, offerId, key: randomUUID() });
  const { tradeId = '', status, reason = '', error = '' } = entry;
  if (status !== 'CONFIRMED') throw new Error(`not bought: ${status} ${reason} ${error}`);
  const hold = await stage.exporter
    .selectFrom('hold')
    .select('created_at')
    .where('requester', '=', DST)
    .where('trade_id', '=', tradeId)
    .executeTakeFirstOrThrow();
  return hold.created_at.getTime();
}

/** Halves the limit below the exposure. Answers when the PUT was about to be sent. */
async function cutLimit(scene: Scene): Promise<number> {
  const limit = (await settledExposure(scene)) / 2n;
  const since = Date.now();
  await sendTerms(scene, 'HARD', limit);
  return since;
}

type Terms = Pick<Scene, 'stage' | 'session'>;

async function sendTerms({ session }: Terms, limitMode: 'SOFT' | 'HARD', limit: bigint) {
  return putRelationship(session, PAIR, { limitMode, limitAmount: formatMinor(minor(limit)) });
}

/** Sets the terms and waits until the exporter works with them. */
async function putTerms(scene: Terms, limitMode: 'SOFT' | 'HARD', limit: bigint): Promise<void> {
  const { revision } = await sendTerms(scene, limitMode, limit);
  await until(`revision ${revision} at the exporter`, SLO_MS, async () =>
    scene.stage.exporter
      .selectFrom('relationship')
      .select('revision')
      .where('src', '=', SRC)
      .where('dst', '=', DST)
      .where('revision', '>=', revision)
      .executeTakeFirst(),
  );
}

/** The exposure once the Control Plane has heard of everything that the exporter counts. */
async function settledExposure({ stage, cp }: Scene): Promise<bigint> {
  return until('the Control Plane’s exposure equal to the exporter’s', SLO_MS, async () => {
    const row = await cp
      .selectFrom('pair')
      .selectAll()
      .where('src', '=', SRC)
      .where('dst', '=', DST)
      .executeTakeFirst();
    const own = await stage.exporter
      .selectFrom('pair')
      .select('exposure_minor')
      .where('partner', '=', DST)
      .executeTakeFirst();
    const known = row === undefined ? 0n : exposureOfPair(row);
    return known === (own?.exposure_minor ?? 0n) && row?.reserved_minor === 0n ? known : undefined;
  });
}

async function lastSequence({ cp }: Scene): Promise<bigint> {
  const row = await cp
    .selectFrom('pair')
    .select('signal_sequence')
    .where('src', '=', SRC)
    .where('dst', '=', DST)
    .executeTakeFirst();
  return row?.signal_sequence ?? 0n;
}

interface Signalled {
  readonly id: string;
  readonly sequence: bigint;
  /** Epoch milliseconds, of the later white label. */
  readonly appliedAt: number;
  readonly ackedAt: number;
}

/** Waits for the next signal of the pair to be applied by both, and acked. */
async function signalled(
  { stage, cp }: Scene,
  action: 'DISABLE' | 'ENABLE',
  last: bigint,
): Promise<Signalled> {
  const signal = await until(`a ${action} after ${last}`, SLO_MS, () =>
    cp
      .selectFrom('signal')
      .select(['id', 'sequence'])
      .where('src', '=', SRC)
      .where('dst', '=', DST)
      .where('sequence', '>', last)
      .where('action', '=', action)
      .executeTakeFirst(),
  );
  const applied = [stage.exporter, stage.importer].map((db) =>
    until(`${action} ${signal.sequence} applied`, SLO_MS, () =>
      db
        .selectFrom('signal')
        .select('applied_at')
        .where('id', '=', signal.id)
        .where('status', '=', 'APPLIED')
        .executeTakeFirst(),
    ),
  );
  const stamps = await Promise.all(applied);
  const acked = await until(`${action} ${signal.sequence} acked by both`, SLO_MS, async () => {
    const { rows } = await sql<{ at: Date | null; open: bigint }>`
      SELECT max(acked_at) AS at, count(*) FILTER (WHERE acked_at IS NULL) AS open
        FROM signal_delivery WHERE signal_id = ${signal.id}`.execute(cp);
    const row = rows[0];
    return row?.open === 0n ? (row.at ?? undefined) : undefined;
  });
  return {
    ...signal,
    appliedAt: Math.max(...stamps.map(({ applied_at: at }) => at.getTime())),
    ackedAt: acked.getTime(),
  };
}

async function countEligible({ importer }: Stage): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    SELECT count(*) FROM imported_offer
     WHERE exporter = ${SRC} AND eligible`.execute(importer);
  return Number(rows[0]?.count);
}
