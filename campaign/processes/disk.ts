import { execFile } from 'node:child_process';
import { mkdir, readFile, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { messageOf } from '../../stack/errors.ts';
import { sleep } from '../../stack/drill/stage.ts';

const run = promisify(execFile);

/** The folder that holds PostgreSQL's data, in memory, with a size of its own. */
export interface Disk {
  /** Leaves not one page free. */
  fill(): Promise<void>;
  free(): Promise<void>;
  unmount(): Promise<void>;
}

// A life of ten seeds writes some hundred megabytes of journal; memory is taken as it is written.
const SIZE_BYTES = 3 * 2 ** 30;
// The server goes on writing while it is measured, and a file system can't shrink below its content.
const FILL_ATTEMPTS = 20;
const NEXT_ATTEMPT_MS = 20;

/** Mounts it; a text says why that can't be done here. */
export async function mountDisk(folder: string): Promise<Disk | string> {
  if (process.platform !== 'linux') return 'tmpfs is of Linux';
  if (process.getuid?.() !== 0) return 'only root can mount a tmpfs';
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // Left by a campaign that was killed.
  if (await isMounted(folder)) await run('umount', ['--lazy', folder]);
  const size = (bytes: number): string => `size=${bytes}`;
  try {
    const options = `${size(SIZE_BYTES)},mode=0755`;
    await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  } catch (error) {
    return messageOf(error);
  }
  const resize = (bytes: number): Promise<unknown> =>
    run('mount', ['-o', `remount,${size(bytes)}`, folder]);
  return {
    async fill() {
      for (let attempt = 1; ; attempt += 1) {
        const { blocks, bfree, bsize } = await statfs(folder);
        try {
          await resize((blocks - bfree) * bsize);
          return;
        } catch (error) {
          if (attempt >= FILL_ATTEMPTS) throw error;
          await sleep(NEXT_ATTEMPT_MS);
        }
      }
    },
    async free() {
      await resize(SIZE_BYTES);
    },
    async unmount() {
      // A server that is still ending holds it for a moment.
      await run('umount', ['--lazy', folder]);
    },
  };
}

async function isMounted(folder: string): Promise<boolean> {
  return (await readFile('/proc/mounts', 'utf8')).includes(` ${folder} `);
}
