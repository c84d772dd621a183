import type { Answer } from '../load.ts';

/** The systems that are measured beside each other, in the order of the report. */
export const SYSTEMS = [
  'express',
  'journal',
  'dbos',
  'restate',
  'temporal-naive',
  'ours-bare',
  'ours-full',
  'ours-timeout',
  'temporal-naive-pg',
  'ours-bare-pg',
  'ours-full-pg',
] as const;
export type SystemName = (typeof SYSTEMS)[number];
/** On a Temporal server with PostgreSQL; only where that server can be built. */
export const ON_POSTGRES = SYSTEMS.filter((name) => name.endsWith('-pg'));
/** Measured only where it is asked for: what the sandbox without time-outs saves. */
export const DEFAULT_SYSTEMS = SYSTEMS.filter((name) => name !== 'ours-timeout');
/** The core table has forty minutes, and a second whole stack would disturb the rest. */
const LEFT_OUT: readonly SystemName[] = ['temporal-naive-pg', 'ours-full-pg'];
export const CORE_SYSTEMS = DEFAULT_SYSTEMS.filter((name) => !LEFT_OUT.includes(name));

export function isSystemName(text: string): text is SystemName {
  return (SYSTEMS as readonly string[]).includes(text);
}

/** What each is, as the report says it. */
export const DESCRIPTIONS: Readonly<Record<SystemName, string>> = {
  express: 'Express and pg: four calls and one row, nothing survives a crash',
  journal: 'Express and a hand-made journal in PostgreSQL: a commit a step, resumed at the start',
  dbos: 'DBOS, a step a call, its journal in the same PostgreSQL',
  restate: 'Restate, one node, 2 partitions, ctx.run a call',
  'temporal-naive': 'Temporal, a regular activity a call, the answer is the result of the workflow',
  'ours-bare': 'Temporal as purchases use it here: eager start, local steps, answer at the commit',
  'ours-timeout': 'ours-bare, with the sandbox as the SDK has it: a time-out, a thread a call',
  'ours-full': 'a whole purchase: mTLS, tokens, policy, audit, ledger, outbox',
  'temporal-naive-pg': 'temporal-naive on a Temporal server with PostgreSQL',
  'ours-bare-pg': 'ours-bare on a Temporal server with PostgreSQL',
  'ours-full-pg': 'ours-full on a Temporal server with PostgreSQL',
};

export type FullName = 'ours-full' | 'ours-full-pg';
/** Every system but the full purchase runs as `apps/<name>.ts`, on either Temporal server. */
export type AppName = Exclude<SystemName, FullName>;

export function isFull(name: SystemName): name is FullName {
  return name === 'ours-full' || name === 'ours-full-pg';
}

/** The four calls of a bare purchase, in order; each is idempotent by the purchase's id. */
export const STEPS = ['hold', 'debit', 'confirm', 'settle'] as const;
export type Step = (typeof STEPS)[number];

/** One running system, ready to be bought at. */
export interface RunningSystem {
  readonly name: SystemName;
  buy(id: string): Promise<Answer>;
}
