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
// The background sync writes what a nudge made it fetch to the database; this reads it from there.
const REREAD_AFTER_MS = 5_000;
// Tokens with made-up key ids must not turn into calls to the Control Plane.
const COOL_DOWN_MS = 5_000;

/**
 * The Control Plane's keys: from memory, else from the database, else fetched. Old keys go on being
 * used while it can't be reached, so that a WL that restarts meanwhile goes on (CONTRACTS.md).
 */
export function createKeySource({ db, controlPlane, clock, log }: KeySourceDeps): KeySource {
  let keys = new Map<string, VerificationKey>();
  let stamp: number | undefined;
  let freshAt = 0;
  let lookedAt = 0;
  let fetchedAt = 0;
  let running: Promise<void> | undefined;
  const take = (published: PublishedKeys, at: number): void => {
    keys = keysOf(published);
    freshAt = at;
  };
  const load = async (): Promise<void> => {
    const stored = await readDocument(db, JWKS_DOCUMENT);
    const storedAt = stored?.storedAt.getTime();
    if (stored === undefined || storedAt === undefined || storedAt === stamp) return;
    take(jwksShape.parse(stored.document), Math.min(storedAt, clock().getTime()));
    stamp = storedAt;
  };
  const fetchOnce = async (): Promise<void> => {
    fetchedAt = clock().getTime();
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
  const isCool = (): boolean => clock().getTime() - fetchedAt > COOL_DOWN_MS;
  const lookAgain = async (): Promise<void> => {
    await load();
    if (clock().getTime() - freshAt > FRESH_MS && isCool()) await refresh();
  };
  const warn = (error: unknown): void => {
    log.warn({ err: error }, 'the keys of the Control Plane could not be renewed');
  };
  return {
    refresh,
    async keysFor(kid) {
      if (keys.size === 0) await load();
      const known = keys.get(kid);
      const now = clock().getTime();
      if (known !== undefined) {
        if (now - lookedAt > REREAD_AFTER_MS) {
          lookedAt = now;
          lookAgain().catch(warn);
        }
        return known;
      }
      await load();
      if (!keys.has(kid) && isCool()) await refresh().catch(warn);
      return keys.get(kid);
    },
  };
}

function keysOf(published: PublishedKeys): Map<string, VerificationKey> {
  return new Map(
    published.keys.map(({ sub, alg, use, ...jwk }) => [
      jwk.kid,
      { jwk: { ...jwk, ...(alg && { alg }), ...(use && { use }) }, sub },
    ]),
  );
}
