import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { nowOf, type Surroundings } from './surroundings.ts';

/** Who logged in where; the token is that of the Control Plane, no password is kept. */
export interface Session {
  readonly url: string;
  readonly token: string;
  readonly expiresAt: string;
  readonly email: string;
  readonly roles: readonly string[];
}

const shape = z.object({
  url: z.string(),
  token: z.string(),
  expiresAt: z.string(),
  email: z.string(),
  roles: z.array(z.string()),
});

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** State, not configuration: `$XDG_STATE_HOME/xwl/session.json`. */
export function sessionPath({ env }: Pick<Surroundings, 'env'>): string {
  const given = env['XDG_STATE_HOME'] ?? '';
  const state = given === '' ? join(env['HOME'] ?? homedir(), '.local', 'state') : given;
  return join(state, 'xwl', 'session.json');
}

/** The kept session for that Control Plane, as long as its token lives. */
export async function keptSession(
  around: Pick<Surroundings, 'env' | 'now'>,
  url: string,
): Promise<Session | undefined> {
  const text = await readFile(sessionPath(around), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  const session = text === undefined ? undefined : shape.safeParse(parsed(text)).data;
  if (session === undefined || session.url !== url) return undefined;
  return Date.parse(session.expiresAt) > nowOf(around).getTime() ? session : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut short by a full disk: a new login writes it again.
    return undefined;
  }
}

/** Readable by its owner alone from the first byte on; replaced whole. */
export async function keepSession(
  around: Pick<Surroundings, 'env'>,
  session: Session,
): Promise<string> {
  const path = sessionPath(around);
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(session, null, 2)}\n`, { mode: FILE_MODE });
  await rename(draft, path);
  return path;
}

export async function dropSession(around: Pick<Surroundings, 'env'>): Promise<void> {
  await rm(sessionPath(around), { force: true });
}
