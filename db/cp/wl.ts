import { sql, type Kysely, type Selectable } from 'kysely';
import { maskEmail } from '../../domain/policy/contact.ts';
import { patchPolicy, DEFAULT_POLICY, type PolicyPatch } from '../../domain/policy/governance.ts';
import type { EventKey, WlStatus } from '../../domain/policy/pull-document.ts';
import { canonicalJson, type Json } from '../../domain/shared/canonical.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { asJson } from './json.ts';
import { insertKeys, type NewKeyPair } from './key.ts';
import { lockPolicy, policyOf, revisePolicy, writePolicy, type StoredPolicy } from './policy.ts';
import { orderFacts } from './revision-order.ts';
import { continueRevisions } from './revision.ts';
import type { Author, ChangeLabels, CpSchema, CpTransaction, WlTable } from './schema.ts';
import { recordEventKeys } from './telemetry/event-keys.ts';
import { openColumn, sealColumn } from './sealed-columns.ts';

export interface StoredWl {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** In the clear; whoever answers with it masks it. */
  readonly contactEmail: string | null;
  readonly gatewayUrl: string | null;
  readonly currency: string | null;
  readonly status: WlStatus;
  readonly peerUrl: string | null;
  readonly eventKeys: { readonly keys: readonly EventKey[] } | null;
  /** The audit row of the last change that partners' documents show. */
  readonly changeSeq: bigint;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The fields of a PUT; an absent one stays as it is, null empties. */
export interface WlPatch {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly contactEmail?: string | null | undefined;
  readonly gatewayUrl?: string | null | undefined;
  readonly currency?: string | undefined;
  readonly status?: WlStatus | undefined;
}

export interface WlOutcome {
  readonly wl: StoredWl;
  readonly policy: StoredPolicy;
  /** True when name, status or another fact changed. */
  readonly factsChanged: boolean;
  /** True when the policy got a new revision. */
  readonly policyChanged: boolean;
}

/** Registers a WL with its first policy revision and its signing keys. CONFLICT: the id is taken. */
export function createWl(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: {
    readonly id: string;
    readonly facts: WlPatch & { readonly name: string };
    readonly policy: PolicyPatch;
    readonly labels: ChangeLabels;
    readonly keys: NewKeyPair;
    readonly author: Author;
  },
): Promise<Result<WlOutcome, 'CONFLICT'>> {
  const { id, labels, author } = request;
  return inTransaction(db, async (tx) => {
    const facts: Facts = { ...NO_FACTS, ...present(request.facts), name: request.facts.name };
    const inserted = await tx
      .insertInto('wl')
      .values({ id, ...columnsOf(facts, sealer), change_seq: 0n })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted === undefined) return refuse('CONFLICT');
    await insertKeys(tx, id, request.keys);
    const { current, next } = request.keys;
    const seq = await appendAudit(tx, {
      ...author,
      action: 'wl.created',
      subject: `wl/${id}`,
      before: null,
      after: asJson({ ...auditFacts(facts), keys: [current.kid, next.kid] }),
    });
    const terms = patchPolicy(DEFAULT_POLICY, request.policy);
    const policy = await writePolicy(tx, { wlId: id, terms, labels, author });
    return ok({
      wl: await stamp(tx, sealer, id, seq),
      policy,
      factsChanged: true,
      policyChanged: true,
    });
  });
}

/**
 * Changes a WL and its policy. CONFLICT: a rename while partners know the id, or to an id that is
 * taken.
 */
export function updateWl(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: {
    readonly id: string;
    readonly newId?: string | undefined;
    readonly facts: WlPatch;
    readonly policy: PolicyPatch;
    readonly labels: ChangeLabels;
    readonly author: Author;
  },
): Promise<Result<WlOutcome, 'NOT_FOUND' | 'CONFLICT'>> {
  const { id, newId = id, labels, author } = request;
  return inTransaction(db, async (tx): Promise<Result<WlOutcome, 'NOT_FOUND' | 'CONFLICT'>> => {
    const row = await lockWl(tx, id);
    const policy = await lockPolicy(tx, id);
    if (row === undefined || policy === undefined) return refuse('NOT_FOUND');
    if (newId !== id && !(await rename(tx, { id, newId, policy }))) return refuse('CONFLICT');
    const before = factsOf(row, sealer);
    const after: Facts = { ...before, ...present(request.facts) };
    const patch = { patch: request.policy, labels, author };
    const revised = await revisePolicy(tx, { ...policy, wlId: newId }, patch);
    let wl = wlOf({ ...row, id: newId }, sealer);
    const factsChanged = newId !== id || !same(before, after);
    if (factsChanged) {
      const seq = await appendAudit(tx, {
        ...author,
        action: newId === id ? 'wl.changed' : 'wl.renamed',
        subject: `wl/${newId}`,
        before: asJson({ id, ...auditFacts(before) }),
        after: asJson({ id: newId, ...auditFacts(after), ...labels }),
      });
      await tx.updateTable('wl').set(columnsOf(after, sealer)).where('id', '=', newId).execute();
      wl = await stamp(tx, sealer, newId, seq);
      await orderFacts(tx, { wlId: newId, seq, author });
    }
    return ok({ wl, policy: revised.policy, factsChanged, policyChanged: revised.changed });
  });
}

export async function readWl(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  id: string,
): Promise<StoredWl | undefined> {
  const query = db.selectFrom('wl').selectAll().where('id', '=', id);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : wlOf(row, sealer);
}

export async function listWls(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ items: { wl: StoredWl; policy: StoredPolicy }[]; total: number }> {
  const { total } = await db
    .selectFrom('wl')
    .select((select) => select.fn.countAll<bigint>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('wl')
    .selectAll()
    .orderBy('name')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const ids = rows.map((row) => row.id);
  const policies = await db
    .selectFrom('wl_policy')
    .selectAll()
    .where('wl_id', '=', sql<string>`ANY(${ids}::uuid[])`)
    .execute();
  const byWl = new Map(policies.map((policy) => [policy.wl_id, policyOf(policy)]));
  const items = rows.flatMap((row) => {
    const policy = byWl.get(row.id);
    return policy === undefined ? [] : [{ wl: wlOf(row, sealer), policy }];
  });
  return { items, total: Number(total) };
}

/** What a WL says of itself over mTLS: where partners reach it and under which keys it signs. */
export function registerEndpoint(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: {
    readonly wlId: string;
    readonly peerUrl: string;
    readonly currency: string;
    readonly eventKeys: { readonly keys: readonly EventKey[] };
    readonly author: Author;
  },
): Promise<Result<{ wl: StoredWl; changed: boolean }, 'NOT_FOUND'>> {
  const { wlId, peerUrl, currency, eventKeys, author } = request;
  return inTransaction(db, async (tx) => {
    const row = await lockWl(tx, wlId);
    if (row === undefined) return refuse('NOT_FOUND');
    const before = { peerUrl: row.peer_url, currency: row.currency, eventKeys: row.event_keys };
    const after = { peerUrl, currency, eventKeys };
    if (same(before, after)) return ok({ wl: wlOf(row, sealer), changed: false });
    const seq = await appendAudit(tx, {
      ...author,
      action: 'wl.endpoint.registered',
      subject: `wl/${wlId}`,
      before: asJson(before),
      after: asJson(after),
    });
    await tx
      .updateTable('wl')
      .set({ peer_url: peerUrl, currency, event_keys: JSON.stringify(eventKeys) })
      .where('id', '=', wlId)
      .execute();
    await recordEventKeys(tx, { wlId, keys: eventKeys.keys });
    const wl = await stamp(tx, sealer, wlId, seq);
    await orderFacts(tx, { wlId, seq, author });
    return ok({ wl, changed: true });
  });
}

export interface WlSecrets {
  readonly policySecret: string;
  readonly signalSecret: string;
}

/**
 * The secrets under which the Control Plane signs for a WL: made at the first call, the same ones
 * afterwards, because a WL's processes register themselves side by side.
 */
export function ensureSecrets(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: { readonly wlId: string; readonly fresh: WlSecrets; readonly author: Author },
): Promise<Result<WlSecrets, 'NOT_FOUND'>> {
  const { wlId, fresh, author } = request;
  return inTransaction(db, async (tx) => {
    const row = await lockWl(tx, wlId);
    if (row === undefined) return refuse('NOT_FOUND');
    const known = secretsOf(row, sealer);
    if (known !== undefined) return ok(known);
    await tx
      .updateTable('wl')
      .set({
        policy_secret_sealed: sealColumn(sealer, 'wl.policy_secret_sealed', fresh.policySecret),
        signal_secret_sealed: sealColumn(sealer, 'wl.signal_secret_sealed', fresh.signalSecret),
      })
      .where('id', '=', wlId)
      .execute();
    await appendAudit(tx, {
      ...author,
      action: 'wl.secrets.created',
      subject: `wl/${wlId}`,
      before: null,
      after: { secrets: ['policySecret', 'signalSecret'] },
    });
    return ok(fresh);
  });
}

export async function readSecrets(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  wlId: string,
): Promise<WlSecrets | undefined> {
  const query = db
    .selectFrom('wl')
    .select(['policy_secret_sealed', 'signal_secret_sealed'])
    .where('id', '=', wlId);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : secretsOf(row, sealer);
}

interface Facts {
  readonly name: string;
  readonly description: string | null;
  readonly contactEmail: string | null;
  readonly gatewayUrl: string | null;
  readonly currency: string | null;
  readonly status: WlStatus;
}

const NO_FACTS: Omit<Facts, 'name'> = {
  description: null,
  contactEmail: null,
  gatewayUrl: null,
  currency: null,
  status: 'ACTIVE',
};

type WlRow = Selectable<WlTable>;

async function lockWl(tx: CpTransaction, id: string): Promise<WlRow | undefined> {
  const query = tx.selectFrom('wl').selectAll().where('id', '=', id);
  return query.forNoKeyUpdate().executeTakeFirst();
}

async function stamp(
  tx: CpTransaction,
  sealer: Sealer,
  id: string,
  seq: bigint,
): Promise<StoredWl> {
  const row = await tx
    .updateTable('wl')
    .set({ change_seq: seq, updated_at: sql<Date>`clock()` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return wlOf(row, sealer);
}

/** False where partners know the old id or the new one is taken. */
async function rename(
  tx: CpTransaction,
  change: { readonly id: string; readonly newId: string; readonly policy: StoredPolicy },
): Promise<boolean> {
  const { id, newId, policy } = change;
  const partner = await tx
    .selectFrom('relationship')
    .select('src')
    .where((where) => where.or([where('src', '=', id), where('dst', '=', id)]))
    .limit(1)
    .executeTakeFirst();
  const taken = await tx.selectFrom('wl').select('id').where('id', '=', newId).executeTakeFirst();
  if (partner !== undefined || taken !== undefined) return false;
  await tx.updateTable('wl').set({ id: newId }).where('id', '=', id).execute();
  await continueRevisions(tx, `policy/${newId}`, policy.revision);
  return true;
}

function factsOf(row: WlRow, sealer: Sealer): Facts {
  const { name, description, contactEmail, gatewayUrl, currency, status } = wlOf(row, sealer);
  return { name, description, contactEmail, gatewayUrl, currency, status };
}

function auditFacts(facts: Facts): Facts {
  const { contactEmail } = facts;
  return { ...facts, contactEmail: contactEmail === null ? null : maskEmail(contactEmail) };
}

function columnsOf(facts: Facts, sealer: Sealer) {
  const { contactEmail } = facts;
  return {
    name: facts.name,
    description: facts.description,
    contact_email_sealed:
      contactEmail === null ? null : sealColumn(sealer, 'wl.contact_email_sealed', contactEmail),
    gateway_url: facts.gatewayUrl,
    currency: facts.currency,
    status: facts.status,
  };
}

function wlOf(row: WlRow, sealer: Sealer): StoredWl {
  const contactEmail = openColumn(sealer, 'wl.contact_email_sealed', row.contact_email_sealed);
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    contactEmail: contactEmail ?? null,
    gatewayUrl: row.gateway_url,
    currency: row.currency,
    status: row.status,
    peerUrl: row.peer_url,
    eventKeys: row.event_keys as StoredWl['eventKeys'],
    changeSeq: row.change_seq,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function secretsOf(
  row: Pick<WlRow, 'policy_secret_sealed' | 'signal_secret_sealed'>,
  sealer: Sealer,
): WlSecrets | undefined {
  const policySecret = openColumn(sealer, 'wl.policy_secret_sealed', row.policy_secret_sealed);
  const signalSecret = openColumn(sealer, 'wl.signal_secret_sealed', row.signal_secret_sealed);
  if (policySecret === undefined || signalSecret === undefined) return undefined;
  return { policySecret, signalSecret };
}

function same(before: object, after: object): boolean {
  return canonicalJson(before as Json) === canonicalJson(after as Json);
}

function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** The WL's own currency; null until it has said it. */
export async function currencyOf(db: Kysely<CpSchema>, id: string): Promise<string | null> {
  const row = await db.selectFrom('wl').select('currency').where('id', '=', id).executeTakeFirst();
  return row?.currency ?? null;
}
