import type { CallAnswer } from '../../activities/clients/agent.ts';

/** What `xwl doctor` saw; each part is judged by itself, without a network (judge.ts). */
export interface Facts {
  readonly processes: readonly ProcessFact[];
  readonly certificates: readonly CertificateFact[];
  readonly databases: readonly DatabaseFact[];
  readonly keys: KeysFact;
  /** Absent where only a Control Plane elsewhere is looked at. */
  readonly engine?: EngineFact;
  readonly queues: readonly QueueFact[];
  readonly breakers: readonly BreakerFact[];
  readonly outboxes: readonly OutboxFact[];
}

export interface ProcessFact {
  readonly name: string;
  readonly url: string;
  /** Absent: nothing answers there. */
  readonly state: 'READY' | 'NOT_READY' | 'ABSENT';
  /** Names of the readiness checks that fail. */
  readonly failing: readonly string[];
  /** The variable that moves its port, where it is one of the local stack. */
  readonly variable?: string;
  /** Its clock minus ours; undefined where its answer carries no time. */
  readonly skewMs?: number;
}

export interface CertificateFact {
  readonly name: string;
  /** Undefined where no handshake came about. */
  readonly notAfter?: Date;
}

export interface DatabaseFact {
  readonly name: string;
  readonly isReached: boolean;
  /** Migrations of this build that it lacks, or has in another text. */
  readonly missing: readonly string[];
  /** Migrations that this build does not know. */
  readonly unknown: readonly string[];
}

export interface KeysFact {
  readonly isReached: boolean;
  readonly published: readonly { readonly owner: string; readonly state: string }[];
  /** When the current one of each owner began to sign; empty without the database. */
  readonly activated: readonly { readonly owner: string; readonly at: Date }[];
}

export interface EngineFact {
  readonly address: string;
  readonly version?: string;
}

export interface QueueFact {
  readonly namespace: string;
  readonly queue: string;
  readonly kind: 'workflow' | 'activity';
  /** Undefined where the engine did not tell. */
  readonly pollers?: number;
}

export interface BreakerFact {
  readonly process: string;
  readonly partner: string;
  /** 0 closed, 1 half-open, 2 open. */
  readonly value: number;
}

export interface OutboxFact {
  readonly process: string;
  readonly lagSeconds: number;
  readonly unsent: number;
}

/** One process: what it is called and where it answers. */
export interface Place {
  readonly name: string;
  readonly url: string;
  readonly variable?: string;
}

/** The answer, or undefined where none comes. */
export type Ask = (url: string) => Promise<CallAnswer | undefined>;
