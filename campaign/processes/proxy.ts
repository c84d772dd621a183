import { createServer, connect as connectTo } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from '../chance.ts';

/** What the bytes on a line meet; nothing said means a good line. Shares are of chunks. */
export interface Weather {
  /** Each chunk is this late, and by chance up to the jitter later. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** Both ends are reset. */
  readonly resetShare?: number;
  /** From this chunk on the direction swallows everything, its end included; nobody is told. */
  readonly halfOpenShare?: number;
  /** The end of one side reaches the other this late. */
  readonly slowCloseMs?: number;
  /** One bit is another. For lines whose ends would notice, which is what TLS is for. */
  readonly corruptShare?: number;
}

export type LineEvent = 'delayed' | 'reset' | 'half-open' | 'slow-close' | 'corrupted' | 'cut';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface FaultProxy {
  readonly port: number;
  /** How often each thing happened to a connection or a chunk. */
  readonly counts: ReadonlyMap<LineEvent, number>;
  /** For new connections and standing ones; what is half open stays so. */
  setWeather(weather: Weather): void;
  /** New connections go there; standing ones stay where they are, as with a load balancer. */
  setTarget(target: Place): void;
  /** Resets every standing connection; how many there were. */
  cut(): number;
  close(): Promise<void>;
}

export interface ProxyOptions {
  readonly seed: number;
  /** Port 0 lets the system choose. */
  readonly listen: Place;
  readonly target: Place;
}

const BITS = 8;

/**
 * Bytes pass through as they are, TLS too, so that certificates keep their names. Chance is seeded
 * for each connection; how a stream falls into chunks is the system's, so a seed is no exact replay.
 */
export async function openProxy({ seed, listen, ...first }: ProxyOptions): Promise<FaultProxy> {
  const counts = new Map<LineEvent, number>();
  const lines = new Set<Line>();
  let weather: Weather = {};
  let { target } = first;
  let connections = 0;
  const setting: LineSetting = {
    weather: () => weather,
    count: (event) => void counts.set(event, (counts.get(event) ?? 0) + 1),
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    connections += 1;
    const far = connectTo({ ...target, allowHalfOpen: true });
    const line = new Line({ near, far }, new Chance(seed + connections), setting);
    lines.add(line);
    void line.over.then(() => lines.delete(line));
  });
  await listening(server, listen);
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    setWeather: (next) => void (weather = next),
    setTarget: (next) => void (target = next),
    cut() {
      for (const line of lines) line.reset('cut');
      return lines.size;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const line of lines) line.destroy();
      await closed;
    },
  };
}

async function listening(server: Server, { host, port }: Place): Promise<void> {
  server.listen({ host, port });
  await once(server, 'listening');
}

interface LineSetting {
  readonly weather: () => Weather;
  readonly count: (event: LineEvent) => void;
}

interface Ends {
  readonly near: Socket;
  readonly far: Socket;
}

/** One connection: two directions that share an end. */
class Line {
  readonly over: Promise<void>;
  readonly #ends: Ends;
  readonly #chance: Chance;
  readonly #setting: LineSetting;

  constructor(ends: Ends, chance: Chance, setting: LineSetting) {
    this.#ends = ends;
    this.#chance = chance;
    this.#setting = setting;
    const { near, far } = ends;
    this.over = Promise.all([gone(near), gone(far)]).then(() => undefined);
    near.setNoDelay(true);
    far.setNoDelay(true);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      // An end that broke is told to the other one as it was: by a reset.
      from.on('error', () => to.resetAndDestroy());
      void this.#carry(from, to);
    }
  }

  /** As a router that lost its table does. */
  reset(event: 'reset' | 'cut'): void {
    this.#setting.count(event);
    this.#ends.near.resetAndDestroy();
    this.#ends.far.resetAndDestroy();
  }

  destroy(): void {
    this.#ends.near.destroy();
    this.#ends.far.destroy();
  }

  /** Chunk by chunk, the next one is read once this one is written: a slow line holds its sender. */
  async #carry(from: Socket, to: Socket): Promise<void> {
    let swallows = false;
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (swallows) continue;
        const { resetShare = 0, halfOpenShare = 0, corruptShare = 0 } = this.#setting.weather();
        if (this.#chance.isHit(resetShare)) return this.reset('reset');
        if (this.#chance.isHit(halfOpenShare)) {
          swallows = true;
          this.#setting.count('half-open');
          continue;
        }
        await this.#wait();
        if (this.#chance.isHit(corruptShare)) this.#corrupt(chunk);
        if (!to.write(chunk) && !to.destroyed) await Promise.race([once(to, 'drain'), gone(to)]);
      }
    } catch {
      // The reading end broke; its error event has told the other one.
      return;
    }
    if (!swallows) await this.#end(to);
  }

  async #wait(): Promise<void> {
    const { delayMs = 0, jitterMs = 0 } = this.#setting.weather();
    const ms = delayMs + this.#chance.next() * jitterMs;
    if (ms <= 0) return;
    this.#setting.count('delayed');
    await delay(ms, undefined, { ref: false });
  }

  #corrupt(chunk: Buffer): void {
    const at = this.#chance.whole(0, chunk.length - 1);
    chunk[at] = (chunk[at] ?? 0) ^ (1 << this.#chance.whole(0, BITS - 1));
    this.#setting.count('corrupted');
  }

  async #end(to: Socket): Promise<void> {
    const { slowCloseMs = 0 } = this.#setting.weather();
    if (slowCloseMs > 0) {
      this.#setting.count('slow-close');
      await delay(slowCloseMs, undefined, { ref: false });
    }
    if (!to.destroyed) to.end();
  }
}

/** Once the socket is closed, however that came. */
function gone(socket: Socket): Promise<void> {
  if (socket.destroyed) return Promise.resolve();
  return new Promise((done) => void socket.once('close', () => done()));
}
