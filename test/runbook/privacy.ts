import { beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { resealAll } from '../../db/cp/sealed-columns.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { createSealer, type Sealer } from '../../db/sealed.ts';
import { resealWl } from '../../db/wl/reseal.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { sealKeys, secretKey } from '../../runtime/environment.ts';
import { MEMBERS, QA_MEMBER, TRADERS } from '../../stack/local-data/members.ts';
import { CP, EXPORTER, IMPORTER, PARTIES } from '../../stack/parties.ts';
import type { Party } from '../../stack/parties.ts';
import { buy, plainWeb, tablesOf, type Stage } from './stage.ts';
import { spareOffers } from './trades.ts';

const NEW_KEY_ID = 'test-2';
const NEW_KEY = randomBytes(32).toString('base64');
/** In one account of the importer, written for this test, and in another one. */
const TWIN = { name: 'Gêmea', email: 'gemea@twins.example', phone: '+55 41 98888-7777' };

/** Who is told of alerts. */
const ALERTED = 'plantao@alertas.example';

const people = [...Object.values(MEMBERS).flat(), ...Object.values(TRADERS), TWIN];
const digits = (phone: string): string => phone.replaceAll(/\D/g, '');
/** As they are written, and phones as plain digits. */
const SECRETS = [
  ...people.flatMap(({ email, phone }) => [email, phone, digits(phone)]),
  ...['master@xpory.local', 'ana@pessoas.example', 'rui@pessoas.example', ALERTED],
];
/** Where the Control Plane keeps what the white labels tell it, and what it makes of that. */
const REPORTED = [
  ...['event', 'event_seen', 'telemetry_quarantine', 'trade', 'pair_journal', 'notification'],
  ...['signal_attempt', 'settlement', 'alert_target'],
];
const BASE64 = /[A-Za-z0-9+/_-]{12,}={0,2}/g;

/** What stands in the clear, also within base64. */
function secretsIn(text: string): string[] {
  const found = SECRETS.filter((secret) => text.includes(secret));
  if (found.length > 0) return found;
  const decoded = [...text.matchAll(BASE64)].map(([part]) =>
    Buffer.from(part, 'base64').toString(),
  );
  const inner = decoded.join('\n');
  return SECRETS.filter((secret) => inner.includes(secret));
}

async function secretsInDatabases(stage: Stage): Promise<string[]> {
  const found: string[] = [];
  for (const party of PARTIES) {
    for (const table of await tablesOf(stage, party)) {
      const rows = await stage.rows<{ row: string }>(
        party,
        `SELECT t::text AS row FROM "${table}" t`,
      );
      const text = rows.map(({ row }) => withBytes(row)).join('\n');
      found.push(...secretsIn(text).map((secret) => `${party.database}.${table}: ${secret}`));
    }
  }
  return found;
}

/** Binary columns come as hexadecimal. */
const withBytes = (row: string): string =>
  row.replaceAll(/\\x([0-9a-f]{2,})/g, (_all, hex: string) => Buffer.from(hex, 'hex').toString());

// The engine goes on writing meanwhile, and locks readers out while it does.
const ENGINE_WAIT_MS = 15_000;

interface EngineScan {
  readonly rows: number;
  readonly found: readonly string[];
}

/** The engine's own tables, cell by cell, and its files as they lie on the disk. */
function scanEngine({ stack }: Stage): EngineScan {
  const folder = join(stack.dataDir, 'temporal');
  const files = readdirSync(folder).filter((file) => file.includes('.sqlite'));
  const found = files.flatMap((file) =>
    secretsIn(bytesOf(join(folder, file))?.toString('latin1') ?? ''),
  );
  const name = files.find((file) => file.endsWith('.sqlite')) ?? '';
  const engine = new DatabaseSync(join(folder, name), { readOnly: true, timeout: ENGINE_WAIT_MS });
  let rows = 0;
  try {
    const tables = engine.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    for (const table of tables) {
      for (const row of engine.prepare(`SELECT * FROM "${String(table['name'])}"`).all()) {
        rows += 1;
        found.push(...secretsIn(Object.values(row).map(textOf).join('\n')));
      }
    }
  } finally {
    engine.close();
  }
  return { rows, found };
}

/** The engine's journals come and go: one that was listed may be gone when it is read. */
function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (path.endsWith('-journal') && (error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

const textOf = (cell: unknown): string =>
  cell instanceof Uint8Array ? Buffer.from(cell).toString('latin1') : String(cell);

/** No contact of the local data is in the clear anywhere. */
export function contactsAtRest(stage: () => Stage): void {
  beforeAll(async () => {
    const bearer = 'backoffice-importer';
    const call = { method: 'POST', bearer, body: { ...TWIN, buyOffer: false } } as const;
    for (let twin = 0; twin < 2; twin += 1) {
      await stage().stack.web(IMPORTER).need('/api/v2/backoffice/accounts', call);
    }
  });

  test('the search finds what is there, plainly, in base64 and in bytes', () => {
    const { email } = QA_MEMBER;
    expect(secretsIn(`{"to":"${email}"}`)).toEqual([email]);
    expect(secretsIn(Buffer.from(`to ${email}.`).toString('base64'))).toEqual([email]);
    expect(secretsIn(Buffer.from(`to ${email}.`).toString('base64url'))).toEqual([email]);
    expect(secretsIn(withBytes(`\\x${Buffer.from(email).toString('hex')}`))).toEqual([email]);
  });

  test('not in a database, not in the engine, not in a log line', async () => {
    expect(await contactsInTheClear(stage())).toEqual([]);
  });

  test('what a white label reports in the clear is refused and kept masked', async () => {
    const { token } = await stage()
      .stack.web(CP, 'importer')
      .need<{ token: string }>(`/wls/${IMPORTER.wlId}/token`, { method: 'POST' });
    const { email, phone } = QA_MEMBER;
    const event = {
      ...{ eventId: email, type: 'TRADER_PURCHASE', wlId: IMPORTER.wlId, correlationId: phone },
      data: { buyerMasked: email, note: `call ${phone} or ${email}`, [email]: phone },
    };
    const answer = await stage()
      .stack.web(CP, 'importer')
      .ask('/telemetry/events', { method: 'POST', bearer: token, body: { events: [event] } });
    expect(answer.body).toMatchObject({ results: [{ result: 'QUARANTINED' }] });
    expect(secretsIn(answer.text)).toEqual([]);
    const kept = await stage().rows<{ document: string }>(
      CP,
      'SELECT document_masked::text AS document FROM telemetry_quarantine',
    );
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.flatMap(({ document }) => secretsIn(document))).toEqual([]);
    expect(kept.some(({ document }) => document.includes('***'))).toBe(true);
  });

  test('a mailbox for alerts is shown and written down masked', async () => {
    const path = '/admin/api/alert-targets';
    const targets = [{ kind: 'EMAIL', address: ALERTED, kinds: ['KEYS'] }];
    const put = await stage().admin('PUT', path, { targets });
    expect(put).toMatchObject({ items: [{ kind: 'EMAIL' }] });
    expect(secretsIn(JSON.stringify(put))).toEqual([]);
  });

  test('what leaves as evidence or is shown of trades and signals has masked forms only', async () => {
    const filled = await Promise.all(
      REPORTED.map(async (table) => {
        const [row] = await stage().rows<{ n: number }>(
          CP,
          `SELECT count(*)::int AS n FROM ${table}`,
        );
        return [table, (row?.n ?? 0) > 0] as const;
      }),
    );
    // A search of nothing finds nothing.
    expect(filled.filter(([, isFilled]) => !isFilled)).toEqual([]);
    const buyers = await stage().rows<{ buyer: string }>(
      CP,
      "SELECT DISTINCT data ->> 'buyerMasked' AS buyer FROM event WHERE data ? 'buyerMasked'",
    );
    expect(buyers.filter(({ buyer }) => !buyer.includes('***'))).toEqual([]);
    const [trade] = await stage().rows<{ id: string }>(
      CP,
      "SELECT trade_id AS id FROM trade WHERE status = 'CONFIRMED' LIMIT 1",
    );
    const shown = [
      `/admin/api/trades/${trade?.id}/evidence`,
      `/admin/api/trades/${trade?.id}/details`,
      ...['/admin/api/trades?limit=200', '/admin/api/notifications?limit=200'],
      ...['/admin/api/telemetry/quarantine?limit=200', '/imbalance/signals?limit=200'],
      '/admin/api/audit?limit=200',
    ];
    for (const path of shown) {
      const text = JSON.stringify(await stage().admin('GET', path));
      expect(text.length).toBeGreaterThan(200);
      expect([path, secretsIn(text)]).toEqual([path, []]);
    }
  });

  test('equal values are sealed into different texts', async () => {
    const twins = await stage().rows<
      Record<'name_sealed' | 'email_sealed' | 'phone_sealed', string>
    >(
      IMPORTER,
      'SELECT name_sealed, email_sealed, phone_sealed FROM account ORDER BY created_at DESC LIMIT 2',
    );
    const texts = twins.flatMap((twin) => Object.values(twin));
    expect(new Set(texts).size).toBe(6);
    const all = (await Promise.all(PARTIES.map((party) => sealedTexts(stage(), party)))).flat();
    expect(new Set(all).size).toBe(all.length);
  });
}

async function contactsInTheClear(stage: Stage): Promise<string[]> {
  const engine = scanEngine(stage);
  const log = readFileSync(join(stage.stack.dataDir, 'test.log'), 'utf8');
  // A search of nothing finds nothing.
  invariant(engine.rows > 100 && log.length > 1_000, 'the engine and the log hold something');
  return [...(await secretsInDatabases(stage)), ...engine.found, ...secretsIn(log)];
}

/**
 * The stack again, with other keys in front of the old ones and its plain listeners off: rotation
 * and the production's listeners in one start.
 */
export function afterTheRestart(stage: () => Stage): void {
  beforeAll(async () => {
    const { secrets } = stage().stack;
    const keysOf = ({ slug }: Party) => `${NEW_KEY_ID}:${NEW_KEY},${secrets[slug].sealKeys}`;
    const keys = PARTIES.map((party) => [`${party.slug.toUpperCase()}_SEAL_KEYS`, keysOf(party)]);
    await stage().restart({ ...Object.fromEntries(keys), PLAIN_LISTENERS: 'off' });
  }, 240_000);

  test('the plain listeners are off, and a purchase confirms', async () => {
    for (const party of PARTIES) {
      const web = plainWeb(stage().stack, party);
      await expect(web.ask('/healthz')).rejects.toMatchObject({ phase: 'connect' });
      web.close();
    }
    const [offer] = await spareOffers(stage(), 12);
    const answer = await buy(stage(), QA_MEMBER, offer?.offerId ?? '');
    expect(answer).toMatchObject({ ok: true, status: 'CONFIRMED' });
  });

  test('after the rotation the old keys open nothing and are needed for nothing', async () => {
    for (const party of PARTIES) {
      const before = await sealedTexts(stage(), party);
      const count = await reseal(stage(), party);
      expect(count).toBeGreaterThan(0);
      const after = await sealedTexts(stage(), party);
      expect(after).toHaveLength(before.length);
      expect(after.filter((text) => !text.startsWith(`${NEW_KEY_ID}.`))).toEqual([]);
      expect(await reseal(stage(), party)).toBe(0);
    }
    const wl = await stage().admin('GET', `/admin/api/wls/${EXPORTER.wlId}`);
    expect(wl).toMatchObject({ contactEmail: 'ex***@example.com' });
    expect(await contactsInTheClear(stage())).toEqual([]);
  });
}

async function sealedTexts(stage: Stage, party: Party): Promise<string[]> {
  const columns = await stage.rows<{ table_name: string; column_name: string }>(
    party,
    `SELECT table_name, column_name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name LIKE '%\\_sealed'`,
  );
  const texts: string[] = [];
  for (const { table_name: table, column_name: column } of columns) {
    const text = `SELECT "${column}" AS sealed FROM "${table}" WHERE "${column}" IS NOT NULL`;
    texts.push(...(await stage.rows<{ sealed: string }>(party, text)).map(({ sealed }) => sealed));
  }
  return texts;
}

async function reseal({ stack }: Stage, party: Party): Promise<number> {
  const url = stack.databaseUrl(party);
  const onError = (): void => undefined;
  const pool = createPool({ url, size: 2, applicationName: 'reseal-test', onError });
  try {
    const sealer = sealerOf(stack.secrets[party.slug]);
    if (party !== CP) return await resealWl(createDatabase<WlTables>(pool), sealer);
    const author = { actor: 'test', source: 'test', correlationId: 'reseal' };
    return await resealAll(createDatabase<CpSchema>(pool), sealer, author);
  } finally {
    await pool.end();
  }
}

function sealerOf(secrets: { readonly sealKeys: string; readonly indexKey: string }): Sealer {
  const keys = sealKeys.parse(`${NEW_KEY_ID}:${NEW_KEY},${secrets.sealKeys}`);
  return createSealer(keys, secretKey.parse(secrets.indexKey));
}
