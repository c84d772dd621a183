import { readFile } from 'node:fs/promises';
import type { Slug } from '../ground.ts';
import type { Operation, Script } from '../script.ts';

/** What makes a workflow of one type run from its begin to its end. */
export interface Scenario {
  readonly type: string;
  readonly name: string;
  readonly slug: Slug;
  readonly script: Script;
}

type Step = Operation extends infer O ? (O extends Operation ? Omit<O, 'atMs'> : never) : never;

/** Between two operations: what went before is done by then, on a busy machine too. */
const GAP_MS = 45_000;

const BUY: Step = { kind: 'buy', member: 0, offer: 0, quantity: 1 };
/** Above the amount from which a person has to approve. */
const BUY_MUCH: Step = { kind: 'buy', member: 0, offer: 0, quantity: 3 };
const NONE = { kind: 'nothing' } as const;

function scriptOf(steps: readonly Step[], limitAmount = '100000.00'): Script {
  return {
    ...{ seed: 1, faults: [], limitAmount, fundsMinor: [10_000_00] },
    offers: [{ stock: 50, priceMinor: 80_00 }],
    operations: steps.map((step, index) => ({ ...step, atMs: index * GAP_MS }) as Operation),
  };
}

export const SCENARIOS: readonly Scenario[] = [
  { type: 'purchase', name: 'confirmed', slug: 'importer', script: scriptOf([BUY]) },
  { type: 'purchase', name: 'refused', slug: 'importer', script: scriptOf([BUY], '10.00') },
  {
    ...{ type: 'purchase', name: 'approved', slug: 'importer' },
    script: scriptOf([BUY_MUCH, NONE, { kind: 'decide', decision: 'approve' }]),
  },
  {
    ...{ type: 'purchase', name: 'rejected by a person', slug: 'importer' },
    script: scriptOf([BUY_MUCH, NONE, { kind: 'decide', decision: 'reject' }]),
  },
  {
    ...{ type: 'approval', name: 'approved', slug: 'exporter' },
    script: scriptOf([BUY_MUCH, NONE, { kind: 'decide', decision: 'approve' }]),
  },
  {
    ...{ type: 'reversal', name: 'reversed', slug: 'importer' },
    script: scriptOf([BUY, NONE, { kind: 'reverse', of: 0 }]),
  },
];

const BUNDLES = ['wl', 'background', 'cp'];
const EXPORTED = /export \{ ([^}]+) \}/g;

/** Every workflow type of both bundles, read from the code. */
export async function workflowTypes(): Promise<string[]> {
  const texts = await Promise.all(
    BUNDLES.map((name) => readFile(new URL(`../../workflows/${name}.ts`, import.meta.url), 'utf8')),
  );
  const names = texts.flatMap((text) =>
    [...text.matchAll(EXPORTED)].flatMap(([, list = '']) => list.split(',')),
  );
  return [...new Set(names.map((name) => name.trim()))].toSorted();
}
