import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { writeFileWhole } from '../../stack/folders.ts';
import type { ConfirmFigures } from '../exporter-slo.ts';
import { figuresOf, latencyHistogram, type LatencyFigures } from '../latency.ts';
import type { SystemName } from './contract.ts';
import type { Verified } from './outcome.ts';

/** One cell on one system in one repetition, as its file holds it. */
export interface CellResult {
  readonly cell: string;
  readonly system: SystemName;
  readonly repetition: number;
  /** HDR, compressed, base64; microseconds. */
  readonly histogram: string;
  readonly attempts: number;
  readonly confirmed: number;
  readonly elapsedMs: number;
  /** Asked for each second; absent in a closed loop. */
  readonly asked?: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Milliseconds, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly foreignShare: number;
  readonly stealShare: number;
  /** How often it was measured because the machine was busy with something else. */
  readonly tries: number;
  readonly verified: Verified;
  readonly confirms?: ConfirmFigures;
}

export interface ResultStore {
  read(repetition: number, cell: string, system: SystemName): Promise<CellResult | undefined>;
  write(result: CellResult): Promise<void>;
  all(): Promise<CellResult[]>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a figure depends on: a cell of other code is not taken over. */
const SOURCES = ['bench', 'workflows', 'workers', 'activities', 'db', 'api', 'domain', 'runtime'];
const HASH_LENGTH = 12;

/** `.data/bench-peers/<plan>-<code>/`: a file a cell, so that an interrupted run goes on. */
export async function openResults(plan: string, fresh: boolean): Promise<ResultStore> {
  const folder = join(ROOT, '.data', 'bench-peers', `${plan}-${await codeHash()}`);
  if (fresh) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const fileOf = (repetition: number, cell: string, system: SystemName): string =>
    join(folder, `${repetition}-${cell.replaceAll(/[^a-z0-9]+/g, '-')}-${system}.json`);
  const load = async (file: string): Promise<CellResult> =>
    JSON.parse(await readFile(file, 'utf8')) as CellResult;
  return {
    read: (repetition, cell, system) =>
      load(fileOf(repetition, cell, system)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }),
    async write(result) {
      const { repetition, cell, system } = result;
      await writeFileWhole(fileOf(repetition, cell, system), JSON.stringify(result), {
        mode: 0o644,
      });
    },
    async all() {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
      return Promise.all(names.sort().map((name) => load(join(folder, name))));
    },
  };
}

async function codeHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const entries = await readdir(join(ROOT, source), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => /\.(ts|sql)$|package-lock\.json$/.test(file));
    for (const file of files.sort()) hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

export function encodeLatencies(latenciesMs: readonly number[]): string {
  return encodeIntoCompressedBase64(latencyHistogram(latenciesMs));
}

/** The figures of all repetitions together: their histograms added. */
export function mergedFigures(results: readonly CellResult[]): LatencyFigures {
  const sum = latencyHistogram([]);
  for (const { histogram } of results) sum.add(decodeFromCompressedBase64(histogram));
  return figuresOf(sum);
}
