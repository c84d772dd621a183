import pg from 'pg';
import type { CallAnswer } from '../../activities/clients/agent.ts';
import { createAgent } from '../../activities/clients/agent.ts';
import type { TlsMaterial } from '../../runtime/tls.ts';
import { CP, EXPORTER, IMPORTER, PARTIES, tlsUrl } from '../../stack/parties.ts';
import type { Party, WlParty } from '../../stack/parties.ts';
import { logIn } from '../../stack/register.ts';
import { createWeb } from '../../stack/web.ts';
import type { Web } from '../../stack/web.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/**
 * The hold is short, so that it can run out. Refusals are asked for by the hundred, each from the
 * same address; the limits that are used up are low, and one heals soon. Schedules keep still, so
 * that rows can be counted. A busy machine may be slower than a buyer would wait.
 */
const SETTINGS = {
  HOLD_TTL_SECONDS: '5',
  PREFLIGHT_TIMEOUT_MS: '4000',
  CONFIRM_TIMEOUT_MS: '4000',
  BUY_DEADLINE_MS: '10000',
  POLICY_PULL_SECONDS: '3600',
  OFFER_SYNC_SECONDS: '3600',
  HOLD_TIDY_SECONDS: '3600',
  RATE_LIMIT_REFUSED: '100000/60',
  IMPORTER_RATE_LIMIT_BUY: '60/60',
  CP_RATE_LIMIT_WL: '60/3',
  // Nobody listens there: mailboxes can be named, and nothing is sent.
  CP_SMTP_URL: 'smtp://127.0.0.1:9',
  CP_SMTP_FROM: 'alertas@xpory.local',
  IMPORTER_PARK_AFTER_SECONDS: '1',
  IMPORTER_LEARN_BACKOFF_MS: '100',
  IMPORTER_LEARN_BACKOFF_MAX_MS: '300',
};

export interface Stage {
  readonly stack: TestStack;
  /** As an operator with every role. */
  admin<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown): Promise<T>;
  readonly masterToken: string;
  rows<T>(party: Party, text: string, values?: readonly unknown[]): Promise<T[]>;
  /** Stops everything and starts it again on the same folder. */
  restart(env: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

/** What the files of this folder share: one stack, started empty; `own` settings go before. */
export async function openStage(own: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const settings = { ...SETTINGS, ...own };
  let stack = await startTestStack({ env: settings });
  let session = await logIn(stack);
  let databases = connect(stack);
  return {
    get stack() {
      return stack;
    },
    get masterToken() {
      return session.token;
    },
    admin: (method, path, body) =>
      session.cp.need(path, {
        method,
        bearer: session.token,
        ...(body === undefined ? {} : { body }),
      }),
    async rows(party, text, values = []) {
      const pool = databases.get(party);
      if (pool === undefined) throw new Error(`no database of ${party.slug}`);
      return (await pool.query(text, [...values])).rows;
    },
    async restart(env) {
      await disconnect(databases);
      await stack.stop();
      stack = await startTestStack({ env: { ...settings, ...env }, from: stack });
      session = await logIn(stack);
      databases = connect(stack);
    },
    async close() {
      await disconnect(databases);
      await stack.close();
    },
  };
}

function connect(stack: TestStack): Map<Party, pg.Pool> {
  const open = (party: Party) =>
    new pg.Pool({ connectionString: stack.databaseUrl(party), max: 2 });
  return new Map(PARTIES.map((party) => [party, open(party)]));
}

async function disconnect(databases: ReadonlyMap<Party, pg.Pool>): Promise<void> {
  await Promise.all([...databases.values()].map((pool) => pool.end()));
}

/** Parties sign heads of their audits and fetch each other's by schedule, whoever asks for what. */
const BY_SCHEDULE = new Set(['audit_head', 'audit_head_seen']);

/** Rows of each table of all three databases that a request may write. */
export async function countRows(stage: Stage): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const party of PARTIES) {
    for (const table of await tablesOf(stage, party)) {
      if (BY_SCHEDULE.has(table)) continue;
      const text = `SELECT count(*)::integer AS count FROM "${table}"`;
      const [row] = await stage.rows<{ count: number }>(party, text);
      counts[`${party.database}.${table}`] = row?.count ?? 0;
    }
  }
  return counts;
}

export async function tablesOf(stage: Stage, party: Party): Promise<string[]> {
  const text = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename";
  return (await stage.rows<{ tablename: string }>(party, text)).map(({ tablename }) => tablename);
}

/** HTTP to a party's TLS listener with any certificate, or to its plain one. */
export function webWith(stack: TestStack, party: Party, tls: TlsMaterial): Web & { close(): void } {
  const agent = createAgent({ tls, connections: 4, timeouts: { connectMs: 2_000 } });
  return { ...createWeb(agent, tlsUrl(party, stack.ports)), close: () => void agent.destroy() };
}

export function plainWeb(stack: TestStack, party: Party): Web & { close(): void } {
  const agent = createAgent({ tls: { ca: '', cert: '', key: '' }, connections: 4 });
  const base = `http://127.0.0.1:${stack.ports[party.ports.http]}`;
  return { ...createWeb(agent, base), close: () => void agent.destroy() };
}

/** `403 TOKEN_SCOPE`; of a trader answer `200 REJECTED PRICE_CHANGED`. */
export function outcomeOf({ status, body }: CallAnswer): string {
  const told = (body ?? {}) as { code?: string; status?: string; reason?: string };
  const words = status < 300 ? [told.status, told.reason] : [told.code];
  return [String(status), ...words.filter((word) => word !== undefined)].join(' ');
}

export interface PeerTokenRequest {
  readonly of: WlParty;
  readonly target: WlParty;
  readonly scopes: readonly string[];
}

export async function peerToken(
  { stack }: Pick<Stage, 'stack'>,
  { of, target, scopes }: PeerTokenRequest,
): Promise<string> {
  const cp = stack.web(CP, of.slug);
  const body = { targetWlId: target.wlId, scopes };
  const path = `/wls/${of.wlId}/peer-token`;
  return (await cp.need<{ token: string }>(path, { method: 'POST', body })).token;
}

export const buyerToken = (stage: Pick<Stage, 'stack'>): Promise<string> =>
  peerToken(stage, { of: IMPORTER, target: EXPORTER, scopes: ['offers:sync', 'trader:purchase'] });

export const approverToken = (stage: Pick<Stage, 'stack'>): Promise<string> =>
  peerToken(stage, { of: EXPORTER, target: EXPORTER, scopes: ['trader:approve'] });

export interface ImportedOffer {
  readonly offerId: string;
  readonly originOfferId: string;
  readonly title: string;
  readonly unitPrice: string;
  readonly originUnitPrice: string;
  readonly available: number;
  readonly eligible: boolean;
}

export async function importedOffers({ stack }: Pick<Stage, 'stack'>): Promise<ImportedOffer[]> {
  const path = '/api/v2/imported-offers?limit=200';
  return (await stack.web(IMPORTER).need<{ items: ImportedOffer[] }>(path)).items;
}

export interface Buyer {
  readonly accountId: string;
  readonly token: string;
}

export interface BuyAnswer {
  readonly ok: boolean;
  readonly status: string;
  readonly msg: string;
  readonly reason?: string;
  readonly tradeId: string;
  readonly unitPrice: string;
  readonly statusUrl?: string;
  readonly earlier?: { readonly tradeId: string; readonly status: string };
}

/** The run book's purchase of one unit. */
export function askToBuy(
  { stack }: Pick<Stage, 'stack'>,
  { accountId, token }: Buyer,
  offerId: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<CallAnswer> {
  const paymentParams = '{"paymentType":"balanceAccount"}';
  const form = { accountId, token, offerId, quantity: '1', paymentParams };
  return stack.web(IMPORTER).ask('/api/v1/buy-offer', { method: 'POST', form, headers });
}

export async function buy(
  stage: Pick<Stage, 'stack'>,
  buyer: Buyer,
  offerId: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<BuyAnswer> {
  return (await askToBuy(stage, buyer, offerId, headers)).body as BuyAnswer;
}

/** An offer's new price, stock or status, as the exporter's back office changes it. */
export function changeOffer(
  { stack }: Pick<Stage, 'stack'>,
  originOfferId: string,
  body: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const path = `/api/v2/backoffice/offers/${originOfferId}`;
  return stack.web(EXPORTER).need(path, { method: 'PATCH', bearer: 'backoffice-exporter', body });
}

export async function balancesOf(
  { stack }: Pick<Stage, 'stack'>,
  { accountId }: Buyer,
): Promise<Record<string, string>> {
  interface Listed {
    readonly accountId: string;
    readonly balances: readonly { readonly currency: string; readonly amount: string }[];
  }
  const { items } = await stack
    .web(IMPORTER)
    .need<{ items: Listed[] }>('/api/v2/backoffice/accounts?limit=200', {
      bearer: 'backoffice-importer',
    });
  const balances = items.find((item) => item.accountId === accountId)?.balances ?? [];
  return Object.fromEntries(balances.map(({ currency, amount }) => [currency, amount]));
}
