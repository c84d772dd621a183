import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
/** Its content is the hash of the lock file that was installed. */
const STAMP = join(FOLDER, 'node_modules', '.installed-lock');
/** 240 MB from a registry; a slow line takes minutes. */
const INSTALL_TIMEOUT_MS = 600_000;

/** Installs the peers' own package once for each lock file. No package's own script is run. */
export async function installPeers(onProgress: (text: string) => void): Promise<void> {
  const lock = await readFile(join(FOLDER, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex');
  const installed = await readFile(STAMP, 'utf8').catch(() => '');
  if (installed === hash) return;
  onProgress('installing the peers (bench/peers, once)');
  await run('npm', ['ci', '--ignore-scripts'], { cwd: FOLDER, timeout: INSTALL_TIMEOUT_MS });
  await writeFile(STAMP, hash);
}

/** The server's program lies in a package for its platform. */
export function restateBinary(): string {
  const name = `restate-server-${process.platform}-${process.arch}`;
  return join(FOLDER, 'node_modules', '@restatedev', name, 'bin', 'restate-server');
}
