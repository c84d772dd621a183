import { access, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SupervisedProcess } from '../../stack/supervision/supervisor.ts';
import type { ProcessName } from './plan.ts';

/** Clocks of single processes, stepped while they run: Debian's libfaketime. */
export interface Clocks {
  readonly library: string;
  told(process: SupervisedProcess): Promise<SupervisedProcess>;
  /** Seconds off the machine's clock; 0 is right again. */
  step(name: ProcessName, seconds: number): Promise<void>;
}

const LIBRARY = 'libfaketime.so.1';
const FOLDERS = '/usr/lib';
// How long a process may go on with the old offset: it looks into the file again after this.
const LOOK_SECONDS = 1;

/** The library that `FAKETIME_LIBRARY` names, or where Debian's package puts it; else none. */
export async function findFaketime(): Promise<string | undefined> {
  const named = process.env['FAKETIME_LIBRARY'];
  if (named !== undefined) return named;
  const folders = await readdir(FOLDERS).catch(() => []);
  for (const folder of folders) {
    const path = join(FOLDERS, folder, 'faketime', LIBRARY);
    if (await isThere(path)) return path;
  }
  return undefined;
}

/** Offsets lie in files beside the stack's, one a process. */
export function createClocks(library: string, dataDir: string): Clocks {
  const fileOf = (name: string): string => join(dataDir, `clock-${name}`);
  const write = async (name: string, seconds: number): Promise<void> => {
    const path = fileOf(name);
    await writeFile(`${path}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${path}.new`, path);
  };
  return {
    library,
    async told(process) {
      await write(process.name, 0);
      const env = {
        ...process.env,
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: fileOf(process.name),
        FAKETIME_CACHE_DURATION: String(LOOK_SECONDS),
        // Timers run by it: a machine whose clock is set does not wait shorter or longer for that.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      };
      return { ...process, env };
    },
    step: write,
  };
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    // Another architecture's folder, or not installed.
    () => false,
  );
}
