import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { readRelationship } from '../db/wl/governance.ts';
import type { WlTables } from '../db/wl/schema.ts';
import { parseMinor } from '../domain/shared/money.ts';
import { CP, EXPORTER, IMPORTER } from '../stack/parties.ts';
import { importOffers, logIn, putRelationship } from '../stack/register.ts';
import type { Stack } from '../stack/stack.ts';
import type { Web } from '../stack/web.ts';

/** One thing to buy once: the key names it at the importer and in the verification. */
export interface Purchase {
  readonly key: string;
  readonly accountId: string;
  readonly token: string;
  readonly offerId: string;
}

export interface Market {
  readonly accountIds: readonly string[];
  next(): Purchase;
}

/**
 * So many pairs of account and offer that none comes again within the cool-down of a minute, at
 * more purchases a second than two cores can do.
 */
const ACCOUNTS = 128;
const OFFERS = 64;
/** Sellers' balances are rows: one seller for everything would measure that row's lock. */
const ENTITIES = 16;
/** Nobody sells out and no limit is reached, so that every purchase can be CONFIRMED. */
const DEEP_STOCK = 1_000_000;
const DEEP_FUNDS = '100000000.00';
const DEEP_LIMIT = '1000000000.00';
/** Under the default approval threshold. */
const UNIT_PRICE = '10.00';
const PARALLEL_CALLS = 8;
const PAGE = 200;
const IN_FORCE_WITHIN_MS = 60_000;
const POLL_MS = 200;
const BACKOFFICE_KEYS = { exporter: 'backoffice-exporter', importer: 'backoffice-importer' };

/** Makes the benchmark's own accounts and stock, through the API that a marketplace would use. */
export async function openMarket(stack: Stack, exporter: Kysely<WlTables>): Promise<Market> {
  await deepenLimit(stack, exporter);
  const originIds = await makeOffers(stack.web(EXPORTER));
  await importOffers(stack, IMPORTER);
  const offerIds = await importedIds(stack.web(IMPORTER), new Set(originIds));
  const accounts = await makeAccounts(stack.web(IMPORTER));
  let count = 0;
  return {
    accountIds: accounts.map(({ accountId }) => accountId),
    next() {
      const account = accounts[count % accounts.length];
      const offerId = offerIds[Math.floor(count / accounts.length) % offerIds.length];
      if (account === undefined || offerId === undefined) throw new Error('the market is empty');
      count += 1;
      return { key: randomUUID(), ...account, offerId };
    },
  };
}

async function deepenLimit(stack: Stack, exporter: Kysely<WlTables>): Promise<void> {
  const session = await logIn(stack);
  const pair = { src: EXPORTER, dst: IMPORTER };
  await putRelationship(session, pair, { limitAmount: DEEP_LIMIT });
  const wanted = parseMinor(DEEP_LIMIT);
  const deadline = Date.now() + IN_FORCE_WITHIN_MS;
  for (;;) {
    const inForce = await readRelationship(exporter, EXPORTER.wlId, IMPORTER.wlId);
    if (wanted.ok && inForce?.limit === wanted.value) return;
    if (Date.now() > deadline) throw new Error('the limit did not come into force at the exporter');
    await delay(POLL_MS);
  }
}

async function makeOffers(exporter: Web): Promise<string[]> {
  const made = await inParallel(OFFERS, async (index) =>
    exporter.need<{ offerId: string }>('/api/v2/backoffice/offers', {
      method: 'POST',
      bearer: BACKOFFICE_KEYS.exporter,
      body: {
        title: `Benchmark ${index}`,
        category: { id: 'bench', name: 'Benchmark' },
        entity: { id: `bench-${index % ENTITIES}`, name: `Benchmark ${index % ENTITIES}` },
        unitPrice: UNIT_PRICE,
        available: DEEP_STOCK,
      },
    }),
  );
  return made.map(({ offerId }) => offerId);
}

interface ImportedPage {
  readonly items: readonly { readonly offerId: string; readonly originOfferId: string }[];
  readonly nextCursor?: string;
}

async function importedIds(importer: Web, origin: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await importer.need<ImportedPage>(`/api/v2/imported-offers?limit=${PAGE}${from}`);
    found.push(
      ...page.items.filter((item) => origin.has(item.originOfferId)).map((item) => item.offerId),
    );
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (found.length < origin.size) throw new Error(`${found.length} of ${origin.size} offers came`);
  return found;
}

interface BuyerAccount {
  readonly accountId: string;
  readonly token: string;
}

async function makeAccounts(importer: Web): Promise<BuyerAccount[]> {
  const bearer = BACKOFFICE_KEYS.importer;
  return inParallel(ACCOUNTS, async (index) => {
    const path = '/api/v2/backoffice/accounts';
    const body = { name: `Benchmark ${index}`, buyOffer: true };
    const account = await importer.need<BuyerAccount>(path, { method: 'POST', bearer, body });
    for (const currency of [IMPORTER.currency, 'BRL']) {
      await importer.need(`${path}/${account.accountId}/credits`, {
        method: 'POST',
        bearer,
        headers: { 'idempotency-key': randomUUID() },
        body: { amount: DEEP_FUNDS, currency, note: 'benchmark' },
      });
    }
    return account;
  });
}

/** A token of the importer for the exporter, as the plain handler's preflight needs it. */
export async function peerToken(stack: Stack): Promise<string> {
  const { token } = await stack
    .web(CP, 'importer')
    .need<{ token: string }>(`/wls/${IMPORTER.wlId}/peer-token`, {
      method: 'POST',
      body: { targetWlId: EXPORTER.wlId, scopes: ['trader:purchase'] },
    });
  return token;
}

async function inParallel<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_CALLS }, lane));
  return results;
}
