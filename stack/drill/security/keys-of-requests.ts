import { randomUUID } from 'node:crypto';
import { memberAccount } from '../../../db/wl/ledger.ts';
import { formatMinor, minor } from '../../../domain/shared/money.ts';
import { IMPORTER } from '../../parties.ts';
import type { Attack } from './attack.ts';
import { checkout, fieldsOf, openShop } from './purchases.ts';
import type { Shop } from './purchases.ts';
import type { Range } from './range.ts';

const MISSING = '400 IDEMPOTENCY_MISSING';
const TWINS = 10;

/** Idempotency-Key: what is none, in the header's own grammar. */
const NO_KEYS: readonly (readonly [string, string | readonly string[] | undefined])[] = [
  ['missing', undefined],
  ['empty', ''],
  ['a space', ' '],
  ['a space inside', 'a b'],
  ['a tab inside', 'a\tb'],
  ['256 characters', 'k'.repeat(256)],
  ['a letter outside ASCII', 'chav\u00e9'],
  ['two headers', ['one', 'two']],
];

export async function idempotencyAttacks(range: Range): Promise<readonly Attack[]> {
  const shop = await openShop(range);
  return [...grammar(range, shop), ...semantics(range, shop), ...credits(range, shop)];
}

function grammar(range: Range, { buyers, offers }: Shop): readonly Attack[] {
  const [buyer] = buyers;
  if (buyer === undefined) throw new Error('the shop has buyers');
  return NO_KEYS.map(([name, key]) => ({
    name: `key: ${name}`,
    expected: [MISSING],
    send: async () => (await checkout(range, { buyer, offer: offers[0], key })).outcome,
  }));
}

function semantics(range: Range, { buyers, offers }: Shop): readonly Attack[] {
  const [one, two] = buyers;
  if (one === undefined || two === undefined) throw new Error('the shop has buyers');
  const key = `~${'k'.repeat(254)}`;
  const order = { buyer: one, offer: offers[1], key };
  const trades = new Set<unknown>();
  return [
    {
      name: `key of 255 characters, ${TWINS} at once`,
      expected: ['1 trade'],
      send: async () => {
        const twins = Array.from({ length: TWINS }, () => checkout(range, order));
        for (const answer of await Promise.all(twins)) trades.add(fieldsOf(answer)['tradeId']);
        return `${trades.size} trade${trades.size === 1 ? '' : 's'}`;
      },
    },
    {
      name: 'the same once more: the same trade, said to be replayed',
      expected: ['200 true true'],
      send: async () => {
        const answer = await checkout(range, order);
        const same = trades.has(fieldsOf(answer)['tradeId']);
        return `${answer.status} ${same} ${String(answer.headers['idempotency-replayed'])}`;
      },
    },
    {
      name: 'the same key, another quantity',
      expected: ['422 IDEMPOTENCY_MISMATCH'],
      send: async () => (await checkout(range, { ...order, quantity: 2 })).outcome,
    },
    {
      name: 'the same key, another offer',
      expected: ['422 IDEMPOTENCY_MISMATCH'],
      send: async () => (await checkout(range, { ...order, offer: offers[2] })).outcome,
    },
    {
      name: 'the same key of another member: a purchase of its own',
      expected: ['CONFIRMED, another trade'],
      send: async () => {
        const { tradeId, status } = fieldsOf(await checkout(range, { ...order, buyer: two }));
        return `${String(status)}, ${trades.has(tradeId) ? 'the same' : 'another'} trade`;
      },
    },
  ];
}

/** Money from nothing: one credit a key, whatever is sent how often. */
function credits({ http, stage }: Range, { buyers }: Shop): readonly Attack[] {
  const bearer = stage.stack.env['IMPORTER_BACKOFFICE_KEY'] ?? 'backoffice-importer';
  const path = `/api/v2/backoffice/accounts/${buyers[2]?.accountId}/credits`;
  const key = randomUUID();
  const credit = async (amount: string, own?: string): Promise<string> => {
    const headers = own === undefined ? {} : { 'idempotency-key': own };
    const body = { amount, currency: 'BRL', note: 'campaign' };
    return (await http.knock({ party: IMPORTER, method: 'POST', path, bearer, headers, body }))
      .outcome;
  };
  return [
    { name: 'a credit without a key', expected: [MISSING], send: () => credit('1.00') },
    { name: 'a credit', expected: ['200', '201'], send: () => credit('1.00', key) },
    { name: 'the same credit again', expected: ['200', '201'], send: () => credit('1.00', key) },
    {
      name: 'another credit under its key',
      expected: ['422 IDEMPOTENCY_MISMATCH'],
      send: () => credit('2.00', key),
    },
    {
      name: 'what the account got of all of them',
      expected: ['9001.00'],
      send: async () => {
        const row = await stage.importer
          .selectFrom('balance')
          .select('amount_minor')
          .where('account', '=', memberAccount(buyers[2]?.accountId ?? ''))
          .where('currency', '=', 'BRL')
          .executeTakeFirst();
        return formatMinor(minor(row?.amount_minor ?? 0n));
      },
    },
    ...['-1.00', '0.00', '1e3', '0.001', 'NaN', '99999999999999999999.00', ' 1.00', '١.00'].map(
      (amount) => ({
        name: `a credit of ${JSON.stringify(amount)}`,
        expected: ['422 VALIDATION_FAILED'],
        send: () => credit(amount, randomUUID()),
      }),
    ),
  ];
}
