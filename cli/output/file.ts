import { writeFile } from 'node:fs/promises';
import { messageOf } from '../../stack/errors.ts';
import { CommandError, EXIT } from '../exit.ts';

/** Keeps an answer as it came; a path that can't be written is the caller's mistake. */
export async function keepFile(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: unknown) => {
    throw new CommandError(EXIT.usage, `${path} can't be written: ${messageOf(error)}`, error);
  });
}
