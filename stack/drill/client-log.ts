import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { PublicStatus } from '../../domain/purchase/trade.ts';

/** What a buyer knows of one request: the answer, or that there was none. */
export interface ClientEntry {
  readonly at: string;
  readonly accountId: string;
  readonly offerId: string;
  readonly key: string;
  readonly attempt: number;
  readonly ms: number;
  /** `answered` names a trade; `refused`: nothing was done, says the answer; else nobody knows. */
  readonly result: 'answered' | 'refused' | 'unknown';
  readonly http?: number;
  readonly tradeId?: string;
  readonly status?: PublicStatus;
  readonly reason?: string;
  readonly error?: string;
}

export interface ClientLog {
  readonly path: string;
  readonly entries: readonly ClientEntry[];
  add(entry: ClientEntry): void;
  close(): Promise<void>;
}

/** Every request with its key, in memory for the judgement and in a file for a person. */
export function createClientLog(path: string): ClientLog {
  const file = createWriteStream(path, { flags: 'w' });
  const entries: ClientEntry[] = [];
  return {
    path,
    entries,
    add(entry) {
      entries.push(entry);
      file.write(`${JSON.stringify(entry)}\n`);
    },
    async close() {
      file.end();
      await finished(file);
    },
  };
}

/** Counts of answers by what they said, for one line of a report. */
export function describeEntries(entries: readonly ClientEntry[]): string {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const name =
      entry.result === 'answered'
        ? [entry.status, entry.reason].filter(Boolean).join(' ')
        : `${entry.result} ${entry.error ?? entry.http ?? ''}`.trim();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${count} ${name}`).join(', ') || 'none';
}
