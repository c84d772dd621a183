import { sql } from 'kysely';
import type { CampaignPoint, Fault } from '../faults.ts';
import type { Slug } from '../ground.ts';
import type { Outcome } from '../run-seed.ts';
import type { Lane } from './lane-world.ts';
import { isSame } from './same-death.ts';
import type { Scenario } from './scenarios.ts';
import type { TaskSeen } from './task-types.ts';
import type { Watch } from './watch.ts';

/** What one workflow type came to. */
export interface CrashReport {
  readonly type: string;
  readonly name: string;
  /** Of the history without a crash. */
  readonly events: number;
  /** Deaths that cover them. */
  readonly moments: number;
  readonly points: number;
  readonly runs: number;
  /** Runs in which the process died there; a path that chance did not take has none. */
  readonly deaths: number;
  readonly broken: readonly string[];
  /** From the death to the last move of a trade; the longest, and the one in the middle. */
  readonly longestMs: number;
  readonly medianMs: number;
}

/** Calls of a worker after which a history is longer, or its reader knows more. */
const TELLING: ReadonlySet<string> = new Set([
  'PollWorkflowTaskQueue',
  'PollActivityTaskQueue',
  'RespondWorkflowTaskCompleted',
  'RespondActivityTaskCompleted',
  'RespondActivityTaskFailed',
]);
/** Points of processes of workers; those of the API belong to nobody who works. */
const POINTS: ReadonlySet<CampaignPoint> = new Set<CampaignPoint>([
  ...(['task.local', 'task.recorded', 'activity.start', 'activity.recorded'] as const),
  ...(['call.send', 'call.answered'] as const),
  ...(['transaction.begin', 'transaction.commit', 'transaction.committed'] as const),
]);

/** Kills the worker of one workflow once its history has so many events. */
export class Executioner implements Watch {
  readonly #lane: () => Lane;
  #scenario: Scenario | undefined;
  #event = 0;
  #workflowId: string | undefined;
  #seen = new Map<string, number>();
  #diedAt: number | undefined;
  #diedWith: number | undefined;

  constructor(lane: () => Lane) {
    this.#lane = lane;
  }

  /** From here on the worker of this scenario dies at an event, counted from 1; 0 spares it. */
  aim(scenario: Scenario, event: number): void {
    this.#scenario = scenario;
    this.#event = event;
    this.#workflowId = undefined;
    this.#seen = new Map();
    this.#diedAt = undefined;
    this.#diedWith = undefined;
  }

  get diedAt(): number | undefined {
    return this.#diedAt;
  }

  /** Events of the history when it died: those that one completion wrote are one moment. */
  get diedWith(): number | undefined {
    return this.#diedWith;
  }

  /** Every passing of the scenario's party, as the fault that kills there. */
  passings(): Fault[] {
    return [...this.#seen].flatMap(([name, count]) => {
      const [point = '', label = ''] = name.split('|');
      return Array.from({ length: count }, (_, index): Fault => ({
        ...{ point: point as CampaignPoint, label, nth: index + 1 },
        action: 'kill',
      }));
    });
  }

  async events(): Promise<number> {
    const { slug } = this.#scenario ?? { slug: 'importer' as const };
    if (this.#workflowId === undefined) return 0;
    return this.#lane().historyLength(slug, this.#workflowId);
  }

  onPass(slug: Slug, point: CampaignPoint, label: string): void {
    if (slug !== this.#scenario?.slug || !POINTS.has(point)) return;
    const name = `${point}|${label}`;
    this.#seen.set(name, (this.#seen.get(name) ?? 0) + 1);
  }

  onTask(slug: Slug, { type, workflowId }: TaskSeen): void {
    if (slug === this.#scenario?.slug && type === this.#scenario.type) {
      this.#workflowId ??= workflowId;
    }
  }

  async isTime(slug: Slug, method: string): Promise<boolean> {
    if (slug !== this.#scenario?.slug || this.#event === 0 || !TELLING.has(method)) return false;
    const length = await this.events();
    // Another call may have been first while the engine was asked.
    if (this.#event === 0 || length < this.#event) return false;
    this.#event = 0;
    this.#diedAt = Date.now();
    this.#diedWith = length;
    return true;
  }
}

/** Records the scenario once, then runs it anew for each event and each point of its worker. */
export async function crashEverywhere(
  lane: Lane,
  executioner: Executioner,
  { scenario, say }: { readonly scenario: Scenario; readonly say: (text: string) => void },
): Promise<CrashReport> {
  const { script } = scenario;
  executioner.aim(scenario, 0);
  const first = await lane.run(script);
  const events = await executioner.events();
  const passings = executioner.passings();
  const points = passings.filter(({ point }) => !isSame(point));
  if (events === 0) throw new Error(`no ${scenario.type} ran in "${scenario.name}"`);
  const broken = [...first.broken];
  const times: number[] = [];
  let deaths = 0;
  const note = async (what: string, outcome: Outcome, diedAt: number | undefined) => {
    broken.push(...outcome.broken.map((line) => `${what}: ${line}`));
    if (diedAt === undefined) return;
    deaths += 1;
    const tookMs = Math.max(0, Math.round((await lastMove(lane)) - diedAt));
    times.push(tookMs);
    say(`  ${what}: the last move ${tookMs} ms after the death`);
  };
  let moments = 0;
  for (let event = 1; event <= events; event = (executioner.diedWith ?? event) + 1) {
    executioner.aim(scenario, event);
    const outcome = await lane.run(script);
    moments += 1;
    const last = executioner.diedWith ?? event;
    const which = last > event ? `events ${event} to ${last}` : `event ${event}`;
    await note(which, outcome, executioner.diedAt);
  }
  for (const fault of points) {
    executioner.aim(scenario, 0);
    const outcome = await lane.run({ ...script, faults: [fault] });
    const { point, label, nth } = fault;
    await note(`${point} ${label} ${nth}`, outcome, lane.lastKilledAt());
  }
  times.sort((one, other) => one - other);
  return {
    ...{
      type: scenario.type,
      name: scenario.name,
      events,
      points: passings.length,
      deaths,
      broken,
    },
    ...{ moments, runs: 1 + moments + points.length },
    longestMs: times.at(-1) ?? 0,
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
  };
}

/** When the last trade came to where it stands; both clocks are this machine's. */
async function lastMove({ ground }: Lane): Promise<number> {
  const { rows } = await sql<{ ms: string | null }>`
    SELECT (extract(epoch FROM max(at)) * 1000)::text AS ms FROM trade_transition`.execute(
    ground.databases.importer.db,
  );
  return Number(rows[0]?.ms ?? 0);
}
