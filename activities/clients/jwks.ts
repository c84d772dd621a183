import type { Kysely } from 'kysely';
import { readDocument, saveDocument } from '../../db/wl/control-tokens.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import type { Logger } from '../../runtime/log.ts';
import type { VerificationKey } from '../../runtime/tokens.ts';
import type { ControlPlaneClient } from './control-plane.ts';
import { jwksShape, type PublishedKeys } from './control-plane-shapes.ts';

export interface KeySourceDeps {
  readonly db: Kysely<WlTables>;
  readonly controlPlane: Pick<ControlPlaneClient, 'readKeys'>;
  readonly clock: () => Date;
  readonly log: Logger;
}

export interface KeySource {
  /** For the token verifier: the published key of that id with its owner. */
  keysFor(kid: string): Promise<VerificationKey | undefined>;
  /** Fetches now; throws where the Control Plane can't be reached. */
  refresh(): Promise<void>;
}

export const JWKS_DOCUMENT = 'jwks';
// A revoked key is refused everywhere within this time (CONTRACTS.md).
const FRESH_MS = 60_000;
// Tokens with made-up key ids must not turn into calls to the Control Plane.
const COOL_DOWN_MS = 5_000;

/**
 * The Control Plane's keys: from memory, else from the database, else fetched. Old keys go on being
 * used while it can't be reached, so that a WL that restarts meanwhile goes on (CONTRACTS.md).
 */
export function createKeySource({ db, controlPlane, clock, log }: KeySourceDeps): KeySource {
  let keys = new Map<string, VerificationKey>();
  let freshAt = 0;
  let triedAt = 0;
  let running: Promise<void> | undefined;
  const take = (published: PublishedKeys, at: number): void => {
    keys = new Map(
      published.keys.map(({ sub, alg, use, ...jwk }) => [
        jwk.kid,
        { jwk: { ...jwk, ...(alg && { alg }), ...(use && { use }) }, sub },
      ]),
    );
    freshAt = at;
  };
  const load = async (): Promise<void> => {
    const stored = await readDocument(db, JWKS_DOCUMENT);
    if (stored === undefined || stored.storedAt.getTime() <= freshAt) return;
    take(jwksShape.parse(stored.document), stored.storedAt.getTime());
  };
  const fetchOnce = async (): Promise<void> => {
    triedAt = clock().getTime();
    const published = await controlPlane.readKeys();
    take(published, clock().getTime());
    await saveDocument(db, JWKS_DOCUMENT, published);
  };
  const refresh = (): Promise<void> => {
    running ??= fetchOnce().finally(() => {
      running = undefined;
    });
    return running;
  };
  const tryRefresh = async (): Promise<void> => {
    try {
      // The background process may have fetched them a moment ago.
      await load();
      if (clock().getTime() - freshAt > FRESH_MS) await refresh();
    } catch (error) {
      log.warn({ err: error }, 'the keys of the Control Plane could not be renewed');
    }
  };
  return {
    refresh,
    async keysFor(kid) {
      if (keys.size === 0) await load();
      const now = clock().getTime();
      const cool = now - triedAt > COOL_DOWN_MS;
      const known = keys.get(kid);
      if (known !== undefined) {
        if (now - freshAt > FRESH_MS && cool) {
          triedAt = now;
          void tryRefresh();
        }
        return known;
      }
      if (!cool) return undefined;
      await load();
      if (keys.has(kid)) return keys.get(kid);
      await refresh().catch((error: unknown) => {
        log.warn({ err: error, kid }, 'an unknown key id could not be looked up');
      });
      return keys.get(kid);
    },
  };
}
