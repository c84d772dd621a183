import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ensureNamespaces, findTemporal, startTemporal } from '../../stack/temporal/temporal.ts';
import type {
  TemporalBinary,
  TemporalHandle,
  TemporalOptions,
} from '../../stack/temporal/temporal.ts';
import { freePort, isRunning, stackErrorOf, testFolder } from './setup.ts';
import type { TestFolder } from './setup.ts';

let folder: TestFolder;
let binary: TemporalBinary;
const running: TemporalHandle[] = [];

beforeAll(async () => {
  folder = await testFolder();
  const found = await findTemporal({ env: process.env });
  if (found.kind !== 'binary') throw new Error('these tests need the program itself');
  binary = found;
}, 300_000);
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});
afterAll(() => folder.remove());

async function start(
  options: Partial<TemporalOptions> & { dataDir: string },
): Promise<TemporalHandle> {
  const server = await startTemporal({
    binary,
    namespaces: ['cp', 'wl-exporter'],
    port: await freePort(),
    uiPort: await freePort(),
    ...options,
  });
  running.push(server);
  return server;
}

async function withClient<T>(
  server: TemporalHandle,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await use(new Client({ connection, namespace: 'wl-exporter' }));
  } finally {
    await connection.close();
  }
}

test('namespaces, search attributes and the UI answer, and a started workflow survives kill -9', async () => {
  const dataDir = `${folder.path}/kept`;
  const first = await start({ dataDir });
  const page = await fetch(first.uiUrl, { headers: { connection: 'close' } });
  expect(await page.text()).toContain('<html');
  expect(page.status).toBe(200);
  await withClient(first, (client) =>
    client.workflow.start('purchase', {
      taskQueue: 'nobody-polls',
      workflowId: 'purchase/1',
      searchAttributes: { TradeStatus: ['REQUESTED'], Parked: [false] },
    }),
  );
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const second = await start({ dataDir });
  const seen = await withClient(second, (client) =>
    client.workflow.getHandle('purchase/1').describe(),
  );
  expect(seen.status.name).toBe('RUNNING');
  expect(seen.searchAttributes).toMatchObject({ TradeStatus: ['REQUESTED'], Parked: [false] });
  await second.stop();
  expect(isRunning(second.pid)).toBe(false);
});

test('a server that is not ours gets its namespaces and attributes, twice without harm', async () => {
  const server = await start({
    dataDir: `${folder.path}/external`,
    namespaces: ['default'],
    searchAttributes: {},
    timeSkipping: true,
  });
  const { address } = server;
  await ensureNamespaces({ address, namespaces: ['wl-exporter'] });
  await ensureNamespaces({ address, namespaces: ['wl-exporter'] });
  const found = await withClient(server, (client) =>
    client.workflow.count("TradeStatus = 'CONFIRMED' AND Parked = true"),
  );
  expect(found.count).toBe(0);
});

test('a server that is not there is named with the way out', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const error = await stackErrorOf(ensureNamespaces({ address, namespaces: ['cp'] }));
  expect(error.code).toBe('TEMPORAL_NOT_READY');
  expect(error.message).toContain(`TEMPORAL_ADDRESS=${address}`);
});

test('a corrupt data file is named with the way out', async () => {
  const file = `${folder.path}/temporal-${binary.serverVersion}.sqlite`;
  await writeFile(file, 'this is not a database, and long enough to be read as one');
  const error = await stackErrorOf(start({ dataDir: folder.path }));
  expect(error.code).toBe('DATA_FOLDER_CORRUPT');
  expect(error.message).toContain(file);
  expect(error.details.join('\n')).toContain('file is not a database');
  expect(error.wayOut.join('\n')).toMatch(/mv .*--reset/s);
});

test.each(['port', 'uiPort'] as const)('an occupied %s is named with its variable', async (key) => {
  const port = await freePort();
  const server = createServer((socket) => socket.destroy()).listen({ port, host: '127.0.0.1' });
  await once(server, 'listening');
  try {
    const error = await stackErrorOf(start({ dataDir: `${folder.path}/${key}`, [key]: port }));
    expect(error.code).toBe('PORT_OCCUPIED');
    expect(error.message).toContain(String(port));
    expect(error.message).toContain('TEMPORAL_UI_PORT');
  } finally {
    server.close();
    await once(server, 'close');
  }
});
