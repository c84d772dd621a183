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

type Party = 'cp' | 'wl';

/** The workflows that a party's bundle exports, by the text of its entry files. */
export async function workflowsOf(party: Party): Promise<string[]> {
  const entries = party === 'cp' ? ['cp.ts'] : ['wl.ts', 'background.ts'];
  const texts = await Promise.all(
    entries.map((entry) => readFile(new URL(`../../workflows/${entry}`, import.meta.url), 'utf8')),
  );
  return texts.flatMap((text) =>
    [...text.matchAll(/^export \{ (.+) \} from/gm)].flatMap(([, names = '']) => names.split(', ')),
  );
}

/** The workflow that a history is one of. */
export function workflowOf({ history }: StoredHistory): string {
  const { events } = history as { events: readonly StartedEvent[] };
  return events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name ?? '';
}

interface StartedEvent {
  readonly workflowExecutionStartedEventAttributes?: {
    readonly workflowType: { readonly name: string };
  };
}
