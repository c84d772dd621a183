import type { PointPassed } from '../../../runtime/asked-points.ts';
import type { Moment } from './moments.ts';
import type { Overseer } from './worker.ts';

/** Which workflow of a run is meant: by its type, and by its id where there are several. */
export interface Target {
  readonly type: string;
  readonly isMeant?: (workflowId: string) => boolean;
}

/** In order; the turn counts what has the same name. */
export type Order = readonly {
  readonly name: string;
  readonly isPoint: boolean;
  readonly nth: number;
}[];

/** Sees what the worker of one workflow goes through, and ends it at one moment or point. */
export class Executioner implements Overseer {
  #target: Target | undefined;
  #aim: string | undefined;
  #seen = new Map<string, number>();
  #order: Order[number][] = [];
  workflowId: string | undefined;
  /** Epoch ms. */
  diedAt: number | undefined;

  /** From here on the first workflow of that kind is looked at; without a name it is spared. */
  aim(target: Target, name?: string): void {
    this.#target = target;
    this.#aim = name;
    this.#seen = new Map();
    this.#order = [];
    this.workflowId = undefined;
    this.diedAt = undefined;
  }

  rest(): void {
    this.#target = undefined;
    this.#aim = undefined;
  }

  /** What it went through, in order: `refreshSnapshot done 1`, `refreshSnapshot call.send 1`. */
  get order(): Order {
    return this.#order;
  }

  onMoment({ workflowId, type, name }: Moment): boolean {
    if (this.#target?.type !== type || !(this.#target.isMeant?.(workflowId) ?? true)) return false;
    this.workflowId ??= workflowId;
    return this.workflowId === workflowId && this.#pass(name, false);
  }

  onPoint({ point, step }: PointPassed): boolean {
    if (step === undefined || step.workflowId !== this.workflowId) return false;
    if (this.#target === undefined) return false;
    return this.#pass(`${step.activity} ${point}`, true);
  }

  #pass(what: string, isPoint: boolean): boolean {
    const nth = (this.#seen.get(what) ?? 0) + 1;
    this.#seen.set(what, nth);
    const name = `${what} ${nth}`;
    this.#order.push({ name, isPoint, nth });
    if (name !== this.#aim) return false;
    this.#aim = undefined;
    this.diedAt = Date.now();
    return true;
  }
}
