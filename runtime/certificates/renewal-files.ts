import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isPair, nextFile, type TlsFiles } from '../tls.ts';

/** The party's files can't be replaced by its own processes. */
export class FilesNotWritable extends Error {
  override readonly name = 'FilesNotWritable';
}

type Pair = Pick<TlsFiles, 'certFile' | 'keyFile'>;

const ONLY_OWNER = 0o600;
const EVERYBODY = 0o644;

/**
 * The key that the next certificate will be of. It is written down before anybody is asked: a run
 * that died in between asks for the same key again, and gets the same certificate.
 */
export async function nextKey({ certFile, keyFile }: Pair): Promise<KeyObject> {
  await finishRenewal({ certFile, keyFile });
  const known = await readIfThere(nextFile(keyFile));
  const key = known === undefined ? undefined : keyOf(known);
  if (key !== undefined) return key;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await written(() => writeWhole(nextFile(keyFile), String(pem), ONLY_OWNER));
  return privateKey;
}

/** Puts the certificate of the next key in force: the key first, and then what fits it (loadTls). */
export async function putInPlace({ certFile, keyFile }: Pair, certPem: string): Promise<void> {
  await written(async () => {
    await writeWhole(nextFile(certFile), certPem, EVERYBODY);
    await rename(nextFile(keyFile), keyFile);
    await rename(nextFile(certFile), certFile);
    await syncFolder(dirname(certFile));
  });
}

/** A run that died between the two renames has left a certificate waiting for its place. */
async function finishRenewal({ certFile, keyFile }: Pair): Promise<void> {
  const waiting = await readIfThere(nextFile(certFile));
  if (waiting === undefined) return;
  const [cert, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')];
  if (isPair(cert, key) || !isPair(waiting, key)) return;
  await written(() => rename(nextFile(certFile), certFile));
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // Half a file of a run that died while it wrote: another key takes its place.
    return undefined;
  }
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FilesNotWritable(`${path} can not be read`, { cause });
  }
}

async function written(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw new FilesNotWritable('the certificate files can not be replaced', { cause });
  }
}
