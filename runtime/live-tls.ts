import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { setInterval } from 'node:timers';
import type { Logger } from './log.ts';
import { isBundle, isPair, loadTls, type TlsFiles, type TlsMaterial } from './tls.ts';

/** Certificate files that may be replaced while the process runs. */
export interface LiveTls {
  current(): TlsMaterial;
  /** Called with each new pair, after `current` answers it. */
  onChange(listener: (material: TlsMaterial) => void): void;
}

export interface WatchedTls extends LiveTls {
  /** Looks now instead of at the next turn. */
  look(): Promise<void>;
  close(): void;
}

// All processes of a party should show the same certificate, because its tokens are bound to one:
// a second apart is what a purchase may notice. Three stats a second cost nothing.
const LOOK_EVERY_MS = 1_000;

/**
 * Loads a party's files and looks for new ones. A pair that does not fit together is somebody still
 * writing: it is looked at again, and the old one goes on.
 */
export function watchTls(
  files: TlsFiles,
  { log, everyMs = LOOK_EVERY_MS }: { readonly log: Logger; readonly everyMs?: number },
): WatchedTls {
  let material = loadTls(files);
  if (!isBundle(material.ca)) throw new Error(`${files.caFile} holds no whole certificate`);
  let seen = '';
  const listeners: ((material: TlsMaterial) => void)[] = [];
  const look = async (): Promise<void> => {
    const stamp = await stampOf(files);
    if (stamp === seen) return;
    const found = loadTls(files);
    if (!isPair(found.cert, found.key) || !isBundle(found.ca)) return;
    seen = stamp;
    if (isSame(found, material)) return;
    material = found;
    const { serialNumber, validTo } = new X509Certificate(found.cert);
    log.info({ serial: serialNumber, validTo }, 'the certificate was replaced');
    for (const listener of listeners) listener(found);
  };
  const timer = setInterval(() => {
    look().catch((err: unknown) => log.warn({ err }, 'the certificate files can not be read'));
  }, everyMs);
  timer.unref();
  return {
    current: () => material,
    onChange: (listener) => void listeners.push(listener),
    look,
    close: () => clearInterval(timer),
  };
}

/** Material that is what it is, where no files are watched. */
export function fixedTls(material: TlsMaterial): LiveTls {
  return { current: () => material, onChange: () => undefined };
}

async function stampOf({ caFile, certFile, keyFile }: TlsFiles): Promise<string> {
  const stats = await Promise.all([caFile, certFile, keyFile].map((file) => stat(file)));
  return stats.map(({ mtimeMs, ino, size }) => `${mtimeMs}/${ino}/${size}`).join();
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.ca === other.ca && one.cert === other.cert && one.key === other.key;
}
