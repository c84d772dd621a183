import { generateKeyPairSync, randomUUID, randomUUIDv7, type KeyObject } from 'node:crypto';
import { signEvent, type EventSigningKey } from '../../../db/event-signature.ts';
import type { Json } from '../../../domain/shared/canonical.ts';
import type {
  EventType,
  SignedEvent,
  TraderPurchaseData,
  UnsignedEvent,
} from '../../../domain/telemetry/events.ts';
import type { TlsMaterial } from '../../../runtime/tls.ts';
import { EXPORTER, IMPORTER, tokenOf, type Stage } from '../stage.ts';

export interface TestKey extends EventSigningKey {
  readonly publicJwk: Record<string, unknown>;
}

export function newKey(kid: string): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = (publicKey as KeyObject).export({ format: 'jwk' });
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
  return { kid, privateKey, publicJwk };
}

/** A WL as the Control Plane knows it: certificate, token and key. */
export interface Sender {
  readonly wlId: string;
  readonly tls: TlsMaterial;
  readonly token: string;
  readonly key: TestKey;
}

/** Registers the WL's endpoint with this key and fetches a token. */
export async function sender(stage: Stage, wlId: string, key = newKey(`key-${wlId}`)) {
  const tls = await stage.certificate(wlId);
  await registerKeys(stage, { wlId, tls }, [key]);
  const issued = await stage.ask({ method: 'POST', path: `/wls/${wlId}/token`, as: tls });
  return { wlId, tls, token: tokenOf(issued), key } satisfies Sender;
}

export async function registerKeys(
  stage: Stage,
  { wlId, tls }: Pick<Sender, 'wlId' | 'tls'>,
  keys: readonly TestKey[],
): Promise<void> {
  const body = {
    peerUrl: 'https://wl.localhost:9443',
    currency: wlId === EXPORTER ? 'XEX' : 'XIM',
    eventKeys: { keys: keys.map((one) => one.publicJwk) },
  };
  const answer = await stage.ask({ method: 'PUT', path: `/wls/${wlId}/endpoint`, body, as: tls });
  if (answer.status !== 200) throw new Error(`no endpoint: ${answer.status} ${answer.text}`);
}

export function eventOf(
  { wlId, key }: Pick<Sender, 'wlId' | 'key'>,
  change: Partial<Omit<UnsignedEvent, 'type'>> & { readonly type?: string } = {},
): SignedEvent {
  const type = (change.type ?? 'TRADER_PURCHASE') as EventType;
  const unsigned: UnsignedEvent = {
    eventId: randomUUIDv7(),
    schemaVersion: 1,
    occurredAt: new Date().toISOString(),
    wlId,
    correlationId: randomUUID(),
    data: purchase() as unknown as Json,
    ...change,
    type,
  };
  return signEvent(unsigned, key);
}

/** The exporter's word on a captured trade. */
export function purchase(change: Partial<TraderPurchaseData> = {}): TraderPurchaseData {
  return {
    tradeId: randomUUID(),
    role: 'EXPORTER',
    counterpartWlId: IMPORTER,
    version: 2,
    status: 'CONFIRMED',
    quantity: 3,
    unitPrice: '80.00',
    currency: 'XEX',
    amount: '240.00',
    fxRate: '1.23456789',
    offer: { id: 'offer-1', title: 'Café ☕ especial', category: 'Bebidas' },
    buyerMasked: 'qa***@xpory.local',
    sellerName: 'Empório',
    holdId: randomUUID(),
    policyRevision: 1,
    relationshipRevision: 1,
    workflowId: 'purchase/x',
    latencyMs: 33,
    ...change,
  };
}

export interface Outcome {
  readonly eventId: string | null;
  readonly result: string;
  readonly code?: string;
  readonly detail?: string;
}

export async function send(
  stage: Stage,
  { tls, token }: Pick<Sender, 'tls' | 'token'>,
  events: readonly unknown[],
): Promise<Outcome[]> {
  const answer = await stage.ask({
    ...{ method: 'POST', path: '/telemetry/events', as: tls, token },
    body: { events },
  });
  if (answer.status !== 200) throw new Error(`not taken in: ${answer.status} ${answer.text}`);
  return (answer.body as { results: Outcome[] }).results;
}
