import {
  POLICY_SECRET,
  readDocument,
  saveDocument,
  saveSecret,
  SIGNAL_SECRET,
} from '../../db/wl/control-tokens.ts';
import { ensureEventKey, markRegistered, readEventKeys } from '../../db/wl/event-keys.ts';
import { addEvent } from '../../db/wl/outbox.ts';
import { readTraderId } from '../../db/wl/trader-account.ts';
import { inTransaction } from '../../db/pool.ts';
import { canonicalJson, type Json } from '../../domain/shared/canonical.ts';
import type { Registration } from '../../workflows/policy-sync/contract.ts';
import { ConnectionFailure } from '../clients/agent.ts';
import type { GovernanceDeps } from './deps.ts';

const REGISTRATION_DOCUMENT = 'registration';

interface StoredRegistration {
  /** What was registered, and where: a change of either registers again. */
  readonly endpoint: string;
  readonly registeredAt: string;
}

/**
 * Tells the Control Plane where this WL is reached and fetches the shared secrets, unless exactly
 * this has been done; with it this WL confirms its trader account. UNKNOWN until an operator has
 * created the WL.
 */
export async function register(deps: GovernanceDeps, correlationId: string): Promise<Registration> {
  const { db, sealer, controlPlane, own, peerUrl, cpUrl } = deps;
  await ensureEventKey(db, sealer);
  const endpoint = { peerUrl, currency: own.currency, eventKeys: await readEventKeys(db) };
  const fingerprint = canonicalJson({ cpUrl, ...endpoint } as unknown as Json);
  if ((await readRegistration(deps))?.endpoint === fingerprint) return 'REGISTERED';
  try {
    if (!(await controlPlane.registerEndpoint(endpoint))) return 'UNKNOWN';
    const { policySecret, signalSecret } = await controlPlane.readSecrets();
    await saveSecret(db, sealer, POLICY_SECRET, policySecret);
    await saveSecret(db, sealer, SIGNAL_SECRET, signalSecret);
  } catch (error) {
    if (error instanceof ConnectionFailure) return 'UNREACHABLE';
    throw error;
  }
  const registeredAt = deps.clock().toISOString();
  await inTransaction(db, async (tx) => {
    await saveDocument(tx, REGISTRATION_DOCUMENT, { endpoint: fingerprint, registeredAt });
    await markRegistered(
      tx,
      endpoint.eventKeys.keys.map(({ kid }) => kid),
    );
    const traderId = await readTraderId(tx);
    if (traderId === undefined) return;
    const data = { wlId: own.wlId, traderId };
    await addEvent(tx, { type: 'trader.account.confirmed', correlationId, data });
  });
  return 'REGISTERED';
}

/** Since when this WL is registered; tokens that are older are renewed. */
export async function readRegistration(
  deps: Pick<GovernanceDeps, 'db'>,
): Promise<StoredRegistration | undefined> {
  const stored = await readDocument(deps.db, REGISTRATION_DOCUMENT);
  const document = stored?.document as Partial<StoredRegistration> | undefined;
  return document?.endpoint === undefined ? undefined : (document as StoredRegistration);
}

/**
 * The Control Plane no longer knows us as we are (it was set up anew, or has other secrets): the
 * next sync registers again and renews the tokens. The present ones stay in use until then.
 */
export async function forgetRegistration(deps: Pick<GovernanceDeps, 'db'>): Promise<void> {
  await saveDocument(deps.db, REGISTRATION_DOCUMENT, {});
}
