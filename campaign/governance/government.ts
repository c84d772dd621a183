import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { exposureOfPair } from '../../db/cp/pair.ts';
import { saveSecret, POLICY_SECRET, SIGNAL_SECRET } from '../../db/wl/control-tokens.ts';
import { formatMinor, minor } from '../../domain/shared/money.ts';
import { EXPORTER, IMPORTER } from '../../test/wl/documents.ts';
import { Engine } from '../engine/engine.ts';
import type { Chance } from '../chance.ts';
import type { Faults } from '../faults.ts';
import type { Ground, Slug } from '../ground.ts';
import type { CampaignParty } from '../party.ts';
import type { Schedule } from '../schedule.ts';
import { tolerate } from '../tolerate.ts';
import { openDesk, type Desk } from './desk.ts';
import { pullOf } from './pull.ts';

export interface GovernmentOptions {
  readonly ground: Ground;
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly chance: Chance;
}

const SWEEP_MS = 15_000;
/** More seldom than a white label pulls, so that a long calm costs little: nudges bring the most. */
const PULL_MS = 90_000;
/** A pull whose worker says nothing is given to another, beside which the first may wake. */
const LOST_MS = 10_000;
/** In real time: half a minute of a machine that has no time for us. */
const BEGIN_TRIES = 30;
const BEGIN_PAUSE_MS = 1_000;
const HEARTBEAT_SHARE = 0.1;
const PERCENT = 100n;

/** Before a seed begins nothing is meant to fail: on a busy machine it is tried again. */
async function insist(work: () => Promise<unknown>): Promise<void> {
  for (let left = BEGIN_TRIES; ; left -= 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await delay(BEGIN_PAUSE_MS);
    }
  }
}

/** The Control Plane of one seed: what it orders runs on an engine of its own, and both sides pull. */
export class Government {
  readonly engine: Engine;
  readonly desk: Desk;
  /** Heads of the Control Plane's chain that a white label did not believe. */
  readonly refusedHeads: string[] = [];
  readonly #ground: Ground;
  readonly #schedule: Schedule;
  readonly #pulls: Readonly<Record<Slug, () => Promise<void>>>;
  readonly #pulling = new Set<Slug>();
  readonly #again = new Set<Slug>();
  /** Before that nothing runs beside what begins a seed. */
  #hasBegun = false;
  #orders: 'idle' | 'starting' | 'again' = 'idle';

  constructor({ ground, schedule, faults, chance }: GovernmentOptions) {
    const { controlPlane, calls, clock, log } = ground;
    this.#ground = ground;
    this.#schedule = schedule;
    this.engine = new Engine({
      ...{ name: 'cp', schedule, sandbox: ground.controlSandbox },
      activities: controlPlane.office.activities,
      pass: (point, label) => faults.pass(point, `cp ${label}`),
      isHeartbeatDue: () => chance.isHit(HEARTBEAT_SHARE),
    });
    this.desk = openDesk(controlPlane.url, { people: controlPlane.people, calls });
    const pull = (party: CampaignParty): (() => Promise<void>) =>
      pullOf(party, {
        ...{ cpUrl: controlPlane.url, clock: () => new Date(clock.now()), log },
        onHeadRefused: ({ refusal, seq }) =>
          void this.refusedHeads.push(`${party.slug} refuses head ${seq}: ${refusal}`),
      });
    const { importer, exporter } = ground.parties;
    this.#pulls = { importer: pull(importer), exporter: pull(exporter) };
  }

  /** What a registration leaves behind, and the first pull of each side. */
  async begin(terms: object): Promise<void> {
    const { parties, controlPlane } = this.#ground;
    for (const { node, config } of Object.values(parties)) {
      const { db, sealer } = node.database;
      const secrets = controlPlane.secretsOf(config.wl.id);
      await saveSecret(db, sealer, POLICY_SECRET, secrets.policySecret);
      await saveSecret(db, sealer, SIGNAL_SECRET, secrets.signalSecret);
    }
    await insist(async () => {
      const { status, text } = await this.desk.govern(terms);
      if (status !== 200) throw new Error(`no relationship: ${text}`);
    });
    await insist(() => controlPlane.office.startOrders());
    for (const pull of Object.values(this.#pulls)) await insist(pull);
    this.#hasBegun = true;
  }

  /** The schedules of the Control Plane's worker and of both white labels'. */
  keepUp(): void {
    this.#every(SWEEP_MS, () => {
      this.#asProcess('cp sweeps', () => this.#ground.controlPlane.office.sweep());
    });
    this.#every(PULL_MS, () => this.pullBoth());
  }

  #every(ms: number, run: () => void): void {
    this.#schedule.at(this.#schedule.now() + ms, () => {
      run();
      this.#every(ms, run);
    });
  }

  /** A thread of its own, which may die: what it leaves behind the next one finds. */
  #asProcess(name: string, work: () => Promise<void>): void {
    this.#schedule.spawn(name, async (own) => {
      own.onLost = () => undefined;
      await tolerate(work());
    });
  }

  /** One start at a time, as in a process; who orders amid it has another follow. */
  onOrders(): void {
    if (!this.#hasBegun) return;
    if (this.#orders !== 'idle') {
      this.#orders = 'again';
      return;
    }
    this.#orders = 'starting';
    this.#schedule.spawn('cp starts orders', async (own) => {
      own.onLost = () => this.#started();
      await tolerate(this.#ground.controlPlane.office.startOrders());
      if (!own.isKilled) this.#started();
    });
  }

  #started(): void {
    const isAgain = this.#orders === 'again';
    this.#orders = 'idle';
    if (isAgain) this.onOrders();
  }

  onLook(workflowIds: readonly string[]): void {
    if (workflowIds.length === 0) return;
    this.#asProcess('cp tells', () => this.#ground.controlPlane.office.tell(workflowIds));
  }

  /** In place of a revision's workflow: both sides are told to pull. */
  async onRevision(workflowId: string): Promise<void> {
    if (!this.#hasBegun) return this.#ground.controlPlane.office.finish(workflowId);
    this.#asProcess('cp revises', () => this.#ground.controlPlane.office.finish(workflowId));
    this.pullBoth();
  }

  pullBoth(): void {
    this.pullSoon('importer');
    this.pullSoon('exporter');
  }

  /** One at a time; who is told amid a pull pulls once more. */
  pullSoon(slug: Slug): void {
    if (this.#pulling.has(slug)) {
      this.#again.add(slug);
      return;
    }
    this.#pulling.add(slug);
    this.#schedule.spawn(`${slug} pulls`, async (own) => {
      own.onLost = () => {
        this.#pulled(slug);
        this.#schedule.at(this.#schedule.now() + LOST_MS, () => this.pullSoon(slug));
      };
      await tolerate(this.#pulls[slug]());
      this.#pulled(slug);
    });
  }

  #pulled(slug: Slug): void {
    this.#pulling.delete(slug);
    if (this.#again.delete(slug)) this.pullSoon(slug);
  }

  /** A part of what the importer owes by the Control Plane's books; nothing where it owes nothing. */
  async partOfDebt(percent: number): Promise<string | undefined> {
    const row = await this.#ground.controlPlane.db
      .selectFrom('pair')
      .selectAll()
      .where('src', '=', EXPORTER)
      .where('dst', '=', IMPORTER)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const amount = ((exposureOfPair(row) - row.reserved_minor) * BigInt(percent)) / PERCENT;
    return amount > 0n ? formatMinor(minor(amount)) : undefined;
  }

  /** Deliveries of signals and settlements that a white label has not taken yet. */
  async open(): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`
      SELECT (SELECT count(*) FROM signal_delivery WHERE state IN ('PENDING', 'SENT'))
           + (SELECT count(*) FROM settlement_delivery WHERE applied_at IS NULL) AS count`.execute(
      this.#ground.controlPlane.db,
    );
    return Number(rows[0]?.count ?? 0n);
  }
}
