import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readCpConfig, readWlConfig, type Environment } from '../../runtime/config.ts';
import { armFaultPoints } from '../../runtime/fault-points.ts';
import { publicLookup } from '../../runtime/public-url.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 2).toString('base64');

const PARTY: Environment = {
  XPORY_PROFILE: 'local',
  DATABASE_URL: 'postgres://xpory:pw@127.0.0.1:55432/wl_exporter',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  TEMPORAL_NAMESPACE: 'wl-exporter',
  TLS_HOST: 'wl-exporter.localhost',
  TLS_PORT: '9443',
  HTTP_PORT: '8081',
  WORKER_HTTP_PORT: '8083',
  TLS_CA_FILE: 'ca.crt',
  TLS_CERT_FILE: 'exporter.crt',
  TLS_KEY_FILE: 'exporter.key',
  CP_URL: 'https://cp.localhost:8443',
  SEAL_KEYS: `k2:${KEY},k1:${OTHER_KEY}`,
  SEAL_INDEX_KEY: KEY,
};
const WL: Environment = {
  ...PARTY,
  WL_ID: 'FD1A88A9-3a01-43bb-ae20-32618c1b3752',
  WL_SLUG: 'exporter',
  WL_CURRENCY: 'XEX',
};

describe('configuration of a WL', () => {
  test('has the constants of the rules where nothing else is said', () => {
    const config = readWlConfig({ ...WL, HOLD_TTL_SECONDS: '' });
    expect(config.wl.id).toBe('fd1a88a9-3a01-43bb-ae20-32618c1b3752');
    expect(config.hold).toEqual({
      ttlSeconds: 90,
      approvalTtlSeconds: 86_400,
      perImporter: 500,
      perBuyer: 5,
    });
    expect(config.purchase).toMatchObject({ preflightTimeoutMs: 500, buyDeadlineMs: 2_000 });
    expect(config.partner).toMatchObject({ breakerFailures: 5, bulkheadCalls: 32 });
    expect(config.listen).toMatchObject({ bindHost: '127.0.0.1', tlsPort: 9443, httpPort: 8081 });
    expect(config.seal.keys.map(({ id }) => id)).toEqual(['k2', 'k1']);
    expect(config.backofficeKey).toBe('backoffice-exporter');
    expect(config.purchase.buyerReversalSeconds).toBe(0);
  });

  test('takes constants and rate limits from the environment', () => {
    const env = { ...WL, HOLD_TTL_SECONDS: '5', RATE_LIMIT_BUY: '7/2', COOL_DOWN_SECONDS: '0' };
    const config = readWlConfig(env);
    expect(config.hold.ttlSeconds).toBe(5);
    expect(config.purchase.coolDownSeconds).toBe(0);
    expect(config.rateLimits.buy).toEqual({ requests: 7, windowSeconds: 2 });
    expect(config.rateLimits.trader).toEqual({ requests: 12_000, windowSeconds: 60 });
  });

  test('names every bad variable at once and shows no value', () => {
    const env = {
      ...WL,
      WL_ID: 'x',
      TLS_PORT: '70000',
      SEAL_KEYS: 'k1:c2VjcmV0',
      CP_URL: undefined,
    };
    const read = () => readWlConfig({ ...env, HOLD_TTL_SECONDS: '0', RATE_LIMIT_BUY: 'many' });
    expect(read).toThrow(/bad configuration/);
    for (const name of ['WL_ID', 'TLS_PORT', 'SEAL_KEYS', 'CP_URL', 'HOLD_TTL_SECONDS']) {
      expect(read).toThrow(new RegExp(`^  ${name}: `, 'm'));
    }
    expect(read).toThrow(/CP_URL: is missing/);
    expect(read).toThrow(/RATE_LIMIT_BUY: is requests\/seconds/);
    expect(read).not.toThrow(/c2VjcmV0/);
  });

  test('refuses a plain listener and the local key outside the local profile', () => {
    const env = { ...WL, XPORY_PROFILE: 'production', BACKOFFICE_KEY: 'backoffice-exporter' };
    expect(() => readWlConfig({ ...env, WL_ID: 'x' })).toThrow(/WL_ID: is a UUID/);
    expect(() => readWlConfig({ ...env, WL_ID: 'x' })).toThrow(/HTTP_PORT: is only for the local/);
    expect(() => readWlConfig(env)).toThrow(/BACKOFFICE_KEY/);
    const good = readWlConfig({ ...env, HTTP_PORT: '', BACKOFFICE_KEY: 'a-much-longer-secret' });
    expect(good.listen.httpPort).toBeUndefined();
    expect(good.listen.bindHost).toBe('0.0.0.0');
  });
});

describe('armed faults', () => {
  const armed = 'transaction.committed=kill@3, call.send=fail@1';

  test('are read in the local profile, and a list that says anything else is refused', () => {
    expect(readWlConfig({ ...WL, FAULT_POINTS: armed }).faultPoints).toEqual([
      { point: 'transaction.committed', action: 'kill', nth: 3 },
      { point: 'call.send', action: 'fail', nth: 1 },
    ]);
    for (const list of ['call.send', 'call.sent=fail@1', 'call.send=fail@0', 'call.send=wait@1']) {
      expect(() => readWlConfig({ ...WL, FAULT_POINTS: list })).toThrow(/^ {2}FAULT_POINTS: /m);
    }
    expect(readWlConfig({ ...WL, FAULT_POINTS: 'parent' }).faultPoints).toBe('parent');
    expect(readWlConfig(WL).faultPoints).toBeUndefined();
  });

  test('keep every process from starting outside the local profile', () => {
    const env = { XPORY_PROFILE: 'production', FAULT_POINTS: armed };
    const refusal = /FAULT_POINTS: is only for the local profile/;
    expect(() => readWlConfig({ ...WL, ...env })).toThrow(refusal);
    expect(() => readCpConfig({ ...PARTY, ...env })).toThrow(refusal);
  });

  test('fail at the passing that they name and at no other', async () => {
    const pass = armFaultPoints([{ point: 'call.send', action: 'fail', nth: 2 }]);
    await pass('call.send', { subject: 'test' });
    await pass('call.answered', { subject: 'test' });
    await expect(pass('call.send', { subject: 'test' })).rejects.toThrow(
      'the armed fault at call.send, passing 2',
    );
    await pass('call.send', { subject: 'test' });
  });
});

describe('configuration of the Control Plane', () => {
  test('knows the local master and refuses it outside the local profile', () => {
    expect(readCpConfig(PARTY).bootstrap).toEqual({
      email: 'master@xpory.local',
      password: 'changeit',
    });
    const env = {
      ...PARTY,
      XPORY_PROFILE: 'production',
      HTTP_PORT: '',
      BOOTSTRAP_MASTER_EMAIL: 'master@xpory.local',
      BOOTSTRAP_MASTER_PASSWORD: 'changeit',
    };
    expect(() => readCpConfig(env)).toThrow(/BOOTSTRAP_MASTER_EMAIL[\s\S]*BOOTSTRAP_MASTER_PASSW/);
    expect(readCpConfig(PARTY).tokens).toEqual({
      wlSeconds: 3_600,
      peerSeconds: 3_600,
      operatorSeconds: 1_800,
      supportSeconds: 300,
    });
  });
});

describe('secrets by file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xpory-secrets-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const put = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  test('a file holds what the variable would, without the line break that editors add', () => {
    const { DATABASE_URL: url = '', SEAL_KEYS: keys = '', ...rest } = WL;
    const env = {
      ...rest,
      DATABASE_URL_FILE: put('url', `${url}\n`),
      SEAL_KEYS_FILE: put('keys', keys),
      BACKOFFICE_KEY_FILE: put('key', 'a-much-longer-secret\n'),
    };
    const config = readWlConfig({ ...env, XPORY_PROFILE: 'production', HTTP_PORT: '' });
    expect(config.database.url).toBe(url);
    expect(config.seal.keys).toHaveLength(2);
    expect(config.backofficeKey).toBe('a-much-longer-secret');
  });

  test('a secret told twice, an empty file and a missing one are refused by their names', () => {
    const read = () =>
      readCpConfig({
        ...PARTY,
        DATABASE_URL_FILE: put('url', 'postgres://elsewhere/cp'),
        SEAL_KEYS_FILE: put('empty', '\n'),
        SEAL_INDEX_KEY_FILE: join(folder, 'nobody'),
      });
    expect(read).toThrow(/DATABASE_URL_FILE: excludes DATABASE_URL/);
    expect(read).toThrow(/SEAL_KEYS_FILE: names an empty file/);
    expect(read).toThrow(/SEAL_INDEX_KEY_FILE: names a file that can not be read/);
    expect(read).not.toThrow(/elsewhere/);
  });
});

test('networks of the operator are admitted as addresses of white labels, others are not', async () => {
  const { peerNetworks } = readCpConfig({ ...PARTY, PEER_NETWORKS: '10.8.0.0/16, fd00:8::/32' });
  const reach = (address: string) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const resolveName = ((_name: string, _options: unknown, found: (...all: unknown[]) => void) =>
      found(null, [{ address, family: address.includes(':') ? 6 : 4 }])) as never;
    publicLookup('production', { admitted: peerNetworks, resolve: resolveName })(
      'wl.example.org',
      {},
      (error, result) => resolve(error?.code ?? (result as string)),
    );
    return promise;
  };
  expect(await reach('10.8.3.4')).toBe('10.8.3.4');
  expect(await reach('fd00:8::1')).toBe('fd00:8::1');
  expect(await reach('8.8.8.8')).toBe('8.8.8.8');
  expect(await reach('10.9.3.4')).toBe('ERR_ADDRESS_REFUSED');
  expect(await reach('127.0.0.1')).toBe('ERR_ADDRESS_REFUSED');
  expect(() => readCpConfig({ ...PARTY, PEER_NETWORKS: '10.8.0.0' })).toThrow(
    /PEER_NETWORKS: is a/,
  );
});
