import { ConnectionFailure } from '../activities/clients/agent.ts';
import type { FaultPoint, PointFacts } from '../runtime/fault-points.ts';
import type { EnginePoint } from './engine/engine.ts';
import { Killed, type Schedule, type Thread } from './schedule.ts';

/** Points of the product, of the engine, and of those who ask the engine or the API. */
export type CampaignPoint =
  FaultPoint | EnginePoint | 'engine.ask' | 'engine.asked' | 'client.answered';

export type FaultAction =
  /** Nothing is sent, and the sender knows it. */
  | 'refuse'
  /** The sender hears nothing: before, it never arrived; after, the answer is lost. */
  | 'lose'
  /** The sender hears nothing, and it is delivered when nobody waits any more. */
  | 'late'
  /** The network delivers it twice. */
  | 'double'
  /** The process gets an error here; after a commit it can't know of it. */
  | 'fail'
  /** kill -9 of the process. */
  | 'kill'
  /** SIGSTOP, and SIGCONT after a while. */
  | 'stop'
  /** Time passes for everybody while it stands here, with all its locks. */
  | 'slow'
  /** It stands here, with all its locks, for as long as anybody else can move. */
  | 'linger'
  /** kill -9 of all workers of the party; none is back before a while. */
  | 'down';

export interface Fault {
  readonly point: CampaignPoint;
  /** Who passes, and with what: `importer confirm`, `exporter transaction`. */
  readonly label: string;
  /** The passing of this point and label at which it happens, from 1. */
  readonly nth: number;
  readonly action: FaultAction;
  /** For `late`, `stop`, `slow`, `down`, and before a `fail`; on the campaign's clock. */
  readonly ms?: number;
  /** It lingers first, so that the others have come as far as they can. */
  readonly isLingering?: boolean;
}

const ROUTES: readonly (readonly [RegExp, string])[] = [
  [/\/purchase\/preflight$/, 'preflight'],
  [/\/purchase$/, 'confirm'],
  [/\/cancel$/, 'cancel'],
  [/\/reverse$/, 'reverse'],
  [/\/decision$/, 'decision'],
  [/\/holds\/[^/]+$/, 'hold'],
  [/\/purchases\/[^/]+$/, 'status'],
  [/\/telemetry\/events$/, 'report'],
  [/\/imbalance\/signals$/, 'signal'],
  [/\/policies\/changed$/, 'nudge'],
  [/\/policies\/pull(\?|$)/, 'pull'],
];

/** What a point of the product is called in a plan. */
export function labelOf(party: string, point: FaultPoint, { subject }: PointFacts): string {
  if (point.startsWith('transaction')) return `${party} transaction`;
  const route = ROUTES.find(([form]) => form.test(subject))?.[1];
  return `${party} ${route ?? 'call'}`;
}

/** Carries a plan of faults out as their passings come by, and counts them. */
export class Faults {
  readonly #schedule: Schedule;
  #plan: Fault[];
  readonly #passed = new Map<string, number>();
  /** Times that each point and action came about. */
  readonly happened = new Map<string, number>();
  readonly passings = new Map<string, number>();
  /** Kills all workers of a party for a while. */
  onDown: (party: string, ms: number) => void = () => undefined;
  /** Until then nothing gets from one party to the other. */
  cutUntil = 0;

  constructor(schedule: Schedule, plan: readonly Fault[]) {
    this.#schedule = schedule;
    this.#plan = [...plan];
  }

  /** From here on the world is kind. */
  end(): void {
    this.#plan = [];
    this.cutUntil = 0;
  }

  /** Waits for its turn, then does what the plan has for this passing. */
  async pass(point: CampaignPoint, label: string, send?: PointFacts['send']): Promise<void> {
    await this.#schedule.pass();
    if (!this.#schedule.isRunning) return;
    this.passings.set(point, (this.passings.get(point) ?? 0) + 1);
    if (point === 'call.send' && this.#schedule.now() < this.cutUntil) {
      this.#count('call.send', 'cut');
      throw new ConnectionFailure('connect', 'the campaign has cut the line');
    }
    const name = `${point} ${label}`;
    const nth = (this.#passed.get(name) ?? 0) + 1;
    this.#passed.set(name, nth);
    const fault = this.#plan.find(
      (one) => one.point === point && one.label === label && one.nth === nth,
    );
    if (fault !== undefined) await this.#happen(fault, send);
  }

  #count(point: string, action: string): void {
    const name = `${point} ${action}`;
    this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
  }

  async #happen(fault: Fault, send: PointFacts['send']): Promise<void> {
    const { point, action, ms = 0 } = fault;
    const thread = this.#schedule.current();
    this.#count(point, action);
    if (fault.isLingering === true) await this.#schedule.pass(true);
    switch (action) {
      case 'refuse':
        throw new ConnectionFailure('connect', 'the campaign refuses the connection');
      case 'lose':
        throw new ConnectionFailure('timeout', 'the campaign lets it get lost');
      case 'late':
        this.#schedule.at(this.#schedule.now() + ms, () => this.#deliver(send));
        throw new ConnectionFailure('timeout', 'the campaign delivers it later');
      case 'double':
        return this.#deliver(send);
      case 'linger':
        return this.#schedule.pass(true);
      case 'slow':
        return this.#schedule.passTime(ms);
      case 'fail':
        if (ms > 0) await this.#schedule.passTime(ms);
        throw new Error(`the campaign fails ${point}`);
      case 'stop':
        if (thread?.onLost !== undefined) await this.#schedule.stopFor(ms);
        return;
      case 'down':
        this.onDown(fault.label.split(' ')[0] ?? '', ms);
        return this.#kill(thread);
      case 'kill':
        return this.#kill(thread);
    }
  }

  #kill(thread: Thread | undefined): never {
    // What only serves somebody has no work of its own to lose: its caller gets no answer.
    if (thread?.onLost === undefined) throw new Error('the campaign kills who answers');
    this.#schedule.kill(thread);
    throw new Killed(thread.name);
  }

  #deliver(send: PointFacts['send']): void {
    if (send === undefined) return;
    this.#schedule.spawn('a call that nobody waits for', async () => {
      try {
        await send();
      } catch (error) {
        // Nobody is there to hear that it failed.
        if (!(error instanceof ConnectionFailure)) throw error;
      }
    });
  }
}
