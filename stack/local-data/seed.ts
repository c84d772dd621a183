import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { createAccount, creditAccount } from '../../db/wl/accounts.ts';
import type { ChangeContext } from '../../db/wl/accounts.ts';
import { createOffer } from '../../db/wl/offers.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { createSealer } from '../../db/sealed.ts';
import type { Sealer } from '../../db/sealed.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { readTraderId, saveTraderAccount } from '../../db/wl/trader-account.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { parseMinor } from '../../domain/shared/money.ts';
import { messageOf } from '../errors.ts';
import type { WlParty, WlSlug } from '../parties.ts';
import { EXPORTER_CATALOGUE, IMPORTER_CATALOGUE } from './catalogue.ts';
import type { Catalogue, CatalogueOffer } from './catalogue.ts';
import { MEMBERS, TRADERS } from './members.ts';
import type { Member } from './members.ts';

const CATALOGUES: Readonly<Record<WlSlug, Catalogue>> = {
  exporter: EXPORTER_CATALOGUE,
  importer: IMPORTER_CATALOGUE,
};

const CONTEXT: ChangeContext = {
  actor: 'local-data',
  source: 'stack/local-data',
  correlationId: 'local-data',
};

// One process after the other; no transaction waits for another one.
const POOL_SIZE = 2;
// Old enough for every export delay, spread so that a `min_created_at` has two sides.
const FIRST_OFFER_AT = Date.UTC(2025, 0, 6, 12);
const DAY_MS = 86_400_000;

export interface SeedTarget {
  readonly party: WlParty;
  readonly databaseUrl: string;
  readonly seal: {
    readonly keys: readonly { readonly id: string; readonly key: Buffer }[];
    readonly indexKey: Buffer;
  };
}

/**
 * Writes what a marketplace owns before anyone trades. Fixed ids make it repeatable: what is there
 * already is left as it is, whatever has become of it since.
 */
export async function ensureLocalData(target: SeedTarget): Promise<void> {
  const { slug } = target.party;
  const pool = createPool({
    url: target.databaseUrl,
    size: POOL_SIZE,
    applicationName: 'local-data',
    onError: (error) => void process.stderr.write(`local data: ${messageOf(error)}\n`),
  });
  try {
    const db = createDatabase<WlTables>(pool);
    const sealer = createSealer(target.seal.keys, target.seal.indexKey);
    await ensureOffers(db, CATALOGUES[slug], target.party.currency);
    for (const member of MEMBERS[slug]) await ensureMember(db, sealer, member);
    if ((await readTraderId(db)) === undefined) {
      await saveTraderAccount(db, sealer, TRADERS[slug]);
    }
  } finally {
    await pool.end();
  }
}

async function ensureOffers(
  db: Kysely<WlTables>,
  catalogue: Catalogue,
  currency: string,
): Promise<void> {
  const present = await db.selectFrom('offer').select('offer_id').execute();
  const known = new Set(present.map((row) => row.offer_id));
  for (const [index, offer] of catalogue.offers.entries()) {
    if (known.has(offer.offerId)) continue;
    const created = await createOffer(
      db,
      {
        offerId: offer.offerId,
        title: offer.title,
        category: named(catalogue.categories, offer.categoryId),
        entity: named(catalogue.entities, offer.entityId),
        unitPriceMinor: minorOf(offer.unitPrice),
        currency,
        available: offer.stock,
        status: offer.status,
        createdAt: new Date(FIRST_OFFER_AT + index * DAY_MS),
      },
      CONTEXT,
    );
    invariant(created.ok, `offer ${offer.offerId} of the local data is written once`);
  }
}

function named(
  names: Readonly<Record<string, string>>,
  id: CatalogueOffer['categoryId'],
): { id: string; name: string } {
  const name = names[id];
  invariant(name !== undefined, `the catalogue names ${id}`);
  return { id, name };
}

async function ensureMember(db: Kysely<WlTables>, sealer: Sealer, member: Member): Promise<void> {
  const { accountId } = member;
  const present = await db
    .selectFrom('account')
    .select('account_id')
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (present === undefined) await createAccount(db, sealer, member, CONTEXT);
  for (const [currency, amount] of Object.entries(member.funds)) {
    const key = `local-data:${currency}`;
    const credited = await creditAccount(
      db,
      {
        ...{ accountId, currency, key, note: 'Saldo inicial' },
        amountMinor: minorOf(amount),
        fingerprint: createHash('sha256').update(`${accountId} ${currency}`).digest('hex'),
      },
      CONTEXT,
    );
    invariant(credited.ok, `account ${accountId} is credited once`);
  }
}

function minorOf(amount: string): bigint {
  const parsed = parseMinor(amount);
  invariant(parsed.ok, `${amount} is an amount`);
  return parsed.value;
}
