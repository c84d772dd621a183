import { connect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { CP, EXPORTER } from '../../parties.ts';
import type { Party } from '../../parties.ts';
import type { Attack } from './attack.ts';
import type { Range } from './range.ts';
import { PIPELINED, WIRE_ATTACKS } from './wire-list.ts';

// An answer takes milliseconds; then the connection is quiet, and what came is counted.
const QUIET_MS = 700;
// The listener looks at its connections every 30 s for headers that take longer than 10 s.
const PATIENCE_MS = 60_000;

/** Raw bytes over TLS: smuggling, framing, methods, sizes, and a sender who takes its time. */
export async function wireAttacks(range: Range): Promise<readonly Attack[]> {
  const slow = dawdle(range);
  return [
    ...[PIPELINED, ...WIRE_ATTACKS].map(({ name, expected, bytes }) => ({
      name: `bytes: ${name}`,
      expected,
      send: () => send(range, CP, Buffer.from(withHost(range, bytes), 'latin1')),
    })),
    {
      name: 'bytes: 20 MB of zeros, as gzip',
      expected: ['413'],
      send: () => send(range, CP, bomb(range)),
    },
    {
      name: 'bytes: half of a request at a white label, and then nothing',
      expected: ['408', 'closed'],
      send: () => slow,
    },
  ];
}

function withHost({ stage }: Range, bytes: string): string {
  const host = `Host: ${CP.host}:${stage.stack.ports[CP.ports.tls]}`;
  return bytes.replaceAll(/^H(?=\r?\n|\r?$)/gm, host);
}

function bomb(range: Range): Buffer {
  const body = gzipSync(Buffer.alloc(20_000_000, 0x30));
  const head = [
    ...['POST /admin/api/auth/login HTTP/1.1', 'H', 'Content-Type: application/json'],
    ...['Content-Encoding: gzip', `Content-Length: ${body.length}`, '', ''],
  ].join('\r\n');
  return Buffer.concat([Buffer.from(withHost(range, head)), body]);
}

function send(range: Range, party: Party, bytes: Buffer): Promise<string> {
  return exchange(range, party, { bytes, quietMs: QUIET_MS });
}

function dawdle(range: Range): Promise<string> {
  const bytes = Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  return exchange(range, EXPORTER, { bytes, quietMs: PATIENCE_MS });
}

interface Exchange {
  readonly bytes: Buffer;
  readonly quietMs: number;
}

/** The status lines that come back, until the other side closes or is quiet. */
function exchange(
  { stage, ca }: Range,
  party: Party,
  { bytes, quietMs }: Exchange,
): Promise<string> {
  const port = stage.stack.ports[party.ports.tls];
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', servername: party.host, port, ca });
  let text = '';
  const end = (why: string): void => {
    socket.destroy();
    const answers = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
    resolve(answers.length > 0 ? answers.join(',') : why);
  };
  socket.setTimeout(quietMs, () => end('quiet'));
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => end('closed'));
  socket.on('close', () => end('closed'));
  socket.once('secureConnect', () => socket.write(bytes));
  return promise;
}
