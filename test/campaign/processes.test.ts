import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CLEAR_LINES, KINDS, planOf, STRIKE_MS } from '../../campaign/processes/plan.ts';
import { openProxy, type FaultProxy, type Weather } from '../../campaign/processes/proxy.ts';

const HOST = '127.0.0.1';
const TEXT = 'what one side says'.repeat(20);

describe('plans', () => {
  const plans = Array.from({ length: 60 }, (_, index) => planOf(index + 1));

  test('the same seed is the same plan, and another seed another', () => {
    expect(planOf(7)).toEqual(planOf(7));
    expect(planOf(8)).not.toEqual(planOf(7));
  });

  test('every kind comes up, in the order of time and within the time of blows', () => {
    expect(new Set(plans.flatMap((plan) => plan.map(({ kind }) => kind)))).toEqual(new Set(KINDS));
    for (const plan of plans) {
      const times = plan.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.at(-1)).toBeLessThanOrEqual(STRIKE_MS);
    }
  });

  test('bits change only on lines whose ends notice it', () => {
    const struck = plans.flat().filter(({ kind }) => kind === 'corrupt');
    expect(struck.length).toBeGreaterThan(0);
    const clear: ReadonlySet<string> = new Set(CLEAR_LINES);
    expect(struck.filter(({ on }) => clear.has(on))).toEqual([]);
  });
});

describe('a line with faults', () => {
  let far: Server;
  let proxy: FaultProxy;
  const sockets = new Set<Socket>();
  /** The sockets that the far side has, in the order of their coming. */
  let arrived: Socket[];

  beforeEach(async () => {
    arrived = [];
    far = createServer({ allowHalfOpen: true }, (socket) => {
      arrived.push(socket);
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('end', () => socket.end());
    });
    far.listen(0, HOST);
    await once(far, 'listening');
    const target = { host: HOST, port: (far.address() as AddressInfo).port };
    proxy = await openProxy({ seed: 1, listen: { host: HOST, port: 0 }, target });
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await proxy.close();
    const closed = once(far, 'close');
    far.close();
    await closed;
  });

  const call = async (weather: Weather = {}): Promise<Socket> => {
    proxy.setWeather(weather);
    const socket = connect({ host: HOST, port: proxy.port, allowHalfOpen: true });
    sockets.add(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  /** All that comes back until the end, or the code that the connection broke with. */
  const answerOf = async (socket: Socket): Promise<string> => {
    let text = '';
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString('latin1');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
    return text;
  };

  test('without faults bytes and the end of each side pass', async () => {
    const socket = await call();
    socket.end(TEXT);
    expect(await answerOf(socket)).toBe(TEXT);
    expect([...proxy.counts]).toEqual([]);
  });

  test('a slow line is slow in both directions, and loses nothing', async () => {
    const socket = await call({ delayMs: 30, jitterMs: 10 });
    const startedAt = performance.now();
    socket.end(TEXT);
    expect(await answerOf(socket)).toBe(TEXT);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
    expect(proxy.counts.get('delayed')).toBeGreaterThanOrEqual(2);
  });

  test('a reset is one at both ends', async () => {
    const socket = await call({ resetShare: 1 });
    socket.write(TEXT);
    expect(await answerOf(socket)).toBe('ECONNRESET');
    expect(proxy.counts.get('reset')).toBe(1);
  });

  test('a half-open line swallows, and goes on when the weather is good again', async () => {
    const socket = await call({ halfOpenShare: 1 });
    socket.write(TEXT);
    await until(() => proxy.counts.get('half-open') === 1);
    const other = await call();
    other.end('x');
    expect(await answerOf(other)).toBe('x');
    expect(socket.destroyed).toBe(false);
    expect(socket.bytesRead).toBe(0);
  });

  test('corruption changes one bit, not the length', async () => {
    const socket = await call({ corruptShare: 1 });
    socket.end(TEXT);
    const answer = await answerOf(socket);
    expect(answer).toHaveLength(TEXT.length);
    const differing = [...answer].filter((letter, at) => letter !== TEXT[at]);
    expect(differing.length).toBeGreaterThanOrEqual(1);
    expect(differing.length).toBeLessThanOrEqual(proxy.counts.get('corrupted') ?? 0);
  });

  test('a slow close tells the end later', async () => {
    const socket = await call({ slowCloseMs: 40 });
    const startedAt = performance.now();
    socket.end(TEXT);
    expect(await answerOf(socket)).toBe(TEXT);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(75);
    expect(proxy.counts.get('slow-close')).toBe(2);
  });

  test('a cut ends all standing connections, and new ones are taken', async () => {
    const [one, two] = [await call(), await call()];
    await until(() => arrived.length === 2);
    const answers = Promise.all([answerOf(one), answerOf(two)]);
    expect(proxy.cut()).toBe(2);
    expect(await answers).toEqual(['ECONNRESET', 'ECONNRESET']);
    const next = await call();
    next.end('x');
    expect(await answerOf(next)).toBe('x');
  });

  test('nobody listening behind it is a broken connection, not a crash', async () => {
    const closed = once(far, 'close');
    far.close();
    await closed;
    const socket = await call();
    expect(await answerOf(socket)).toBe('ECONNRESET');
    far.listen(0, HOST);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setImmediate(done));
}
