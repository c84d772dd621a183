import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { StackError, messageOf } from '../errors.ts';

const run = promisify(execFile);

export type Bundles = { readonly cp: string; readonly wl: string };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILDER = fileURLToPath(new URL('./build-bundle.ts', import.meta.url));
// Workflow code is these folders and what the lock file says of the SDK.
const SOURCES = ['workflows', 'domain'];
const HASH_LENGTH = 16;
// A bundle takes 3 s of CPU; a cold disk and a busy machine make many times that of it.
const BUILD_TIMEOUT_MS = 180_000;
// A stack that runs on older code in the same folder still restarts its workers from their bundle.
const KEPT_MS = 86_400_000;

/** One file a party and state of the code: three processes start without bundling. */
export async function ensureBundles(folder: string): Promise<Bundles> {
  await mkdir(folder, { recursive: true });
  const hash = await codeHash();
  const paths = { cp: join(folder, `cp-${hash}.js`), wl: join(folder, `wl-${hash}.js`) };
  await Promise.all([build('cp', paths.cp), build('wl', paths.wl)]);
  await removeOld(folder, Object.values(paths));
  return paths;
}

async function build(party: 'cp' | 'wl', path: string): Promise<void> {
  if (await isThere(path)) return;
  try {
    await run(process.execPath, ['--disable-warning=ExperimentalWarning', BUILDER, party, path], {
      timeout: BUILD_TIMEOUT_MS,
    });
  } catch (error) {
    throw new StackError({
      code: 'STEP_FAILED',
      message: `The workflow code of "${party}" can't be bundled.`,
      details: messageOf(error).split('\n'),
      wayOut: ['npm run types shows what is wrong with the code; npm ci repairs node_modules.'],
      cause: error,
    });
  }
}

async function codeHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [...(await sourceFiles()), join(ROOT, 'package-lock.json')]) {
    hash.update(`${relative(ROOT, path)}\0`).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

async function sourceFiles(): Promise<string[]> {
  const found = await Promise.all(
    SOURCES.map((source) => readdir(join(ROOT, source), { recursive: true, withFileTypes: true })),
  );
  return found
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function removeOld(folder: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (kept.includes(path)) continue;
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    // Not built yet.
    () => false,
  );
}
