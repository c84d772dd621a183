import { decodeJwt } from 'jose';
import type { Kysely } from 'kysely';
import { readToken, type StoredToken } from '../../db/wl/control-tokens.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import type { Sealer } from '../../db/sealed.ts';
import type { Logger } from '../../runtime/log.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';

export interface TokenStoreDeps {
  readonly db: Kysely<WlTables>;
  readonly sealer: Sealer;
  readonly clock: () => Date;
  readonly log: Logger;
  /** Of the certificate that we show; a token of another one is refused by whoever gets it. */
  readonly thumbprint: () => string;
}

export interface TokenStore {
  /** The token for calls to that WL; undefined where there is none that is still in its time. */
  peerToken(audience: string): Promise<string | undefined>;
  /** The token for calls to the Control Plane. */
  wlToken(): Promise<string | undefined>;
  /** A token was refused: the next call reads what the database holds by now. */
  forget(audience: string): void;
}

// The refresh runs in another process and writes to the database; a renewed token is seen by then.
const REREAD_AFTER_MS = 15_000;

interface Entry {
  readonly stored: StoredToken;
  readonly readAt: number;
}

/**
 * Tokens as the background refresh left them: from memory, else from the database, until they
 * expire. Nothing here calls the Control Plane, because buyers wait for it (DESIGN.md 1).
 */
export function createTokenStore(deps: TokenStoreDeps): TokenStore {
  const { db, sealer, clock, log, thumbprint } = deps;
  const known = new Map<string, Entry>();
  const load = async (kind: StoredToken['kind'], audience: string): Promise<Entry | undefined> => {
    const stored = await readToken(db, sealer, kind, audience);
    if (stored === undefined) return undefined;
    const entry = { stored, readAt: clock().getTime() };
    known.set(`${kind}/${audience}`, entry);
    return entry;
  };
  const tokenFor = async (
    kind: StoredToken['kind'],
    audience: string,
  ): Promise<string | undefined> => {
    const now = clock().getTime();
    const remembered = known.get(`${kind}/${audience}`);
    const isUsable =
      remembered !== undefined &&
      remembered.stored.expiresAt.getTime() > now &&
      isBoundTo(remembered.stored.token, thumbprint());
    if (isUsable) {
      if (now - remembered.readAt > REREAD_AFTER_MS) {
        // Marked as read first, so that a slow database is asked once and not by every caller.
        known.set(`${kind}/${audience}`, { ...remembered, readAt: now });
        load(kind, audience).catch((error: unknown) => {
          log.warn({ err: error, audience }, 'a token could not be read again');
        });
      }
      return remembered.stored.token;
    }
    const stored = (await load(kind, audience))?.stored;
    return stored !== undefined && stored.expiresAt.getTime() > now ? stored.token : undefined;
  };
  return {
    peerToken: (audience) => tokenFor('PEER', audience),
    wlToken: () => tokenFor('WL', CONTROL_PLANE),
    forget(audience) {
      known.delete(`PEER/${audience}`);
      known.delete(`WL/${audience}`);
    },
  };
}

/** Whether the token is for that certificate; one that names none was not issued over mTLS. */
export function isBoundTo(token: string, thumbprint: string): boolean {
  const { cnf } = decodeJwt<{ readonly cnf?: { readonly 'x5t#S256'?: string } }>(token);
  return cnf?.['x5t#S256'] === undefined || cnf['x5t#S256'] === thumbprint;
}
