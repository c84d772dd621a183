/** Replaces this WL's certificate in time; runs on the background queue by schedule. */
export const CERTIFICATE_RENEWAL = 'certificateRenewal';

export type RenewalOutcome =
  /** More than a third of its life is left. */
  | { readonly kind: 'NOT_DUE'; readonly notAfter: string }
  | { readonly kind: 'RENEWED'; readonly serial: string; readonly notAfter: string }
  /** It needs a person: why, and when the one that is shown runs out. */
  | { readonly kind: 'STUCK'; readonly reason: StuckReason; readonly notAfter: string };

/** NOT_WRITABLE: the files are not ours to write. NOT_USABLE: what was issued does not fit us. */
export type StuckReason = 'NOT_WRITABLE' | 'NOT_USABLE' | 'REFUSED';

export interface CertificateRenewalActivities {
  /** Looks, and where it is due asks for another and puts it in its place. */
  renewCertificate(): Promise<RenewalOutcome>;
  /** Tells the Control Plane's people, once for each certificate and reason. */
  reportStuckCertificate(input: { readonly reason: StuckReason }): Promise<void>;
}
