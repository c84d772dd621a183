import { EXPORTER, IMPORTER, WL_PARTIES, type WlParty } from '../parties.ts';
import { logIn, putRelationship, type Session } from '../register.ts';
import { until } from './control-plane.ts';
import type { DrillOptions } from './options.ts';
import { describeForeignCpu, describeTimes, startCpuWatch, timesOf } from './reaction-times.ts';
import { openStage, sleep, type Stage } from './stage.ts';

/** The SLO, and what is aimed at (DESIGN.md 7). */
const SLO_MS = 300_000;
const TARGET_P95_MS = 5_000;
/** Without a nudge the schedule brings it, every 30 s. */
const BY_PULL_MS = 60_000;
const BLOCKED_ROUNDS = 3;
/** Rounds that start in every part of the pull's period, so that none is lucky. */
const BLOCKED_PAUSE_MS = 11_000;

interface Scene {
  readonly stage: Stage;
  readonly session: Session;
}

/** From the PUT of a policy to its being in force at both white labels: with nudges and without. */
export async function drillPolicy({ times }: DrillOptions): Promise<boolean> {
  const stage = await openStage({ name: 'policy' });
  try {
    const work = async (): Promise<boolean> => {
      const scene = { stage, session: await logIn(stage.stack) };
      const nudged = await withNudges(scene, times);
      return (await withoutNudges(scene)) && nudged;
    };
    return await Promise.race([work(), stage.broken]);
  } finally {
    await stage.close();
  }
}

async function withNudges(scene: Scene, times: number): Promise<boolean> {
  const { stage } = scene;
  const cpu = startCpuWatch(stage);
  const policies: number[] = [];
  const relationships: number[] = [];
  for (let round = 1; round <= times; round += 1) {
    if (round % 2 === 1) policies.push(await changePolicies(scene, round));
    else relationships.push(await changeRelationship(scene, round));
    if (round % 20 === 0) stage.say(`${round} of ${times}`);
  }
  const all = timesOf([...policies, ...relationships]);
  stage.say(`policies, PUT to in force at both: ${describeTimes(timesOf(policies))}`);
  stage.say(`relationship, PUT to in force at both: ${describeTimes(timesOf(relationships))}`);
  stage.say(
    `together ${describeTimes(all)}; SLO ${SLO_MS / 1_000} s, target p95 ${TARGET_P95_MS} ms ` +
      `${all.p95 < TARGET_P95_MS ? 'met' : 'NOT met'}; ${describeForeignCpu(stage, cpu)}`,
  );
  return all.max < SLO_MS;
}

/** Nobody nudges while the Control Plane's worker is down; the API goes on taking changes. */
async function withoutNudges(scene: Scene): Promise<boolean> {
  const { stage } = scene;
  const { supervisor } = stage.stack;
  await supervisor.stop('cp-worker');
  stage.say('the Control Plane’s worker is down: nobody nudges');
  const cpu = startCpuWatch(stage);
  const all: number[] = [];
  for (let round = 1; round <= BLOCKED_ROUNDS; round += 1) {
    all.push(await changeRelationship(scene, round));
    stage.say(`by pull alone: ${Math.round(all.at(-1) ?? 0)} ms`);
    await sleep(BLOCKED_PAUSE_MS);
  }
  await supervisor.restart('cp-worker');
  const times = timesOf(all);
  stage.say(
    `by pull alone, ${describeTimes(times)}; has to be under ${BY_PULL_MS} ms; ` +
      describeForeignCpu(stage, cpu),
  );
  return times.max < BY_PULL_MS;
}

/** A new label is a revision that changes nothing else. */
async function changePolicies({ stage, session }: Scene, round: number): Promise<number> {
  const since = Date.now();
  const ends = WL_PARTIES.map(async (party) => {
    const path = `/admin/api/wls/${party.wlId}/policies`;
    const { revision } = await session.cp.need<{ revision: number }>(path, {
      method: 'PUT',
      bearer: session.token,
      body: { policyRevision: `drill ${since} ${round}` },
    });
    return inForce(stage, party, { kind: 'POLICY', src: party.wlId, dst: party.wlId, revision });
  });
  return Math.max(...(await Promise.all(ends))) - since;
}

/** The alert threshold decides nothing at the white labels. */
async function changeRelationship({ stage, session }: Scene, round: number): Promise<number> {
  const { cp, token: bearer } = session;
  const path = `/admin/api/relationships/${EXPORTER.wlId}/${IMPORTER.wlId}`;
  const { thresholds } = await cp.need<{ thresholds: { alert: number } }>(path, { bearer });
  const alert = thresholds.alert === 80 ? 79 : 80;
  const since = Date.now();
  const pair = { src: EXPORTER, dst: IMPORTER };
  const { revision } = await putRelationship(session, pair, {
    thresholds: { ...thresholds, alert },
    updatedSource: `drill ${round}`,
  });
  const change = {
    kind: 'RELATIONSHIP',
    src: EXPORTER.wlId,
    dst: IMPORTER.wlId,
    revision,
  } as const;
  const ends = await Promise.all(WL_PARTIES.map((party) => inForce(stage, party, change)));
  return Math.max(...ends) - since;
}

interface Change {
  readonly kind: 'POLICY' | 'RELATIONSHIP';
  readonly src: string;
  readonly dst: string;
  readonly revision: number;
}

/** Epoch milliseconds at which a white label put it in force, by its own row. */
async function inForce(stage: Stage, party: WlParty, change: Change): Promise<number> {
  const db = party === EXPORTER ? stage.exporter : stage.importer;
  const { kind, src, dst, revision } = change;
  const applied = await until(`${kind} ${revision} at the ${party.slug}`, SLO_MS, () =>
    db
      .selectFrom('applied_revision')
      .select('applied_at')
      .where('kind', '=', kind)
      .where('src', '=', src)
      .where('dst', '=', dst)
      // A pull that came later brings the newer revision alone.
      .where('revision', '>=', revision)
      .orderBy('revision')
      .executeTakeFirst(),
  );
  return applied.applied_at.getTime();
}
