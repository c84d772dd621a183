import { setTimeout as delay } from 'node:timers/promises';
import { CP, EXPORTER, IMPORTER, WL_PARTIES } from './parties.ts';
import type { WlParty } from './parties.ts';
import { TRADERS } from './local-data/members.ts';
import type { Stack } from './stack.ts';
import type { Web } from './web.ts';

/** Steps 3 to 6 of the source run book, through the same HTTP API; what is there stays. */

export interface Session {
  readonly cp: Web;
  readonly token: string;
}

export interface ImportResult {
  readonly imported: number;
  readonly updated: number;
  readonly disabled: number;
  readonly warnings: readonly string[];
}

const MASTER = { email: 'master@xpory.local', password: 'changeit' };
const LABELS = { updatedBy: 'bootstrap', updatedSource: 'runbook' };
const LIMIT_AMOUNT = '100000.00';
/** A wide one: everything but category 15, so that at least 20 offers are eligible. */
export const EXPORT_POLICY = {
  enabled: true,
  min_created_at: '2000-01-01T00:00:00Z',
  include_categories: [],
  exclude_categories: ['15'],
  entity_allowlist: [],
  entity_blocklist: [],
};

// A white label looks for its registration every two seconds and once more at each import.
const REGISTERED_WITHIN_MS = 30_000;
const POLL_MS = 250;

export async function logIn(stack: Stack): Promise<Session> {
  const cp = stack.web(CP);
  const credentials = {
    email: stack.env['CP_BOOTSTRAP_MASTER_EMAIL'] ?? MASTER.email,
    password: stack.env['CP_BOOTSTRAP_MASTER_PASSWORD'] ?? MASTER.password,
  };
  const { token } = await cp.need<{ token: string }>('/admin/api/auth/login', {
    method: 'POST',
    body: credentials,
  });
  return { cp, token };
}

/** Registers what is missing and imports; safe to run at every start. */
export async function register(stack: Stack, say: (text: string) => void): Promise<ImportResult> {
  const session = await logIn(stack);
  say('white labels, policies');
  for (const party of WL_PARTIES) await registerWl(session, party, stack);
  say('relationships');
  await ensureRelationship(session, EXPORTER, IMPORTER);
  await ensureRelationship(session, IMPORTER, EXPORTER);
  for (const party of WL_PARTIES) await ensureTrader(session, party);
  say('self-registration of the white labels');
  // The exporter first: the importer's pull then brings its address.
  await importOffers(stack, EXPORTER);
  await untilRegistered(session, EXPORTER);
  await importOffers(stack, IMPORTER);
  await untilRegistered(session, IMPORTER);
  say('categories and entities');
  for (const kind of ['offer-categories', 'entities']) {
    await post(session, `/admin/api/wls/${EXPORTER.wlId}/${kind}/sync`);
  }
  say('offers');
  await importOffers(stack, EXPORTER);
  return importOffers(stack, IMPORTER);
}

async function registerWl(session: Session, party: WlParty, stack: Stack): Promise<void> {
  const { cp, token: bearer } = session;
  const isExporter = party.slug === 'exporter';
  const partner = isExporter ? IMPORTER : EXPORTER;
  const known = await cp.ask(`/admin/api/wls/${party.wlId}`, { bearer });
  if (known.status === 200) return;
  const policy = {
    importEnabled: !isExporter,
    exportEnabled: isExporter,
    exportDelaySeconds: 0,
    visibilityEnabled: true,
    policyRevision: 'baseline',
  };
  await post(session, '/admin/api/wls', {
    id: party.wlId,
    name: party.name,
    description: `${isExporter ? 'Exporter' : 'Importer'} WL`,
    contactEmail: TRADERS[party.slug].email,
    gatewayUrl: `http://127.0.0.1:${stack.ports[party.ports.http]}`,
    currency: party.currency,
    status: 'active',
    policy,
  });
  await cp.need(`/admin/api/wls/${party.wlId}/policies`, {
    method: 'PUT',
    bearer,
    body: { ...policy, visibilityWls: [partner.wlId], ...LABELS },
  });
}

async function ensureRelationship(session: Session, src: WlParty, dst: WlParty): Promise<void> {
  const path = `/admin/api/relationships/${src.wlId}/${dst.wlId}`;
  const known = await session.cp.ask(path, { bearer: session.token });
  if (known.status === 200) return;
  await putRelationship(
    session,
    { src, dst },
    {
      status: 'active',
      fxRate: 1,
      limitAmount: LIMIT_AMOUNT,
      ...(src === EXPORTER ? { export_policy: EXPORT_POLICY } : {}),
    },
  );
}

export interface Pair {
  readonly src: WlParty;
  readonly dst: WlParty;
}

/** A revision of a relationship; omitted fields stay as they are. */
export async function putRelationship(
  { cp, token }: Session,
  { src, dst }: Pair,
  fields: Readonly<Record<string, unknown>>,
): Promise<{ revision: number }> {
  return cp.need(`/admin/api/relationships/${src.wlId}/${dst.wlId}`, {
    method: 'PUT',
    bearer: token,
    body: { ...fields, ...LABELS },
  });
}

async function ensureTrader(session: Session, party: WlParty): Promise<void> {
  const path = `/admin/api/wls/${party.wlId}/trader`;
  const known = await session.cp.ask(path, { bearer: session.token });
  if (known.status === 200) return;
  const { name, email, phone } = TRADERS[party.slug];
  await post(session, path, { name, status: 'active', contactEmail: email, contactPhone: phone });
}

async function post({ cp, token }: Session, path: string, body?: unknown): Promise<void> {
  await cp.need(path, { method: 'POST', bearer: token, ...(body === undefined ? {} : { body }) });
}

async function untilRegistered({ cp, token }: Session, party: WlParty): Promise<void> {
  const deadline = Date.now() + REGISTERED_WITHIN_MS;
  for (;;) {
    const wl = await cp.need<{ peerUrl: string | null }>(`/admin/api/wls/${party.wlId}`, {
      bearer: token,
    });
    if (wl.peerUrl !== null) return;
    if (Date.now() > deadline) throw new Error(`${party.name} has not registered its address`);
    await delay(POLL_MS);
  }
}

/** Makes a white label pull and sync now, with a token that it gets for its partner. */
export async function importOffers(stack: Stack, party: WlParty): Promise<ImportResult> {
  const partner = party === EXPORTER ? IMPORTER : EXPORTER;
  const { token } = await stack
    .web(CP, party.slug)
    .need<{ token: string }>(`/wls/${party.wlId}/peer-token`, {
      method: 'POST',
      body: { targetWlId: partner.wlId, scopes: ['offers:sync', 'trader:purchase'] },
    });
  return stack.web(party, party.slug).need<ImportResult>('/api/v2/control-plane/debug/import', {
    method: 'POST',
    bearer: token,
  });
}
