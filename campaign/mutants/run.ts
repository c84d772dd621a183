import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './list.ts';

export interface MutantOptions {
  /** Seeds after which a bug counts as not caught. */
  readonly seeds: number;
  readonly say: (text: string) => void;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = [
  ...['domain', 'runtime', 'workflows', 'db', 'activities', 'api', 'workers', 'invariants'],
  ...['stack', 'test', 'campaign', 'console', 'cli', 'package.json', 'package-lock.json'],
];

/** Runs the campaign against each bug; the answer is 0 where all of them were caught. */
export async function runMutants(name: string, { seeds, say }: MutantOptions): Promise<number> {
  const names = new Set(name.split(','));
  const chosen = MUTANTS.filter((mutant) => name === 'all' || names.has(mutant.name));
  const isKnown = name === 'all' || chosen.length === names.size;
  if (!isKnown) throw new Error(`not all of these are names of bugs: ${name}`);
  let escaped = 0;
  for (const mutant of chosen) {
    const caught = await hunt(mutant, seeds);
    if (caught === undefined) escaped += 1;
    say(
      `${mutant.name.padEnd(24)} ${caught === undefined ? `not caught in ${seeds} seeds` : `caught by seed ${caught.seed}: ${caught.first}`}`,
    );
  }
  return escaped === 0 ? 0 : 1;
}

interface Caught {
  readonly seed: number;
  readonly first: string;
}

async function hunt(mutant: Mutant, seeds: number): Promise<Caught | undefined> {
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
    const output = await campaign(folder, seeds);
    const [, seed, first = ''] = /seed (\d+) breaks:\n\s+(.*)/.exec(output) ?? [];
    if (seed !== undefined) return { seed: Number(seed), first };
    if (!output.includes(FINISHED)) throw new Error(`${mutant.name} did not run:\n${output}`);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The last line of a campaign that found nothing. */
export const FINISHED = 'no seed breaks a rule';

function campaign(folder: string, seeds: number): Promise<string> {
  const args = ['campaign/main.ts', '--first', '--from=1', `--seeds=${seeds}`];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: folder,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}
