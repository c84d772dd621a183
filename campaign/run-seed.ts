import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { ConnectionFailure, type CallAnswer } from '../activities/clients/agent.ts';
import { formatMinor, minor } from '../domain/shared/money.ts';
import { publicStatus, type TradeState } from '../domain/purchase/trade.ts';
import { events } from '../invariants/events.ts';
import { checkInvariants } from '../invariants/index.ts';
import { EXPORTER, IMPORTER } from '../test/wl/documents.ts';
import { Chance } from './chance.ts';
import { Faults } from './faults.ts';
import type { Ground } from './ground.ts';
import { judgeAmounts } from './amounts.ts';
import { judgeCaptures } from './captures.ts';
import { judgeEvents } from './control-plane.ts';
import { Acts, ACTS, type Act } from './governance/acts.ts';
import type { Government } from './governance/government.ts';
import { judgeSettlements } from './governance/judge.ts';
import { answered, judgeHistory, type Entry } from './history.ts';
import { APPROVAL_ABOVE_MINOR, type Operation, type Script } from './script.ts';
import { World, type Member, type RealEngine, type Shown } from './world.ts';

/** What came of one seed. */
export interface Outcome {
  readonly seed: number;
  /** Empty where every invariant holds. */
  readonly broken: readonly string[];
  readonly trades: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly happened: ReadonlyMap<string, number>;
  readonly passings: ReadonlyMap<string, number>;
  readonly tasks: number;
  readonly replays: number;
  /** From the end of all faults until nothing was open, on the campaign's clock. */
  readonly settledInMs: number;
  readonly scanned: ReadonlyMap<string, number>;
}

/**
 * RULES.md 10, number 16: longer than the longest backoff, an approval's time and two sweeps, each
 * of which a trade may have to wait for after the last fault.
 */
const SETTLES_WITHIN_MS = 1_800_000;
const TWO_SWEEPS_MS = 35_000;
const APPROVAL_ABOVE = formatMinor(minor(BigInt(APPROVAL_ABOVE_MINOR)));

class Seed {
  readonly script: Script;
  readonly ground: Ground;
  readonly world: World;
  readonly entries: Entry[] = [];
  readonly keys = new Map<
    number,
    { key: string; member: Member; offer: Shown; quantity: number }
  >();
  readonly pending: Promise<unknown>[] = [];
  readonly acts: Acts;
  members: Member[] = [];
  offers: Shown[] = [];
  terms = { limitAmount: '', status: 'ACTIVE', fxRate: '1' };

  constructor(script: Script, ground: Ground, world: World) {
    this.script = script;
    this.ground = ground;
    this.world = world;
    this.acts = new Acts(world, this.pending);
  }

  async prepare(): Promise<void> {
    const { offers, fundsMinor, limitAmount, fxRate = '1' } = this.script;
    this.terms = { ...this.terms, limitAmount, fxRate };
    await (this.world.government?.begin(this.relationship) ?? this.govern('both'));
    for (const { stock, priceMinor } of offers) {
      this.offers.push(await this.world.offer(stock, BigInt(priceMinor)));
    }
    for (const funds of fundsMinor) this.members.push(await this.world.member(BigInt(funds)));
  }

  async govern(at: 'importer' | 'exporter' | 'both'): Promise<void> {
    if (await this.acts.govern(this.relationship)) return;
    await this.world.govern(at, { relationship: this.relationship as never });
  }

  get relationship(): object {
    return { ...this.terms, approval: { mode: 'ABOVE', aboveAmount: APPROVAL_ABOVE } };
  }

  /** Puts each operation at its time. */
  plan(): void {
    const { schedule } = this.world;
    const start = schedule.now();
    this.script.operations.forEach((operation, index) => {
      schedule.at(start + operation.atMs, () => {
        schedule.spawn(`operation ${index}`, () => this.perform(operation, index));
        this.world.report();
      });
    });
    this.world.keepUp();
  }

  async perform(operation: Operation, index: number): Promise<void> {
    const { world } = this;
    switch (operation.kind) {
      case 'buy': {
        const member = this.members[operation.member];
        const offer = this.offers[operation.offer];
        if (member === undefined || offer === undefined) return;
        this.keys.set(index, { key: randomUUID(), member, offer, quantity: operation.quantity });
        return this.buy('buy', index, index);
      }
      case 'repeat':
        return this.buy('repeat', operation.of, index);
      case 'reverse': {
        const tradeId = this.tradeOf(operation.of);
        const bought = this.keys.get(operation.of);
        if (tradeId === undefined || bought === undefined) return;
        const key = `reverse-${index}`;
        return this.ask('reverse', { key, index }, () =>
          world.reverse(bought.member, tradeId, key),
        );
      }
      case 'decide': {
        const [tradeId] = await this.waiting();
        if (tradeId === undefined) return;
        const key = `decide-${index}`;
        return this.ask('decide', { key, index }, () => world.decide(tradeId, operation.decision));
      }
      case 'manual':
        return this.support(operation.action);
      case 'limit':
        this.terms.limitAmount = operation.amount;
        return this.govern('both');
      case 'status':
        this.terms.status = operation.status;
        return this.govern('both');
      case 'rate':
        this.terms.fxRate = operation.fxRate;
        return this.govern(operation.at);
      default:
        return this.disturb(operation, index);
    }
  }

  async disturb(operation: Operation, index: number): Promise<void> {
    const { world } = this;
    if (ACTS.has(operation.kind)) return this.acts.perform(operation as Act, index);
    if (operation.kind === 'reprice') {
      const offer = this.offers[operation.offer];
      if (offer !== undefined) await world.reprice(offer, BigInt(operation.priceMinor));
    } else if (operation.kind === 'crash') {
      world.crash(operation.party, operation.forMs);
    } else if (operation.kind === 'forget') {
      const tradeId = this.tradeOf(operation.of);
      if (tradeId !== undefined) await world.engines.importer.forget(`purchase/${tradeId}`);
    } else if (operation.kind === 'cut') {
      world.faults.cutUntil = world.schedule.now() + operation.forMs;
    } else if (operation.kind === 'skew') {
      await this.ground.clock.skew(operation.party, operation.ms);
    }
  }

  tradeOf(operation: number): string | undefined {
    const entry = this.entries.find((one) => one.operation === operation && one.kind === 'buy');
    return entry === undefined || entry.outcome === 'unknown' ? undefined : entry.outcome.tradeId;
  }

  async buy(kind: 'buy' | 'repeat', of: number, index: number): Promise<void> {
    const bought = this.keys.get(of);
    if (bought === undefined) return;
    const { key, member, offer, quantity } = bought;
    await this.ask(kind, { key, index }, () => this.world.buy(member, offer, { key, quantity }));
  }

  /** Not waited for: a buyer waits in real time, and the others go on meanwhile. */
  async ask(
    kind: Entry['kind'],
    { key, index }: { readonly key: string; readonly index: number },
    call: () => Promise<CallAnswer>,
  ): Promise<void> {
    const { schedule, faults } = this.world;
    const note = (outcome: Entry['outcome'], stood?: string): void => {
      this.entries.push({ operation: index, kind, key, outcome, stood });
    };
    const asked = (async () => {
      try {
        const told = answered(await call());
        const stood = (await standing(this.ground)).get(told.tradeId ?? '');
        await faults.pass('client.answered', `client ${kind === 'repeat' ? 'buy' : kind}`);
        note(told, stood);
      } catch (error) {
        if (!(error instanceof ConnectionFailure)) throw error;
        note('unknown');
      }
    })();
    this.pending.push(asked);
    schedule.hold(asked);
    schedule.uncount(schedule.current());
    await asked;
  }

  async waiting(): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`
      SELECT trade_id AS id FROM hold WHERE state = 'PENDING_APPROVAL' ORDER BY created_at`.execute(
      this.ground.databases.exporter.db,
    );
    return rows.map(({ id }) => id);
  }

  async support(action: 'retry' | 'abandon'): Promise<void> {
    const { rows } = await sql<{ id: string }>`
      SELECT trade_id::text AS id FROM trade WHERE state = 'NEEDS_ATTENTION' ORDER BY created_at LIMIT 1`.execute(
      this.ground.databases.importer.db,
    );
    const [parked] = rows;
    if (parked === undefined) return;
    const { engine } = this.world.importer.node;
    const asked = engine.updates[action](parked.id, { actor: 'support', reason: 'campaign' });
    this.world.schedule.uncount(this.world.schedule.current());
    this.pending.push(asked.catch(() => undefined));
  }
}

/** Runs a script against the real product, on the double unless told, and judges what is left. */
export async function runSeed(ground: Ground, script: Script, real?: RealEngine): Promise<Outcome> {
  const chance = new Chance(script.seed ^ 0x5eed);
  const world = await World.open({
    ...{ ground, chance, real },
    // The real server runs no Control Plane: there its word is put in place.
    isGoverned: script.isGoverned === true && real === undefined,
    makeFaults: (schedule) => new Faults(schedule, script.faults),
  });
  const seed = new Seed(script, ground, world);
  const broken: string[] = [];
  let settledInMs = 0;
  try {
    await seed.prepare();
    seed.plan();
    settledInMs = await toTheEnd(seed);
  } catch (error) {
    broken.push(`the run failed: ${described(error)}`);
  }
  try {
    await Promise.allSettled(seed.pending);
    const judged = await judge(seed, settledInMs);
    broken.push(...judged.broken);
    const { scanned } = judged;
    const count = (what: 'tasks' | 'replays'): number =>
      world.engines.importer.counts[what] + world.engines.exporter.counts[what];
    return {
      ...{ seed: script.seed, broken, settledInMs, scanned },
      trades: await countTrades(ground, 'state'),
      refusals: await countTrades(ground, 'reason'),
      happened: world.faults.happened,
      passings: world.faults.passings,
      tasks: count('tasks'),
      replays: count('replays'),
    };
  } finally {
    await world.close();
  }
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${described(error.cause)}`;
}

/** All operations and faults, then a kind world until nothing is open and two sweeps have passed. */
async function toTheEnd(seed: Seed): Promise<number> {
  const { world, script } = seed;
  const { schedule, faults } = world;
  const lastMs = Math.max(...script.operations.map(({ atMs }) => atMs));
  const start = schedule.now();
  await schedule.run(() => schedule.now() >= start + lastMs + TWO_SWEEPS_MS);
  await Promise.allSettled(seed.pending);
  faults.end();
  const calmAt = schedule.now();
  seed.terms = { limitAmount: '100000.00', status: 'ACTIVE', fxRate: '1' };
  let quietSince: number | undefined;
  await schedule.run(async () => {
    const now = schedule.now();
    if (now - calmAt > SETTLES_WITHIN_MS) return true;
    const undone = (await world.unsent()) + ((await world.government?.open()) ?? 0);
    if ((await world.openTrades()) + undone > 0) quietSince = undefined;
    else quietSince ??= now;
    return quietSince !== undefined && now - quietSince >= TWO_SWEEPS_MS;
  });
  return (quietSince ?? schedule.now()) - calmAt;
}

async function judge(
  seed: Seed,
  settledInMs: number,
): Promise<{ readonly broken: string[]; readonly scanned: Map<string, number> }> {
  const { ground, world, entries } = seed;
  const broken: string[] = [];
  const open = await world.openTrades();
  if (open > 0) broken.push(`16 ${open} trades are open ${settledInMs} ms after the last fault`);
  broken.push(...(await judgeEvents(ground.controlPlane.db, [world.importer, world.exporter])));
  const { db: cp } = ground.controlPlane;
  const isGoverned = world.government !== undefined;
  const parties = (['importer', 'exporter'] as const).map((slug) => ({
    slug,
    wlId: slug === 'importer' ? IMPORTER : EXPORTER,
    db: ground.databases[slug].db,
    openWorkflows: async () => world.engines[slug].openIds(),
  }));
  const quiet = open === 0;
  const judged = await checkInvariants({ quiet, parties, ...(isGoverned && { cp }) });
  const told = isGoverned ? undefined : await events.check({ cp, quiet, parties: [] });
  const rows = told === undefined ? judged : [...judged, { ...events, ...told }];
  for (const { number, violations } of rows) {
    broken.push(...violations.map(({ subject, detail }) => `${number} ${subject}: ${detail}`));
  }
  broken.push(...(await judgeCaptures(ground)));
  broken.push(...judgeHistory(entries, await standing(ground)), ...(await judgeAmounts(ground)));
  const scanned = new Map<string, number>();
  for (const { number, scanned: count } of rows) {
    // What the Control Plane did is judged only where it took part.
    const name = GOVERNED.has(number) && !isGoverned ? undefined : String(number);
    if (name !== undefined) scanned.set(name, (scanned.get(name) ?? 0) + count);
  }
  if (world.government !== undefined) {
    const settled = await judgeGovernment(seed, world.government);
    const marked = await ground.markers.take(ground);
    broken.push(...settled.broken, ...marked.broken);
    scanned.set('settlements', settled.scanned).set('15', marked.scanned);
  }
  return { broken, scanned };
}

/** RULES.md 10 judges these by the Control Plane's database too. */
const GOVERNED: ReadonlySet<number> = new Set([10, 12]);

async function judgeGovernment(
  { ground, acts }: Seed,
  government: Government,
): Promise<{ readonly broken: readonly string[]; readonly scanned: number }> {
  const open = await government.open();
  const settled = await judgeSettlements(ground, acts.told);
  return {
    ...settled,
    broken: [
      ...settled.broken,
      ...government.refusedHeads.map((refused) => `12 ${refused}`),
      ...(open > 0 ? [`16 ${open} deliveries of the Control Plane are open`] : []),
    ],
  };
}

async function standing({ databases }: Ground): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; state: TradeState }>`
    SELECT trade_id::text AS id, state FROM trade`.execute(databases.importer.db);
  return new Map(rows.map(({ id, state }) => [id, publicStatus(state)]));
}

async function countTrades(
  { databases }: Ground,
  by: 'state' | 'reason',
): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; count: bigint }>`
    SELECT ${sql.ref(by)} AS name, count(*) AS count FROM trade
     WHERE ${sql.ref(by)} IS NOT NULL GROUP BY 1`.execute(databases.importer.db);
  return Object.fromEntries(rows.map(({ name, count }) => [name, Number(count)]));
}
