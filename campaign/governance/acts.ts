import { ConnectionFailure, type CallAnswer } from '../../activities/clients/agent.ts';
import type { World } from '../world.ts';

/** What people of the Control Plane do in a seed that it governs. */
export type Act =
  | { readonly kind: 'signal'; readonly action: 'DISABLE' | 'ENABLE' }
  /** All signals of the pair are sent once more, as after a white label was restored. */
  | { readonly kind: 'resend' }
  /** A part of the debt is paid: one person records it, with the same key again, another confirms. */
  | { readonly kind: 'settle'; readonly percent: number; readonly again: boolean };

export const ACTS: ReadonlySet<string> = new Set<Act['kind']>(['signal', 'resend', 'settle']);

/** What the Control Plane said about a settlement: under which key, and which it is. */
export interface ToldSettlement {
  readonly key: string;
  readonly id: string;
  /** PENDING, CONFIRMED or WITHDRAWN. */
  readonly state: string;
}

/** A person who is not answered asks once more, with the same key. */
const TRIES = 2;

/** The acts of one seed, with what was answered. */
export class Acts {
  readonly told: ToldSettlement[] = [];
  readonly #world: World;
  readonly #pending: Promise<unknown>[];

  /** `pending` takes what is asked: a seed is not over before it is answered. */
  constructor(world: World, pending: Promise<unknown>[]) {
    this.#world = world;
    this.#pending = pending;
  }

  /** Terms of the relationship; false where the Control Plane does not govern this seed. */
  async govern(terms: object): Promise<boolean> {
    const { government } = this.#world;
    if (government === undefined) return false;
    await this.#ask('govern', () => government.desk.govern(terms));
    return true;
  }

  async perform(act: Act, index: number): Promise<void> {
    const { government } = this.#world;
    if (government === undefined) return;
    const { desk } = government;
    const key = `${act.kind}-${index}`;
    if (act.kind === 'signal') await this.#ask('signal', () => desk.signal(act.action, key));
    else if (act.kind === 'resend') await this.#ask('resend', () => desk.resend());
    else await this.#settle(act, key);
  }

  async #settle(act: Act & { readonly kind: 'settle' }, key: string): Promise<void> {
    const { government } = this.#world;
    const amount = await government?.partOfDebt(act.percent);
    if (government === undefined || amount === undefined) return;
    const { desk } = government;
    const record = async (): Promise<string | undefined> =>
      this.#note(key, await this.#ask('settle', () => desk.record(amount, key)));
    const id = await record();
    if (id === undefined) return;
    this.#note(key, await this.#ask('confirm', () => desk.confirm(id)));
    if (act.again) await record();
  }

  #note(key: string, answer: CallAnswer | undefined): string | undefined {
    const { id, state } = (answer?.body ?? {}) as { id?: string; state?: string };
    if (id === undefined || state === undefined) return undefined;
    this.told.push({ key, id, state });
    return id;
  }

  /** Undefined where no answer came, to several tries. */
  async #ask(what: string, call: () => Promise<CallAnswer>): Promise<CallAnswer | undefined> {
    const { schedule } = this.#world;
    const asked = this.#tried(what, call);
    this.#pending.push(asked);
    schedule.hold(asked);
    schedule.uncount(schedule.current());
    return asked;
  }

  async #tried(what: string, call: () => Promise<CallAnswer>): Promise<CallAnswer | undefined> {
    for (let left = TRIES; left > 0; left -= 1) {
      try {
        const answer = await call();
        await this.#world.faults.pass('client.answered', `client ${what}`);
        if (answer.status < 500) return answer;
      } catch (error) {
        if (!(error instanceof ConnectionFailure)) throw error;
      }
    }
    return undefined;
  }
}
