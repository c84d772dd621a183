import { setInterval } from 'node:timers';
import type { Logger } from './log.ts';
import type { CertificateFacts } from './tls.ts';

/** Serial numbers of certificates that count no more, kept in memory. */
export interface Revocations {
  isRevoked(certificate: Pick<CertificateFacts, 'serial'>): boolean;
  /** Called when a serial has been added. */
  onChange(listener: () => void): void;
}

export interface WatchedRevocations extends Revocations {
  /** Looks now instead of at the next turn. */
  look(): Promise<void>;
  close(): void;
}

export interface RevocationsDeps {
  /** All serials as they are known now, in the form of `serialOf`. */
  readonly read: () => Promise<ReadonlySet<string>>;
  readonly log: Logger;
  readonly everyMs?: number;
}

// With the pull's 30 s this leaves room within the promised minute; a buyer's call reads nothing.
const LOOK_EVERY_MS = 2_000;

/** Reads the list again and again; while it can't be read, the last one counts. */
export function watchRevocations(deps: RevocationsDeps): WatchedRevocations {
  const { read, log, everyMs = LOOK_EVERY_MS } = deps;
  let serials: ReadonlySet<string> = new Set();
  const listeners: (() => void)[] = [];
  const look = async (): Promise<void> => {
    const found = await read();
    const hasGrown = [...found].some((serial) => !serials.has(serial));
    serials = found;
    if (!hasGrown) return;
    log.info({ serials: found.size }, 'certificates were revoked');
    for (const listener of listeners) listener();
  };
  const timer = setInterval(() => {
    look().catch((err: unknown) => log.warn({ err }, 'the revoked certificates can not be read'));
  }, everyMs);
  timer.unref();
  return {
    isRevoked: ({ serial }) => serials.has(serial),
    onChange: (listener) => void listeners.push(listener),
    look,
    close: () => clearInterval(timer),
  };
}
