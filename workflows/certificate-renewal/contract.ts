/** Replaces a party's certificate in time; runs by schedule, at a WL on the background queue. */
export const CERTIFICATE_RENEWAL = 'certificateRenewal';

export type RenewalOutcome =
  /** More than a third of its life is left. */
  | { readonly kind: 'NOT_DUE'; readonly notAfter: string }
  | { readonly kind: 'RENEWED'; readonly serial: string; readonly notAfter: string }
  /** It needs a person: why, and when the one that is shown runs out. */
  | { readonly kind: 'STUCK'; readonly reason: StuckReason; readonly notAfter: string };

/**
 * NOT_WRITABLE: the files are not ours to write. NOT_USABLE: what was issued does not fit us.
 * UNREACHABLE: only of the Control Plane's own, whose worker could not ask its API.
 */
export type StuckReason = 'NOT_WRITABLE' | 'NOT_USABLE' | 'REFUSED' | 'UNREACHABLE';

/** Of one run's look; the next run comes with the schedule. */
export const RENEWAL_ATTEMPTS = 3;

export interface CertificateRenewalActivities {
  /** Looks, and where it is due asks for another and puts it in its place. */
  renewCertificate(): Promise<RenewalOutcome>;
  /** Tells the Control Plane's people, once for each certificate and reason. */
  reportStuckCertificate(input: { readonly reason: StuckReason }): Promise<void>;
}
