import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { StackError, formatStackError } from '../../stack/errors.ts';
import { PORT_TABLE, assertPortsFree, readPorts } from '../../stack/ports.ts';
import type { PortKey, Ports } from '../../stack/ports.ts';
import { freePort, stackErrorOf } from './setup.ts';

async function freePorts(): Promise<Ports> {
  const ports = {} as Record<PortKey, number>;
  for (const row of PORT_TABLE) ports[row.key] = await freePort();
  return ports;
}

test('the defaults are the published ones', () => {
  const byVariable = Object.fromEntries(PORT_TABLE.map((row) => [row.variable, row.defaultPort]));
  expect(byVariable).toEqual({
    CP_TLS_PORT: 8443,
    CP_HTTP_PORT: 8080,
    CP_WORKER_HTTP_PORT: 8082,
    EXPORTER_TLS_PORT: 9443,
    EXPORTER_HTTP_PORT: 8081,
    EXPORTER_WORKER_HTTP_PORT: 8083,
    IMPORTER_TLS_PORT: 9444,
    IMPORTER_HTTP_PORT: 8090,
    IMPORTER_WORKER_HTTP_PORT: 8091,
    TEMPORAL_PORT: 7233,
    TEMPORAL_UI_PORT: 8233,
    POSTGRES_PORT: 55432,
  });
});

test('a variable moves its port and no other', () => {
  const ports = readPorts({ CP_TLS_PORT: '17443', POSTGRES_PORT: '' });
  expect(ports).toEqual({ ...readPorts({}), cpTls: 17443 });
});

test.each(['0', '65536', '-1', '80a', '1e3', '8443.5'])('port "%s" is refused', (text) => {
  expect(() => readPorts({ IMPORTER_TLS_PORT: text })).toThrow(StackError);
  expect(() => readPorts({ IMPORTER_TLS_PORT: text })).toThrow(/IMPORTER_TLS_PORT/);
});

test('two variables with one port are refused, naming both', () => {
  expect(() => readPorts({ CP_HTTP_PORT: '8443' })).toThrow(/CP_TLS_PORT and CP_HTTP_PORT/);
});

test('an occupied port is named with its variable and how to choose another', async () => {
  const ports = await freePorts();
  const server = createServer().listen({ port: ports.exporterTls, host: '127.0.0.1' });
  await once(server, 'listening');
  try {
    const error = await stackErrorOf(assertPortsFree(ports));
    expect(error.code).toBe('PORT_OCCUPIED');
    expect(error.message).toContain(`${ports.exporterTls} (EXPORTER_TLS_PORT, exporter, TLS)`);
    expect(formatStackError(error)).toMatch(/EXPORTER_TLS_PORT=\d+ npm start/);
    await assertPortsFree(ports, { skip: ['exporterTls'] });
  } finally {
    server.close();
    await once(server, 'close');
  }
  await assertPortsFree(ports);
});
