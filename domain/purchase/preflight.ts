import { refuseExport, type OwnOffer, type PartnerFacts } from '../offer/exportable.ts';
import { invariant } from '../shared/invariant.ts';
import type { RefusalCode } from '../shared/codes.ts';
import { minor, type Minor } from '../shared/money.ts';
import { refuseAdmission, type AdmissionFacts } from './admission.ts';

/** Everything that an exporter knows, under its locks, when it decides on a preflight. */
export interface PreflightFacts
  extends
    PartnerFacts,
    Pick<
      AdmissionFacts,
      'quantity' | 'expectedUnitPrice' | 'openHolds' | 'caps' | 'windowAmount' | 'exposure'
    > {
  readonly offer: (OwnOffer & AdmissionFacts['offer']) | undefined;
  /** The database's clock, epoch milliseconds. */
  readonly now: number;
}

/**
 * Why a preflight is refused, looked for in the one order of RULES.md 2; undefined holds. Amounts
 * are minor units of the exporter's currency. What was decided is recorded with these facts, so
 * that the same function decides it once more when somebody asks why.
 */
export function refusePreflight(facts: PreflightFacts): RefusalCode | undefined {
  const refused = refuseExport(facts);
  if (refused !== undefined) return refused;
  const { offer, relationship } = facts;
  invariant(offer !== undefined && relationship !== undefined, 'an exportable offer exists');
  return refuseAdmission({ ...facts, offer, relationship });
}

/** What an admitted preflight adds to the exposure, exporter's minor units. */
export function preflightAmount({ offer, quantity }: PreflightFacts): Minor | undefined {
  return offer && minor(offer.unitPrice * BigInt(quantity));
}
