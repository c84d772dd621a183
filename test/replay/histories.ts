import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outcomeName, type Outcome } from '../../domain/purchase/outcomes.ts';

/** Append-only: a new shape of a workflow gets a new version, old histories go on being replayed. */
export const HISTORIES = fileURLToPath(new URL('./histories/', import.meta.url));
export const VERSION = 'v1';

export interface StoredHistory {
  /** `<workflow>/<version>/<path>`. */
  readonly name: string;
  readonly history: unknown;
}

/** The file that tells of an outcome; a reversal has a workflow of its own. */
export function goldenOf(outcome: Outcome): string {
  const workflow = outcome.from === 'reversal' ? 'reversal' : 'purchase';
  return `${workflow}/${VERSION}/${outcomeName(outcome)}`;
}

/** Every stored history, in the order of their names. */
export async function readHistories(): Promise<StoredHistory[]> {
  const entries = await readdir(HISTORIES, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(
    paths.map(async (path) => ({
      name: path.slice(HISTORIES.length, -'.json'.length),
      history: JSON.parse(await readFile(path, 'utf8')) as unknown,
    })),
  );
}

/** Workflows of the Control Plane are in another bundle than those of a white label. */
const CONTROL_PLANE = new Set([
  'alert-delivery',
  'approval-relay',
  'compensation-plan',
  'policy-revision',
  'settlement-delivery',
]);

/** Whose bundle replays a history, by its folder. */
export function isOfControlPlane(name: string): boolean {
  return CONTROL_PLANE.has(name.slice(0, name.indexOf('/')));
}
