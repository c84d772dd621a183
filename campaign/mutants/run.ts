import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './list.ts';

export interface MutantOptions {
  /** Seeds after which a bug counts as not caught. */
  readonly seeds: number;
  /** Bugs that are looked for at once. */
  readonly lanes: number;
  readonly say: (text: string) => void;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NAME_LENGTH = 30;
const COPIED = [
  ...['domain', 'runtime', 'workflows', 'db', 'activities', 'api', 'workers', 'invariants'],
  ...['stack', 'test', 'campaign', 'console', 'cli', 'package.json', 'package-lock.json'],
];

/** Runs the campaign against each bug; the answer is 0 where all of them were caught. */
export async function runMutants(name: string, options: MutantOptions): Promise<number> {
  const names = new Set(name.split(','));
  const chosen = MUTANTS.filter((mutant) => name === 'all' || names.has(mutant.name));
  const isKnown = name === 'all' || chosen.length === names.size;
  if (!isKnown) throw new Error(`not all of these are names of bugs: ${name}`);
  const { seeds, say } = options;
  const left = [...chosen];
  const hunted = new Map<string, string>();
  const interruption = new AbortController();
  const interrupt = (): void => {
    left.length = 0;
    interruption.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  let caughtCount = 0;
  const lanes = Array.from({ length: options.lanes }, async () => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const hunt = { seeds, say, signal: interruption.signal };
      const caught = await huntFor(mutant, hunt);
      if (interruption.signal.aborted) return;
      if (caught !== undefined) caughtCount += 1;
      const result =
        caught === undefined
          ? `not caught in ${seeds} seeds`
          : `caught by seed ${caught.seed}: ${caught.first}`;
      hunted.set(mutant.name, result);
      say(`${mutant.name.padEnd(NAME_LENGTH)} ${result}`);
    }
  });
  try {
    await Promise.all(lanes);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
  say(`${caughtCount} of ${chosen.length} bugs were caught`);
  for (const { name: bug } of chosen) {
    say(`  ${bug.padEnd(NAME_LENGTH)} ${hunted.get(bug) ?? 'not looked for to the end'}`);
  }
  return caughtCount === chosen.length ? 0 : 1;
}

interface Caught {
  readonly seed: number;
  readonly first: string;
}

interface Hunt extends Omit<MutantOptions, 'lanes'> {
  readonly signal: AbortSignal;
}

async function huntFor(mutant: Mutant, hunt: Hunt): Promise<Caught | undefined> {
  const folder = await mkdtemp(join(tmpdir(), `xpory-mutant-`));
  try {
    for (const part of COPIED) await cp(join(ROOT, part), join(folder, part), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, find, replace } of mutant.edits) {
      const path = join(folder, file);
      const text = await readFile(path, 'utf8');
      if (text.split(find).length !== 2) throw new Error(`${mutant.name}: ${file} has changed`);
      await writeFile(
        path,
        text.replace(find, () => replace),
      );
    }
    const output = await campaign(folder, mutant.name, hunt);
    const [, seed, first = ''] = /seed (\d+) breaks:\n\s+(.*)/.exec(output) ?? [];
    if (seed !== undefined) return { seed: Number(seed), first };
    if (hunt.signal.aborted) return undefined;
    if (!output.includes(FINISHED)) throw new Error(`${mutant.name} did not run:\n${output}`);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The last line of a campaign that found nothing. */
export const FINISHED = 'no seed breaks a rule';

function campaign(folder: string, bug: string, { seeds, say, signal }: Hunt): Promise<string> {
  // One lane: the first seed that breaks is the same each time.
  const args = ['campaign/main.ts', '--first', '--lanes=1', '--from=1', `--seeds=${seeds}`];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: folder,
  });
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end);
  let output = '';
  const hear = (chunk: Buffer): void => {
    const text = chunk.toString();
    output += text;
    for (const [line] of text.matchAll(PROGRESS)) say(`${bug.padEnd(NAME_LENGTH)} ${line}`);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      signal.removeEventListener('abort', end);
      resolve(output);
    });
  });
}

const PROGRESS = /^seed \d+, .*seeds\/s.*$/gm;
