import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql } from 'kysely';
import { callJson, type CallAnswer } from '../activities/clients/agent.ts';
import { createOrphanSweepActivities } from '../activities/upkeep/orphan-sweep.ts';
import { createAccount, creditAccount } from '../db/wl/accounts.ts';
import { saveDocument, saveToken } from '../db/wl/control-tokens.ts';
import { expireDue } from '../db/wl/holds/expire.ts';
import { applyOfferSync, type ListedOffer } from '../db/wl/imported-offers.ts';
import { outboxLag } from '../db/wl/outbox.ts';
import { createOffer, updateOffer } from '../db/wl/offers.ts';
import { minor } from '../domain/shared/money.ts';
import { CONTROL_PLANE } from '../runtime/tokens.ts';
import { EXPORTER, IMPORTER } from '../test/wl/documents.ts';
import { govern, type Parties, type Terms } from '../test/support/governance.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { Ground, Slug } from './ground.ts';
import type { CampaignParty, SeedEngine } from './party.ts';
import { Engine } from './engine/engine.ts';
import { Government } from './governance/government.ts';
import { PRIVATE } from './markers.ts';
import { Schedule } from './schedule.ts';
import { tolerate } from './tolerate.ts';

/** A member, its token and what it buys with. */
export interface Member {
  readonly accountId: string;
  readonly token: string;
}

export interface Shown {
  readonly offerId: string;
  readonly originOfferId: string;
}

export interface WorldOptions {
  readonly ground: Ground;
  readonly chance: Chance;
  readonly makeFaults: (schedule: Schedule) => Faults;
  /** The Control Plane takes part: what it decides reaches both sides by its own ways. */
  readonly isGoverned: boolean;
  /** In place of the double: the real server, whose time passes by itself. */
  readonly real?: RealEngine | undefined;
}

export interface RealEngine {
  readonly schedule: Schedule;
  readonly engines: Readonly<Record<Slug, SeedEngine>>;
  /** Nothing of the seed is left at the engine. */
  end(): Promise<void>;
}

const CONTEXT = { actor: 'campaign', source: 'campaign', correlationId: 'campaign' };
const SWEEP_MS = 15_000;
const TIDY_MS = 60_000;
/** More seldom than the relay looks, so that a long calm costs little. */
const REPORT_MS = 10_000;
/** Looks that a relay takes amid what goes on at one moment. */
const REPORT_ROUNDS = 4;
const CALL_MS = 30_000;

/** A worker tells of a long task at 80 % of its time-out: now and then, amid the steps. */
const HEARTBEAT_SHARE = 0.1;
/** A sweep that fails is part of the plan, and the next comes. */
const SILENT = new DefaultLogger('ERROR');
/** Tokens outlive every seed on the campaign's clock. */
const TOKEN_LIFE_MS = 30 * 86_400_000;

/** Two white labels for one seed, on databases that were emptied for it. */
export class World {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly engines: Readonly<Record<Slug, SeedEngine>>;
  readonly importer: CampaignParty;
  readonly exporter: CampaignParty;
  /** In a seed that the Control Plane governs. */
  readonly government: Government | undefined;
  readonly #ground: Ground;
  readonly #listed: ListedOffer[] = [];
  readonly #reporting = new Set<Slug>();
  readonly #real: RealEngine | undefined;

  private constructor({ ground, chance, makeFaults, isGoverned, real }: WorldOptions) {
    this.#ground = ground;
    this.#real = real;
    this.schedule = real?.schedule ?? new Schedule(chance, ground.clock);
    this.faults = makeFaults(this.schedule);
    this.importer = ground.parties.importer;
    this.exporter = ground.parties.exporter;
    const engine = (slug: Slug): Engine =>
      new Engine({
        name: slug,
        ...{ sandbox: ground.sandbox, schedule: this.schedule },
        activities: ground.parties[slug].activities,
        pass: (point, label) => this.faults.pass(point, `${slug} ${label}`),
        isHeartbeatDue: () => chance.isHit(HEARTBEAT_SHARE),
      });
    this.engines = real?.engines ?? { importer: engine('importer'), exporter: engine('exporter') };
    const { schedule, faults } = this;
    this.government = isGoverned ? new Government({ ground, schedule, faults, chance }) : undefined;
    faults.onDown = (party, ms) => this.crash(party, ms);
  }

  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options);
    await options.ground.empty();
    const { government } = world;
    options.ground.enter({
      ...world,
      control: government?.engine,
      onPull: (slug) => world.pull(slug),
      onOrders: () => government?.onOrders(),
      onLook: (ids) => government?.onLook(ids),
      onOther: async (workflowId) => government?.onRevision(workflowId),
    });
    await world.#introduce();
    if (government !== undefined) await world.#stranger();
    return world;
  }

  get #parties(): Parties {
    const { importer, exporter } = this;
    const network = { port: exporter.config.listen.tlsPort };
    return { importer, exporter, network } as unknown as Parties;
  }

  /** What a first pull leaves behind. */
  async #introduce(): Promise<void> {
    const { issuer } = this.#ground;
    const { importer, exporter } = this;
    for (const [own, partner] of [
      [importer, exporter],
      [exporter, importer],
    ] as const) {
      const { db, sealer } = own.node.database;
      await saveDocument(db, 'jwks', issuer.published() as never);
      const audience = partner.config.wl.id;
      const until = Date.now() + TOKEN_LIFE_MS;
      const token = await issuer.issue({
        ...{ sub: own.config.wl.id, aud: audience, exp: Math.floor(until / 1_000) },
        scope: 'offers:sync trader:purchase trader:decision',
        cnf: { 'x5t#S256': own.node.thumbprint() },
      });
      const life = { issuedAt: new Date(), expiresAt: new Date(until) };
      await saveToken(db, sealer, { kind: 'PEER', audience, token, ...life });
      const reporting = await issuer.issue({
        ...{ sub: own.config.wl.id, aud: CONTROL_PLANE, exp: Math.floor(until / 1_000) },
        scope: 'policies:read telemetry:write signals:ack',
        cnf: { 'x5t#S256': own.node.thumbprint() },
      });
      const kept = { kind: 'WL', audience: CONTROL_PLANE, token: reporting, ...life } as const;
      await saveToken(db, sealer, kept);
    }
  }

  /** Somebody at the exporter, who is nobody's business elsewhere. */
  async #stranger(): Promise<void> {
    const { db, sealer } = this.exporter.node.database;
    await createAccount(db, sealer, { ...PRIVATE.exporter, buyOffer: true }, CONTEXT);
  }

  /** Runs the upkeep that a white label has on schedules. */
  keepUp(): void {
    const sweep = (): void => {
      this.schedule.spawn('sweep', () => this.sweep());
      this.schedule.at(this.schedule.now() + SWEEP_MS, sweep);
    };
    const tidy = (): void => {
      this.schedule.spawn('tidy', async () => {
        await tolerate(expireDue(this.exporter.node.database.db, { all: true }));
      });
      this.schedule.at(this.schedule.now() + TIDY_MS, tidy);
    };
    const report = (): void => {
      this.report();
      this.schedule.at(this.schedule.now() + REPORT_MS, report);
    };
    this.schedule.at(this.schedule.now() + SWEEP_MS, sweep);
    this.schedule.at(this.schedule.now() + TIDY_MS, tidy);
    this.schedule.at(this.schedule.now() + REPORT_MS, report);
    this.government?.keepUp();
  }

  /** `kill -9` of all workers of a party. */
  crash(party: string, forMs: number): void {
    if (party === 'cp') this.government?.engine.crash(forMs);
    else this.engines[party === 'exporter' ? 'exporter' : 'importer'].crash(forMs);
  }

  /** Both relays, beside whatever goes on; one that is stopped or killed is replaced. */
  report(): void {
    for (const party of [this.importer, this.exporter]) {
      if (this.#reporting.has(party.slug)) continue;
      this.#reporting.add(party.slug);
      this.schedule.spawn(`${party.slug} reports`, async (own) => {
        own.onLost = () => void this.#reporting.delete(party.slug);
        for (let round = 0; round < REPORT_ROUNDS; round += 1) {
          const isSent = await relayed(this.#ground.controlPlane.relay(party));
          // Where only relays move, nothing more can come: a long calm costs one look each.
          if (!isSent && this.schedule.movers <= this.#reporting.size) break;
          // The next look is at what the others have committed by then.
          await this.schedule.pass(true);
        }
        this.#reporting.delete(party.slug);
      });
    }
  }

  /** Events that the Control Plane has not answered yet. */
  async unsent(): Promise<number> {
    const counts = [this.importer, this.exporter].map(({ slug }) =>
      outboxLag(this.#ground.databases[slug].db),
    );
    return (await Promise.all(counts)).reduce((sum, { unsent }) => sum + unsent, 0);
  }

  async sweep(): Promise<void> {
    for (const { node } of [this.importer, this.exporter]) {
      const sweeps = createOrphanSweepActivities({
        db: node.database.db,
        starter: node.starter,
        log: this.#ground.log,
        startRelay: async () => false,
      });
      const run = new MockActivityEnvironment(undefined, { logger: SILENT });
      await tolerate(run.run(sweeps.sweepTrades));
      await tolerate(run.run(sweeps.sweepApprovals));
    }
  }

  async offer(stock: number, unitPriceMinor: bigint): Promise<Shown> {
    const category = { id: '7', name: 'Turismo' };
    const entity = { id: 'e1', name: 'Hotel da Serra' };
    const title = 'Diária em hotel na serra';
    const createdAt = new Date('2026-01-01T00:00:00.000Z');
    const made = await createOffer(
      this.exporter.node.database.db,
      {
        ...{ title, category, entity, unitPriceMinor, createdAt },
        ...{ currency: 'XEX', available: stock, status: 'ENABLED' },
      },
      CONTEXT,
    );
    if (!made.ok) throw new Error(made.code);
    const originOfferId = made.value.offer_id;
    const unitPrice = minor(unitPriceMinor);
    const facts = { originOfferId, title, category, entity, unitPrice };
    this.#listed.push({ ...facts, currency: 'XEX', available: stock });
    await this.syncOffers();
    const { db } = this.importer.node.database;
    const row = await db
      .selectFrom('imported_offer')
      .select('offer_id')
      .where('origin_offer_id', '=', originOfferId)
      .executeTakeFirstOrThrow();
    return { offerId: row.offer_id, originOfferId };
  }

  async syncOffers(): Promise<void> {
    const own = { wlId: IMPORTER, currency: 'XIM' };
    await applyOfferSync(this.importer.node.database.db, own, EXPORTER, this.#listed);
  }

  /** The exporter changes an offer; the importer hears of it with the next refusal or sync. */
  async reprice({ originOfferId }: Shown, unitPriceMinor: bigint): Promise<void> {
    const { db } = this.exporter.node.database;
    await tolerate(updateOffer(db, originOfferId, { unitPriceMinor }, CONTEXT));
  }

  async member(fundsMinor: bigint): Promise<Member> {
    const { db, sealer } = this.importer.node.database;
    const account = { ...PRIVATE.importer, buyOffer: true };
    const made = await createAccount(db, sealer, account, CONTEXT);
    for (const currency of ['XIM', 'BRL']) {
      const credit = { accountId: made.accountId, currency, amountMinor: fundsMinor };
      const key = { note: 'campaign', key: currency, fingerprint: currency };
      await creditAccount(db, { ...credit, ...key }, CONTEXT);
    }
    return made;
  }

  async govern(at: 'importer' | 'exporter' | 'both', terms: Terms): Promise<void> {
    const parties = this.#parties;
    if (at !== 'importer') await tolerate(govern(parties, parties.exporter, terms));
    if (at !== 'exporter') await tolerate(govern(parties, parties.importer, terms));
  }

  /** The importer catches up on offers, and in a governed seed both with what governs them. */
  async pull(slug: Slug): Promise<void> {
    this.government?.pullSoon(slug);
    await tolerate(this.syncOffers());
  }

  buy(
    member: Member,
    offer: Shown,
    { key, quantity }: { key: string; quantity: number },
  ): Promise<CallAnswer> {
    return this.#call(this.importer, `/api/v2/checkout/imported-offer/${offer.offerId}`, {
      headers: { 'idempotency-key': key },
      body: { accountId: member.accountId, token: member.token, quantity },
    });
  }

  reverse(member: Member, tradeId: string, key: string): Promise<CallAnswer> {
    return this.#call(this.importer, `/api/v2/purchases/${tradeId}/reverse`, {
      headers: {
        'idempotency-key': key,
        'x-account-id': member.accountId,
        'x-account-token': member.token,
      },
      body: { reason: 'a campaign changed its mind' },
    });
  }

  decide(tradeId: string, decision: 'approve' | 'reject'): Promise<CallAnswer> {
    return this.#call(this.exporter, `/api/v2/trader/purchases/${tradeId}/${decision}`, {
      ...(decision === 'reject' && { body: { reason: 'not this time' } }),
    });
  }

  #call(
    party: CampaignParty,
    path: string,
    { headers, body }: { headers?: Record<string, string>; body?: unknown },
  ): Promise<CallAnswer> {
    return callJson({
      agent: this.#ground.calls,
      method: 'POST',
      url: `${party.url}${path}`,
      headers: { 'x-correlation-id': randomUUID(), ...headers },
      ...(body !== undefined && { body }),
      timeoutMs: CALL_MS,
    });
  }

  /** Trades that are not over, or owe a cancel. */
  async openTrades(): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`
      SELECT count(*) AS count FROM trade
       WHERE cancel_due
          OR state NOT IN ('CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSED')`.execute(
      this.#ground.databases.importer.db,
    );
    return Number(rows[0]?.count ?? 0n);
  }

  /** Nothing of this seed acts in the next. */
  async close(): Promise<void> {
    await this.schedule.end();
    await this.#real?.end();
  }
}

/** Whether something was sent; a relay that fails looks again. */
async function relayed(work: Promise<boolean>): Promise<boolean> {
  let isSent = true;
  await tolerate(work.then((sent) => void (isSent = sent)));
  return isSent;
}
