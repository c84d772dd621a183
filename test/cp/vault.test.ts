import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sealedColumnsOf } from '../support/sealed-columns.ts';
import { verifyAudit } from '../../db/audit.ts';
import { resetControlPlane } from '../../db/cp/reset.ts';
import { resealAll, SEALED_COLUMNS } from '../../db/cp/sealed-columns.ts';
import type { Author } from '../../db/cp/schema.ts';
import { readTraderAccount } from '../../db/cp/trader-account.ts';
import { createSealer } from '../../db/sealed.ts';
import {
  EXPORTER,
  IMPORTER,
  MASTER,
  refusalOf,
  registerBoth,
  runBookWl,
  startControlPlane,
  type Stage,
} from './stage.ts';

let stage: Stage;
let secrets: readonly string[];
const author: Author = { actor: 'command', source: 'test', correlationId: randomUUID() };

beforeAll(async () => {
  stage = await startControlPlane({ rateLimits: { login: { requests: 8, windowSeconds: 600 } } });
  await registerBoth(stage);
  const body = {
    name: 'Conta Trader',
    status: 'active',
    contactEmail: 'exporter@example.com',
    contactPhone: '+55 11 90000-0001',
  };
  for (const id of [EXPORTER, IMPORTER]) {
    const path = `/admin/api/wls/${id}/trader`;
    await stage.ask({ method: 'POST', path, body, token: stage.master });
  }
  const as = await stage.certificate(EXPORTER);
  const { body: given } = await stage.ask({ method: 'POST', path: `/wls/${EXPORTER}/secrets`, as });
  const person = await stage.person('risk');
  secrets = [
    MASTER.email,
    person.email,
    'Ana Prado',
    'exporter@example.com',
    'importer@example.com',
    '90000-0001',
    ...Object.values(given as Record<string, string>),
    // The private members of an RSA key as JWK.
    '"qi"',
  ];
}, 60_000);
afterAll(() => stage.stop());

/** Every row of every table as text, and every base64 run in it decoded as well. */
async function dump(): Promise<string> {
  const { rows: tables } = await stage.pool.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await stage.pool.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM "${name}" t`,
    );
    texts.push(...rows.map(({ row }) => row));
  }
  const clear = texts.join('\n');
  const decoded = [...clear.matchAll(/[A-Za-z0-9+/_-]{16,}/g)].map(([run]) =>
    Buffer.from(run, 'base64').toString('latin1'),
  );
  return `${clear}\n${decoded.join('\n')}`;
}

async function sealedValues(): Promise<string[]> {
  const values: string[] = [];
  for (const { table, column } of SEALED_COLUMNS) {
    const { rows } = await stage.pool.query<{ value: string }>(
      `SELECT ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL`,
    );
    values.push(...rows.map(({ value }) => value));
  }
  return values;
}

describe('what the database knows', () => {
  test('no contact, secret or private key stands in it, decoded or not', async () => {
    const text = await dump();
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).toContain('wl-exporter');
    expect(stage.logLines.join('\n')).not.toContain(MASTER.email);
  });

  test('equal contacts have different ciphertexts', async () => {
    const values = await sealedValues();
    expect(values.length).toBeGreaterThan(10);
    expect(new Set(values).size).toBe(values.length);
  });

  test('every sealed column is among those that a rotation seals again', async () => {
    const known = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
    expect(new Set(known)).toEqual(new Set(await sealedColumnsOf(stage.pool)));
  });

  test('rotation seals everything again, after which the old key may go', async () => {
    const [old, fresh] = stage.sealKeys;
    const before = await sealedValues();
    const both = createSealer([fresh, old], stage.indexKey);
    expect(await resealAll(stage.db, both, author)).toBe(before.length);
    expect(await resealAll(stage.db, both, author)).toBe(0);
    const after = await sealedValues();
    expect(after.every((value) => value.startsWith(`${fresh.id}.`))).toBe(true);
    const text = await dump();
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    const alone = createSealer([fresh], stage.indexKey);
    const account = await readTraderAccount(stage.db, alone, EXPORTER);
    expect(account).toMatchObject({ contactPhone: '+55 11 90000-0001' });
    await expect(readTraderAccount(stage.db, stage.sealer, EXPORTER)).rejects.toThrow(/no key/);
    expect(await resealAll(stage.db, createSealer([old, fresh], stage.indexKey), author)).toBe(
      before.length,
    );
  });
});

test('logins are throttled by account, whoever tries', async () => {
  const answers = [];
  for (let attempt = 1; attempt <= 9; attempt += 1) {
    answers.push(await stage.login('victim@xpory.local', 'guess'));
  }
  expect(answers.map(refusalOf)).toContain('429 RATE_LIMITED');
  const limited = answers.find(({ status }) => status === 429);
  expect(Number(limited?.headers['retry-after'])).toBeGreaterThan(0);
});

test('a reset empties the registry; numbers and the audit chain go on', async () => {
  await resetControlPlane(stage.db, author);
  const { rows } = await stage.pool.query('SELECT count(*)::int AS n FROM wl');
  expect(rows).toEqual([{ n: 0 }]);
  const verdict = await verifyAudit(stage.db);
  expect(verdict.brokenAt).toBeUndefined();
  expect(verdict.scanned).toBeGreaterThan(5);
  const { rows: numbers } = await stage.pool.query(
    'SELECT last FROM revision_counter WHERE subject = $1',
    [`policy/${EXPORTER}`],
  );
  expect(numbers).toEqual([{ last: 1 }]);
  const again = await stage.ask({
    method: 'POST',
    path: '/wls',
    body: runBookWl(EXPORTER, 'wl-exporter'),
    token: stage.master,
  });
  expect(refusalOf(again)).toBe('401 TOKEN_INVALID');
});
