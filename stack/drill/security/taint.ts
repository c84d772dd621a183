import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Pool } from 'pg';
import { CP, EXPORTER, IMPORTER, PARTIES } from '../../parties.ts';
import type { Party } from '../../parties.ts';
import type { Attack } from './attack.ts';
import { memberHeaders, peerToken, person, supportToken } from './callers.ts';
import { MARKED_TEXT, MARKERS, buyOne, fieldsOf, openShop } from './purchases.ts';
import type { Shop } from './purchases.ts';
import type { Range } from './range.ts';
import { sleep } from '../stage.ts';

/**
 * Markers in every field that a person fills, and every secret there is: then everything that is
 * kept is read from end to end. What is found is a leak.
 */
export async function taintAttacks(range: Range): Promise<readonly Attack[]> {
  const shop = await openShop(range);
  const needles = await needlesOf(range, shop);
  await trade(range, shop);
  // What the outbox, the relay and the schedules make of it is written within this.
  await sleep(SETTLED_MS);
  const places = await placesOf(range);
  const found = places.flatMap((place) =>
    needles.filter(({ text }) => place.text.includes(text)).map(({ name }) => [name, place.name]),
  );
  const size = places.reduce((sum, { text }) => sum + text.length, 0);
  return [
    {
      name: `the search of ${places.length} places, ${Math.round(size / 1_000)} kB, finds what is there`,
      expected: ['found'],
      send: async () => {
        const kinds = new Set(places.map(({ name }) => name.split(' ')[0]));
        const isWhole = ['table', 'engine', 'log', 'metrics'].every((kind) => kinds.has(kind));
        const isSeen = places.some(
          ({ name, text }) => name.startsWith('engine') && /purchase\//.test(text),
        );
        return isWhole && isSeen ? 'found' : [...kinds].join(' ');
      },
    },
    ...needles.map(({ name }) => ({
      name: `${name} in tables, engine, logs or metrics`,
      expected: ['nowhere'],
      send: async () => {
        const where = found.filter(([needle]) => needle === name).map(([, place]) => place);
        return where.length === 0 ? 'nowhere' : `200 in ${where.join(', ')}`;
      },
    })),
  ];
}

const SETTLED_MS = 8_000;

interface Needle {
  readonly name: string;
  readonly text: string;
}

async function needlesOf(range: Range, { buyers }: Shop): Promise<readonly Needle[]> {
  const { stage, session } = range;
  const { secrets, pki } = stage.stack;
  const digits = (text: string): string => text.replaceAll(/\D/g, '');
  const peer = await peerToken(range, 'importer', ['trader:purchase']);
  const needles: Needle[] = [
    ...Object.entries(MARKERS).map(([name, text]) => ({ name: `a member's ${name}`, text })),
    { name: "a member's phone in digits", text: digits(MARKERS.phone) },
    { name: "a member's CPF in digits", text: digits(MARKERS.cpf) },
    ...buyers.map(({ token: text }, index) => ({ name: `account token ${index + 1}`, text })),
    { name: "a person's token", text: signatureOf(session.token) },
    { name: 'a peer token', text: signatureOf(peer) },
  ];
  for (const [slug, { sealKeys, indexKey }] of Object.entries(secrets)) {
    needles.push({ name: `seal key of ${slug}`, text: sealKeys.split(':')[1] ?? sealKeys });
    needles.push({ name: `index key of ${slug}`, text: indexKey });
  }
  for (const [slug, files] of Object.entries(pki.parties)) {
    needles.push({
      name: `private key of ${slug}`,
      text: keyLine(await readFile(files.keyPath, 'utf8')),
    });
  }
  for (const [name, { privateKey }] of Object.entries(range.keys)) {
    const { d = '' } = privateKey.export({ format: 'jwk' });
    needles.push({ name: `signing key of ${name}`, text: d });
  }
  const answer = await range.http.knock({
    ...{ party: CP, method: 'POST', path: `/wls/${IMPORTER.wlId}/secrets` },
    as: range.credentials.importer,
  });
  for (const [name, text] of Object.entries(fieldsOf(answer))) {
    needles.push({ name: `the importer's ${name}`, text: String(text).replace(/^whsec_/, '') });
  }
  return needles;
}

const signatureOf = (token: string): string => token.slice(token.lastIndexOf('.') + 1);
const keyLine = (pem: string): string => pem.split('\n')[1] ?? pem;

/** Purchases, a refusal, a reversal and whatever people type, with the markers in all of it. */
async function trade(range: Range, { buyers, offers }: Shop): Promise<void> {
  const { http, session } = range;
  const [one, two] = buyers;
  if (one === undefined || two === undefined) throw new Error('the shop has buyers');
  const { tradeId } = await buyOne(range, { buyer: one, offer: offers[3] });
  const support = await supportToken(range, await person(range, ['support']), IMPORTER.wlId);
  const reason = MARKED_TEXT;
  const keyed = { 'idempotency-key': randomUUID() };
  const post = (party: Party, path: string, more: object) =>
    http.knock({ party, method: 'POST', path, ...more });
  await post(IMPORTER, `/api/v2/purchases/${tradeId}/reverse`, {
    ...{ bearer: support, headers: keyed, body: { reason } },
  });
  await post(IMPORTER, `/api/v2/purchases/${tradeId}/abandon`, {
    bearer: support,
    body: { reason },
  });
  // Wrong on purpose: what is refused is written down, too.
  const form = {
    accountId: one.accountId,
    token: one.token,
    offerId: MARKERS.email,
    quantity: '1',
  };
  await post(IMPORTER, '/api/v1/buy-offer', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...form, paymentParams: MARKED_TEXT }).toString(),
  });
  await post(IMPORTER, `/api/v2/checkout/imported-offer/${encodeURIComponent(MARKERS.email)}`, {
    ...{ headers: keyed, body: { accountId: two.accountId, token: two.token, quantity: 1 } },
  });
  const headers = { ...memberHeaders(one), 'x-correlation-id': MARKERS.email };
  await http.knock({ party: IMPORTER, path: `/api/v2/purchases/${MARKERS.cpf}`, headers });
  await post(CP, '/imbalance/signals', {
    ...{ bearer: session.token, headers: { 'idempotency-key': randomUUID() } },
    body: { src: IMPORTER.wlId, dst: EXPORTER.wlId, action: 'DISABLE', reason },
  });
  await post(CP, '/admin/api/settlements', {
    ...{ bearer: session.token, headers: { 'idempotency-key': randomUUID() } },
    body: { src: EXPORTER.wlId, dst: IMPORTER.wlId, amount: '1.00', note: reason },
  });
  await http.knock({
    ...{ party: CP, method: 'PUT', path: `/admin/api/wls/${range.strangerId}` },
    ...{ bearer: session.token, body: { contactEmail: MARKERS.email, description: reason } },
  });
  await post(CP, '/admin/api/auth/login', {
    body: { email: MARKERS.email, password: MARKERS.cpf },
  });
}

interface Place {
  readonly name: string;
  readonly text: string;
}

/** Every row of every table, every cell and file of the engine, all log lines, all metrics. */
async function placesOf({ stage, http }: Range): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const party of PARTIES) {
    places.push(...(await tablesOf(stage.stack.databaseUrl(party), party)));
    const { text } = await http.knock({ party, path: '/metrics' });
    places.push({ name: `metrics of ${party.slug}`, text });
  }
  const folder = join(stage.dataDir, 'temporal');
  for (const file of readdirSync(folder))
    places.push({ name: `engine ${file}`, text: bytes(join(folder, file)) });
  places.push({ name: 'engine rows', text: engineRows(folder) });
  places.push({ name: 'log lines', text: readFileSync(join(stage.dataDir, 'stack.log'), 'utf8') });
  return places;
}

/** What a dump would hold, binary columns decoded. */
async function tablesOf(url: string, party: Party): Promise<readonly Place[]> {
  const pool = new Pool({ connectionString: url, max: 1 });
  try {
    const { rows: tables } = await pool.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    const places: Place[] = [];
    for (const { name } of tables) {
      const { rows } = await pool.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t`);
      const text = rows.map(({ row }) => withBytes(row)).join('\n');
      places.push({ name: `table ${party.database}.${name}`, text });
    }
    return places;
  } finally {
    await pool.end();
  }
}

const withBytes = (row: string): string =>
  row.replaceAll(/\\x([0-9a-f]{2,})/g, (_all, hex: string) => Buffer.from(hex, 'hex').toString());

// The engine goes on writing meanwhile, and locks readers out while it does.
const ENGINE_WAIT_MS = 15_000;

function engineRows(folder: string): string {
  const name = readdirSync(folder).find((file) => file.endsWith('.sqlite')) ?? '';
  const engine = new DatabaseSync(join(folder, name), { readOnly: true, timeout: ENGINE_WAIT_MS });
  try {
    const tables = engine.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables
      .flatMap((table) => engine.prepare(`SELECT * FROM "${String(table['name'])}"`).all())
      .flatMap((row) => Object.values(row).map(cell))
      .join('\n');
  } finally {
    engine.close();
  }
}

const cell = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);

/** Its journals come and go: one that was listed may be gone when it is read. */
function bytes(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
