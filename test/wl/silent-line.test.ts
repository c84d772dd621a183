import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openProxy, type FaultProxy } from '../../campaign/processes/proxy.ts';
import { createPool, isDatabaseAway } from '../../db/pool.ts';
import { startWlDatabases, type TestServer } from './database.ts';

const ONCE_STARTED_MS = 60_000;
const SILENCE_MS = 1_000;
/** Beyond what the sessions here are granted. */
const STOOD_STILL_MS = 1_500;
const LOOPBACK = '127.0.0.1';

let server: TestServer;
let proxy: FaultProxy;

beforeAll(async () => {
  server = await startWlDatabases([], ['silent']);
  const target = { host: LOOPBACK, port: Number(new URL(server.urlFor('silent')).port) };
  proxy = await openProxy({ seed: 1, listen: { host: LOOPBACK, port: 0 }, target });
}, ONCE_STARTED_MS);
afterAll(async () => {
  await proxy.close();
  await server.stop();
}, ONCE_STARTED_MS);

test('a question that got lost on a standing line is given up, and its connection too', async () => {
  const url = new URL(server.urlFor('silent'));
  url.port = String(proxy.port);
  const lost: string[] = [];
  const pool = createPool({
    ...{ url: url.toString(), size: 1, applicationName: 'silent', statementTimeoutMs: 100 },
    silenceMs: SILENCE_MS,
    onError: ({ message }) => void lost.push(message),
  });
  try {
    await pool.query('SELECT 1');
    proxy.setWeather({ halfOpenShare: 1 });
    const error: unknown = await pool.query('SELECT 2').catch((thrown: unknown) => thrown);
    expect(isDatabaseAway(error)).toBe(true);
    expect(lost).toContain('The database is silent');
    proxy.setWeather({});
    const { rows } = await pool.query<{ three: number }>('SELECT 3 AS three');
    expect(rows).toEqual([{ three: 3 }]);
  } finally {
    await pool.end();
  }
});

test('an answer that came while this process stood still is read before it is given up', async () => {
  const pool = createPool({
    ...{ url: server.urlFor('silent'), size: 1, applicationName: 'stood', statementTimeoutMs: 100 },
    silenceMs: SILENCE_MS,
    onError: () => undefined,
  });
  try {
    await pool.query('SELECT 1');
    const asked = pool.query<{ one: number }>('SELECT 1 AS one FROM pg_sleep(0.05)');
    // The question is on its way before the process stops listening.
    await new Promise((resolve) => setImmediate(resolve));
    const until = performance.now() + STOOD_STILL_MS;
    while (performance.now() < until);
    expect((await asked).rows).toEqual([{ one: 1 }]);
  } finally {
    await pool.end();
  }
});
