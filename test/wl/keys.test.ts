import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { ControlPlaneClient } from '../../activities/clients/control-plane.ts';
import type { PublishedKeys } from '../../activities/clients/control-plane-shapes.ts';
import { createKeySource } from '../../activities/clients/jwks.ts';
import { createTokenStore } from '../../activities/clients/tokens.ts';
import { refreshTokens } from '../../activities/governance/refresh-tokens.ts';
import { saveDocument, saveToken } from '../../db/wl/control-tokens.ts';
import {
  ensureEventKey,
  markRegistered,
  openEventKey,
  readEventKeys,
  rotateEventKey,
} from '../../db/wl/event-keys.ts';
import { inTransaction } from '../../db/pool.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import { startWlDatabases, testSealer, type TestServer, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER, pullDocument } from './documents.ts';
import { createTestIssuer, type TestIssuer } from './tokens.ts';

const OWN = { wlId: IMPORTER, currency: 'XIM' };
const LOG = pino({ level: 'silent' });
const MINUTE_MS = 60_000;
const SEALER = testSealer('k');

let server: TestServer;
let wl: TestWl;
let issuer: TestIssuer;
let now: number;
const clock = (): Date => new Date(now);

beforeAll(async () => {
  server = await startWlDatabases(['keys']);
  wl = server.open('keys');
  issuer = createTestIssuer([EXPORTER, IMPORTER]);
}, 60_000);
afterAll(() => server.stop());
beforeEach(async () => {
  now = Date.now();
  await sql`TRUNCATE control_document, control_token`.execute(wl.db);
});

/** A Control Plane that counts how often it is asked for its keys. */
function countingSource(published: () => PublishedKeys) {
  const asked: number[] = [];
  const controlPlane = {
    readKeys: async () => {
      asked.push(now);
      return published();
    },
  };
  return { asked, source: createKeySource({ db: wl.db, controlPlane, clock, log: LOG }) };
}

const allKeys = (): PublishedKeys => issuer.published() as PublishedKeys;
const kidOf = (owner: string): string => issuer.keyOf(owner).kid;

describe('keys of the Control Plane', () => {
  test('are fetched once for many callers, and name their owner', async () => {
    const { asked, source } = countingSource(allKeys);
    const found = await Promise.all(
      Array.from({ length: 20 }, () => source.keysFor(kidOf(EXPORTER))),
    );
    expect(found.every((key) => key?.sub === EXPORTER)).toBe(true);
    expect(asked).toHaveLength(1);
  });

  test('an unknown key id is looked up, but not again within the cool-down', async () => {
    const { asked, source } = countingSource(allKeys);
    for (let tries = 0; tries < 10; tries += 1) {
      expect(await source.keysFor(`made-up-${tries}`)).toBeUndefined();
    }
    expect(asked).toHaveLength(1);
    now += 6_000;
    await source.keysFor('made-up');
    expect(asked).toHaveLength(2);
  });

  test('a revoked key is gone once the keys were fetched again', async () => {
    let published = allKeys();
    const { source } = countingSource(() => published);
    expect(await source.keysFor(kidOf(EXPORTER))).toBeDefined();
    published = { keys: published.keys.filter(({ sub }) => sub !== EXPORTER) };
    await source.refresh();
    expect(await source.keysFor(kidOf(EXPORTER))).toBeUndefined();
    // Another process finds the same in the database.
    const other = countingSource(() => {
      throw new Error('the Control Plane is dead');
    });
    expect(await other.source.keysFor(kidOf(IMPORTER))).toBeDefined();
    expect(await other.source.keysFor(kidOf(EXPORTER))).toBeUndefined();
  });
});

describe('tokens', () => {
  const thumbprint = (): string => 'unbound';

  async function store(audience: string, lifeMs: number): Promise<string> {
    const token = await issuer.issue({ sub: IMPORTER, aud: audience });
    const issuedAt = clock();
    const expiresAt = new Date(now + lifeMs);
    await saveToken(wl.db, SEALER, { kind: 'PEER', audience, token, issuedAt, expiresAt });
    return token;
  }

  test('are used until they expire, and then a renewed one from the database', async () => {
    const tokens = createTokenStore({ db: wl.db, sealer: SEALER, clock, log: LOG, thumbprint });
    expect(await tokens.peerToken(EXPORTER)).toBeUndefined();
    const first = await store(EXPORTER, MINUTE_MS);
    expect(await tokens.peerToken(EXPORTER)).toBe(first);
    now += MINUTE_MS;
    expect(await tokens.peerToken(EXPORTER)).toBeUndefined();
    const second = await store(EXPORTER, MINUTE_MS);
    expect(await tokens.peerToken(EXPORTER)).toBe(second);
  });

  test('an older one never replaces a younger one', async () => {
    const younger = await store(EXPORTER, MINUTE_MS);
    now -= 10_000;
    await store(EXPORTER, MINUTE_MS);
    now += 10_000;
    const tokens = createTokenStore({ db: wl.db, sealer: SEALER, clock, log: LOG, thumbprint });
    expect(await tokens.peerToken(EXPORTER)).toBe(younger);
  });

  test('are renewed from a fifth of their life on, and when their key is gone', async () => {
    await applyPullDocument(wl.db, pullDocument(), { ...OWN, correlationId: 'test' });
    await saveDocument(wl.db, 'registration', {
      endpoint: 'known',
      registeredAt: clock().toISOString(),
    });
    await saveDocument(wl.db, 'jwks', { keys: [{ kid: kidOf(IMPORTER) }] });
    const issued: string[] = [];
    const issue = async (audience: string) => {
      issued.push(audience);
      const token = await issuer.issue({ sub: IMPORTER, aud: audience });
      const expiresAt = new Date(now + 60 * MINUTE_MS);
      return { token, kid: kidOf(IMPORTER), issuedAt: clock(), expiresAt };
    };
    const controlPlane = {
      issueToken: () => issue('control-plane'),
      issuePeerToken: (audience: string) => issue(audience),
    } as unknown as ControlPlaneClient;
    const deps = {
      ...{ db: wl.db, sealer: SEALER, controlPlane, own: OWN, clock, log: LOG },
      thumbprint,
      keys: { refresh: async () => undefined, keysFor: async () => undefined },
      ...{ peerUrl: 'https://a', cpUrl: 'https://b', onHeadRefused: () => undefined },
    };
    expect(await refreshTokens(deps)).toBe(3);
    expect(issued.sort()).toEqual([IMPORTER, 'control-plane', EXPORTER].sort());
    now += 11 * MINUTE_MS;
    expect(await refreshTokens(deps)).toBe(0);
    now += 2 * MINUTE_MS;
    expect(await refreshTokens(deps)).toBe(3);
    await saveDocument(wl.db, 'jwks', { keys: [{ kid: 'another' }] });
    expect(await refreshTokens(deps)).toBe(3);
  });
});

describe('the event key', () => {
  test('is made once, however many processes start together', async () => {
    await Promise.all(Array.from({ length: 8 }, () => ensureEventKey(wl.db, SEALER)));
    const { keys } = await readEventKeys(wl.db);
    expect(keys).toHaveLength(1);
    const signing = await openEventKey(wl.db, SEALER);
    expect(signing?.kid).toBe(keys[0]?.kid);
    expect(signing?.privateKey.asymmetricKeyType).toBe('ed25519');
  });

  test('a new one signs once it is registered; the old one stays published for a day', async () => {
    const context = { actor: 'backoffice', source: 'test', correlationId: 'test' };
    const register = () =>
      inTransaction(wl.db, async (tx) => {
        const { keys } = await readEventKeys(wl.db);
        const kids = keys.map(({ kid }) => kid);
        await markRegistered(tx, kids);
        return kids;
      });
    const [first = ''] = await register();
    const rotated = await rotateEventKey(wl.db, SEALER, context);
    const next = rotated.ok ? rotated.value.kid : '';
    expect(await openEventKey(wl.db, SEALER)).toMatchObject({ kid: first });
    const twice = await rotateEventKey(wl.db, SEALER, context);
    expect(twice).toEqual({ ok: false, code: 'CONFLICT' });
    expect(await register()).toEqual([next, first]);
    expect(await openEventKey(wl.db, SEALER)).toMatchObject({ kid: next });
    await sql`UPDATE event_key SET retired_at = retired_at - interval '25 hours'`.execute(wl.db);
    const { keys } = await readEventKeys(wl.db);
    expect(keys.map(({ kid }) => kid)).toEqual([next]);
  });
});
