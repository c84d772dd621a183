import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { HISTORIES } from './histories.ts';

/** The file of a stored history, named `<workflow>/<version>/<path>`. */
export const fileOf = (name: string): string => join(HISTORIES, `${name}.json`);

/** Writes a run down, never over another: a golden history tells what earlier builds did. */
export async function keepHistory(
  handle: Pick<WorkflowHandle, 'fetchHistory'>,
  name: string,
): Promise<void> {
  const history = withoutMachine(JSON.parse(historyToJSON(await handle.fetchHistory())));
  await mkdir(dirname(fileOf(name)), { recursive: true });
  await writeFile(fileOf(name), `${JSON.stringify(history)}\n`, { flag: 'wx' });
  process.stdout.write(`recorded ${name}\n`);
}

export const isKept = (name: string): Promise<boolean> =>
  access(fileOf(name)).then(
    () => true,
    () => false,
  );

const STICKY_QUEUE = /^\d+@.*-[0-9a-f]{32}$/;

/** Where it ran and who ran it is no part of a history: host, process, and paths in stack traces. */
function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (typeof value === 'string') return value.replace(STICKY_QUEUE, 'sticky');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key === 'stackTrace') return [key, ''];
    if (key === 'identity') return [key, 'worker'];
    return [key, withoutMachine(inner)];
  });
  return Object.fromEntries(entries);
}
