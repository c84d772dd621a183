import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StackError, messageOf } from '../errors.ts';
import { writeFileWhole } from '../folders.ts';
import { PARTIES } from '../parties.ts';
import type { PartySlug } from '../parties.ts';

/** Keys by which each party's database seals contacts; losing them means losing the contacts. */
export type PartySecrets = { readonly sealKeys: string; readonly indexKey: string };
export type Secrets = Readonly<Record<PartySlug, PartySecrets>>;

const KEY_BYTES = 32;
const ONLY_OWNER = 0o600;

const partySecrets = z.object({ sealKeys: z.string().min(1), indexKey: z.string().min(1) });
const schema = z.object({ cp: partySecrets, exporter: partySecrets, importer: partySecrets });

/** Made at the first start, read at every other. */
export async function ensureSecrets(dataDir: string): Promise<Secrets> {
  const path = join(dataDir, 'secrets.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) return parse(path, text);
  const made = Object.fromEntries(PARTIES.map(({ slug }) => [slug, newSecrets()]));
  await writeFileWhole(path, `${JSON.stringify(made, null, 2)}\n`, { mode: ONLY_OWNER });
  return schema.parse(made);
}

function parse(path: string, text: string): Secrets {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new StackError({
      code: 'DATA_FOLDER_CORRUPT',
      message: `${path} holds the keys of the sealed contacts and can't be read.`,
      details: [messageOf(error)],
      wayOut: [
        'Put back a copy of it; without it the sealed contacts are lost.',
        'To start with nothing: move the whole folder away, then npm start',
      ],
      cause: error,
    });
  }
}

function newSecrets(): PartySecrets {
  const key = (): string => randomBytes(KEY_BYTES).toString('base64');
  return { sealKeys: `local-1:${key()}`, indexKey: key() };
}
