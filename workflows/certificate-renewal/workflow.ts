import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import {
  RENEWAL_ATTEMPTS,
  type CertificateRenewalActivities,
  type RenewalOutcome,
} from './contract.ts';

// The next run comes with the schedule: weeks are left, so what fails thrice is left to it.
const { renewCertificate } = proxyActivities<CertificateRenewalActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { maximumAttempts: RENEWAL_ATTEMPTS },
  summary: 'Look at the certificate, and renew it where it is due',
});
const { reportStuckCertificate } = proxyActivities<CertificateRenewalActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 3 },
  summary: 'Tell that it needs a person',
});

/** One look. The running processes take replaced files by themselves (runtime/live-tls). */
export async function certificateRenewal(): Promise<RenewalOutcome> {
  const outcome = await renewCertificate();
  if (outcome.kind === 'STUCK') await reportStuckCertificate({ reason: outcome.reason });
  setCurrentDetails(`${outcome.kind} · in force until ${outcome.notAfter}`);
  return outcome;
}
