import { activityInfo, log } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import {
  closeOwnCertificateStuck,
  recordOwnCertificateStuck,
} from '../../db/cp/certificate-expiring.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { correlationHeaders } from '../../runtime/correlation.ts';
import { certificateFacts, CP_SUBJECT_URI, loadTls } from '../../runtime/tls.ts';
import {
  RENEWAL_ATTEMPTS,
  type CertificateRenewalActivities,
  type RenewalOutcome,
} from '../../workflows/certificate-renewal/contract.ts';
import { callJson } from '../clients/agent.ts';
import { ControlPlaneRefusal } from '../clients/control-plane.ts';
import { correlated } from '../correlated.ts';
import { renew, type RenewalParts } from './renew.ts';

export interface OwnRenewalDeps extends Pick<RenewalParts, 'files' | 'clock'> {
  readonly db: Kysely<CpSchema>;
  /** Shows the Control Plane's certificate: who asks is said by it. */
  readonly agent: Dispatcher;
  readonly cpUrl: string;
  /** Starts the alerts that a notification has ordered. */
  readonly work: { readonly kick: () => void };
}

const PATH = '/certificates';
// One signature and one transaction; a slower answer is asked for again.
const CALL_TIMEOUT_MS = 5_000;
const certificateShape = z.object({ certificate: z.string().min(1) });

/**
 * The steps of `certificateRenewal` at the Control Plane: its worker has no authority, so it asks the
 * API for a certificate as a WL does. Whose certificate runs out here stops every white label's
 * calls, so that the API can't be reached is told as well, at the last attempt of a run.
 */
export function createOwnRenewalActivities(deps: OwnRenewalDeps): CertificateRenewalActivities {
  const { db, files, work } = deps;
  return {
    renewCertificate: () =>
      correlated(async () => {
        const outcome = await renewOrTell(deps);
        if (outcome.kind === 'RENEWED') await closeOwnCertificateStuck(db);
        return outcome;
      }),
    reportStuckCertificate: ({ reason }) =>
      correlated(async (correlationId) => {
        const { serial, notAfter } = certificateFacts(loadTls(files).cert);
        await recordOwnCertificateStuck(db, { serial, notAfter, reason, correlationId });
        work.kick();
      }),
  };
}

async function renewOrTell(deps: OwnRenewalDeps): Promise<RenewalOutcome> {
  const { files, cpUrl } = deps;
  try {
    return await renew({
      ...deps,
      host: new URL(cpUrl).hostname,
      requestCertificate: (csr) => requestCertificate(deps, csr),
    });
  } catch (error) {
    if (activityInfo().attempt < RENEWAL_ATTEMPTS) throw error;
    log.warn('the certificate can not be renewed now', { error });
    const { notAfter } = certificateFacts(loadTls(files).cert);
    return { kind: 'STUCK', reason: 'UNREACHABLE', notAfter: notAfter.toISOString() };
  }
}

async function requestCertificate({ agent, cpUrl }: OwnRenewalDeps, csr: string): Promise<string> {
  const { status, body } = await callJson({
    agent,
    partner: CP_SUBJECT_URI,
    method: 'POST',
    url: new URL(PATH, cpUrl).href,
    headers: correlationHeaders(),
    body: { csr },
    timeoutMs: CALL_TIMEOUT_MS,
  });
  if (status !== 200 && status !== 201) {
    throw new ControlPlaneRefusal(status, `${PATH} was answered with ${status}`);
  }
  return certificateShape.parse(body).certificate;
}
