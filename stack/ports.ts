import { once } from 'node:events';
import { createServer } from 'node:net';
import { StackError } from './errors.ts';

/** Every listener of the local stack: the variable that moves it, its default, what it serves. */
export const PORT_TABLE = [
  { key: 'cpTls', variable: 'CP_TLS_PORT', defaultPort: 8443, serves: 'Control Plane, TLS' },
  { key: 'cpHttp', variable: 'CP_HTTP_PORT', defaultPort: 8080, serves: 'Control Plane, plain' },
  {
    key: 'cpWorkerHttp',
    variable: 'CP_WORKER_HTTP_PORT',
    defaultPort: 8082,
    serves: 'Control Plane worker, metrics and readiness',
  },
  { key: 'exporterTls', variable: 'EXPORTER_TLS_PORT', defaultPort: 9443, serves: 'exporter, TLS' },
  {
    key: 'exporterHttp',
    variable: 'EXPORTER_HTTP_PORT',
    defaultPort: 8081,
    serves: 'exporter, plain',
  },
  {
    key: 'exporterWorkerHttp',
    variable: 'EXPORTER_WORKER_HTTP_PORT',
    defaultPort: 8083,
    serves: 'exporter worker, metrics and readiness',
  },
  { key: 'importerTls', variable: 'IMPORTER_TLS_PORT', defaultPort: 9444, serves: 'importer, TLS' },
  {
    key: 'importerHttp',
    variable: 'IMPORTER_HTTP_PORT',
    defaultPort: 8090,
    serves: 'importer, plain',
  },
  {
    key: 'importerWorkerHttp',
    variable: 'IMPORTER_WORKER_HTTP_PORT',
    defaultPort: 8091,
    serves: 'importer worker, metrics and readiness',
  },
  { key: 'temporal', variable: 'TEMPORAL_PORT', defaultPort: 7233, serves: 'Temporal server' },
  { key: 'temporalUi', variable: 'TEMPORAL_UI_PORT', defaultPort: 8233, serves: 'Temporal UI' },
  { key: 'postgres', variable: 'POSTGRES_PORT', defaultPort: 55432, serves: 'PostgreSQL' },
] as const;

export type PortKey = (typeof PORT_TABLE)[number]['key'];
export type Ports = Readonly<Record<PortKey, number>>;
export type Environment = Readonly<Record<string, string | undefined>>;

const PORT_MAX = 65_535;
// Far enough from the default to miss its neighbours, near enough to be recognised.
const SUGGESTED_OFFSET = 10_000;

export function readPorts(env: Environment): Ports {
  const ports = {} as Record<PortKey, number>;
  const takenBy = new Map<number, string>();
  for (const row of PORT_TABLE) {
    const port = readPort(env[row.variable], row);
    const other = takenBy.get(port);
    if (other !== undefined) {
      throw new StackError({
        code: 'PORT_INVALID',
        message: `${other} and ${row.variable} are both ${port}.`,
        wayOut: [`Give one of them another port, for example ${row.variable}=${suggest(port)}.`],
      });
    }
    takenBy.set(port, row.variable);
    ports[row.key] = port;
  }
  return ports;
}

function readPort(text: string | undefined, row: (typeof PORT_TABLE)[number]): number {
  if (text === undefined || text.trim() === '') return row.defaultPort;
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  if (port < 1 || port > PORT_MAX) {
    throw new StackError({
      code: 'PORT_INVALID',
      message: `${row.variable} is "${text}", which is not a port.`,
      wayOut: [`Set ${row.variable} to a number from 1 to ${PORT_MAX}, or leave it unset.`],
    });
  }
  return port;
}

export type PortsFreeOptions = {
  /** Listeners that this start does not open, for example an external Temporal server's. */
  readonly skip?: readonly PortKey[];
};

/** Refuses before anything is started, naming every occupied port and the variable that moves it. */
export async function assertPortsFree(ports: Ports, options: PortsFreeOptions = {}): Promise<void> {
  const skipped = new Set<PortKey>(options.skip);
  const rows = PORT_TABLE.filter((row) => !skipped.has(row.key));
  const free = await Promise.all(rows.map((row) => isPortFree(ports[row.key])));
  const occupied = rows.filter((_row, index) => free[index] === false);
  if (occupied.length === 0) return;
  const named = occupied.map((row) => `${ports[row.key]} (${row.variable}, ${row.serves})`);
  const settings = occupied.map((row) => `${row.variable}=${suggest(ports[row.key])}`);
  throw new StackError({
    code: 'PORT_OCCUPIED',
    message: `Another program listens on ${named.join(', ')}.`,
    wayOut: [
      `Stop it, or choose another port: ${settings.join(' ')} npm start`,
      'A second stack beside a running one also needs its own folder: DATA_DIR=.data-2',
    ],
  });
}

export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  server.listen({ port, host, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}

function suggest(port: number): number {
  return port + SUGGESTED_OFFSET <= PORT_MAX ? port + SUGGESTED_OFFSET : port - SUGGESTED_OFFSET;
}
