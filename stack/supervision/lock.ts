import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../errors.ts';

/** One stack a folder: two would migrate, seed and reset under each other's hands. */
export interface FolderLock {
  release(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  /** Of the process, so that a pid used again by a stranger holds nothing. */
  readonly born: string;
}

const FILE = 'stack.lock';

export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const path = join(dataDir, FILE);
  const content = JSON.stringify({ pid: process.pid, born: birthOf(process.pid) } satisfies Owner);
  while (!(await claim(path, content))) {
    const text = await readFile(path, 'utf8').catch(textOfMissing);
    const owner = ownerOf(text);
    if (owner !== undefined && birthOf(owner.pid) === owner.born) throw inUse(dataDir, owner.pid);
    // Left by a stack that was killed.
    await rm(path, { force: true });
  }
  return {
    async release() {
      if ((await readFile(path, 'utf8').catch(textOfMissing)) === content) {
        await rm(path, { force: true });
      }
    },
  };
}

/** The process that holds the folder now; undefined where no stack runs on it. */
export async function holderOf(dataDir: string): Promise<number | undefined> {
  const owner = ownerOf(await readFile(join(dataDir, FILE), 'utf8').catch(textOfMissing));
  return owner !== undefined && birthOf(owner.pid) === owner.born ? owner.pid : undefined;
}

async function claim(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function ownerOf(text: string): Owner | undefined {
  try {
    const { pid, born } = JSON.parse(text) as Partial<Owner>;
    return typeof pid === 'number' && typeof born === 'string' ? { pid, born } : undefined;
  } catch {
    // A stack killed while it wrote: the lock is nobody's.
    return undefined;
  }
}

function textOfMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

function inUse(dataDir: string, pid: number): StackError {
  return new StackError({
    code: 'DATA_FOLDER_IN_USE',
    message: `Another stack (process ${pid}) runs on ${dataDir}.`,
    wayOut: [
      `Stop it: kill ${pid}`,
      'or give this one its own folder and ports: DATA_DIR=.data-2 CP_TLS_PORT=18443 … npm start',
    ],
  });
}

/** The start time of a process; empty where there is none. */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 22; the name in field 2 may hold spaces and ends with the last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No /proc (macOS): the pid alone has to do.
    return isAlive(pid) ? 'alive' : '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
