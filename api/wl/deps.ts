import type { Kysely } from 'kysely';
import type { Sealer } from '../../db/sealed.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import type { Profile } from '../../runtime/config.ts';
import type { TokenVerifier } from '../../runtime/tokens.ts';
import type { OfferSyncResult } from '../../workflows/offer-sync/contract.ts';

/** The syncs that the API may set off: it reaches the network in no other way. */
export interface SyncStarter {
  startPolicySync(): Promise<void>;
  importNow(correlationId: string): Promise<OfferSyncResult>;
  /** Does behind the answer what a signal takes too long for. */
  startSignalApply(signalId: string): Promise<void>;
}

/** What the routes beside the purchase need. */
export interface NodeDeps {
  readonly profile: Profile;
  readonly own: { readonly wlId: string; readonly currency: string };
  readonly db: Kysely<WlTables>;
  readonly sealer: Sealer;
  readonly syncs: SyncStarter;
}

export interface GuardDeps {
  readonly profile: Profile;
  readonly own: { readonly wlId: string };
  readonly db: Kysely<WlTables>;
  /** Checks tokens that are meant for this WL. */
  readonly verifier: TokenVerifier;
  /** The same for another audience; for the run book's import in the local profile. */
  readonly verifierFor: (audience: string) => TokenVerifier;
  readonly backofficeKey: string;
}
