import { syncPolicies } from '../policy-sync/steps.ts';
import type { OfferSyncResult } from './contract.ts';
import { syncOffers } from './steps.ts';

/** The scheduled sync of all exporters. */
export async function offerSync(): Promise<OfferSyncResult> {
  return syncOffers();
}

// Somebody waits for this run's answer: it does not wait for a registration.
const ONE_ATTEMPT = 1;

/** Policies first, then the offers under them, with the warnings of both. */
export async function importNow(): Promise<OfferSyncResult> {
  const policies = await syncPolicies(ONE_ATTEMPT);
  const offers = await syncOffers();
  return { ...offers, warnings: [...policies.warnings, ...offers.warnings] };
}
