import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CONSOLE_FOLDER } from '../../api/cp/console/files.ts';
import { StackError, messageOf } from '../errors.ts';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = join(ROOT, 'console');
const VITE = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
// A dot file, which is never served.
const STAMP = '.stamp';
// A build takes seconds of CPU; a cold disk and a busy machine make many times that of it.
const BUILD_TIMEOUT_MS = 180_000;

/** Builds the console unless the build that is there was made of these very sources. */
export async function ensureConsole(): Promise<void> {
  const files = await sourceFiles();
  // An image that holds the build alone: nothing to compare it with, and nothing to build.
  if (files.length === 0) return;
  const hash = await hashOf(files);
  if ((await builtHash()) !== hash) await buildConsole(hash);
}

/** Builds beside the present build and takes its place at once: who reads it meanwhile finds one. */
async function buildConsole(hash: string): Promise<void> {
  const fresh = `${CONSOLE_FOLDER}.${process.pid}`;
  try {
    await rm(fresh, { recursive: true, force: true });
    await vite(fresh);
    await writeFile(join(fresh, STAMP), hash);
    await replaceBuild(fresh, hash);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function vite(outDir: string): Promise<void> {
  const args = [VITE, 'build', SOURCES, '--configLoader', 'native', '--outDir', outDir];
  try {
    await run(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      timeout: BUILD_TIMEOUT_MS,
      cwd: ROOT,
      // Whatever runs the build, what it makes is for use.
      env: { ...process.env, NODE_ENV: 'production' },
    });
  } catch (error) {
    throw new StackError({
      code: 'STEP_FAILED',
      message: "The console can't be built.",
      details: messageOf(error).split('\n'),
      wayOut: ['npm run check shows what is wrong with the code; npm ci repairs node_modules.'],
      cause: error,
    });
  }
}

async function replaceBuild(fresh: string, hash: string): Promise<void> {
  const old = `${fresh}.old`;
  await mkdir(join(CONSOLE_FOLDER, '..'), { recursive: true });
  await rename(CONSOLE_FOLDER, old).catch(unlessMissing);
  try {
    await rename(fresh, CONSOLE_FOLDER);
  } catch (error) {
    // Another start of the same code was a moment faster.
    if ((await builtHash()) !== hash) throw error;
  }
  await rm(old, { recursive: true, force: true });
}

function builtHash(): Promise<string | undefined> {
  return readFile(join(CONSOLE_FOLDER, STAMP), 'utf8').catch(unlessMissing);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function hashOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [...files, join(ROOT, 'package-lock.json')]) {
    hash.update(`${relative(ROOT, path)}\0`).update(await readFile(path));
  }
  return hash.digest('hex');
}

/** The console's own files and the pure rules that it shares. */
async function sourceFiles(): Promise<string[]> {
  const own = await filesBelow(SOURCES);
  return own.length === 0 ? [] : [...own, ...(await filesBelow(join(ROOT, 'domain')))].sort();
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    unlessMissing,
  );
  return (entries ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
