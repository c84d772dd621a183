import type { SupervisedProcess } from '../../stack/supervision/supervisor.ts';
import { PARTIES } from '../../stack/parties.ts';
import type { Ports } from '../../stack/ports.ts';
import { openProxy } from './proxy.ts';
import type { FaultProxy, LineEvent, Weather } from './proxy.ts';
import type { LineName } from './plan.ts';

/** A proxy on every line that a seed can strike. */
export interface Lines {
  /** A blow's weather on top of what is there; the answer takes it away again. */
  worsen(name: LineName, weather: Weather): () => void;
  cut(name: LineName): number;
  /** What happened to chunks and connections since the last look. */
  takeCounts(): ReadonlyMap<LineEvent, number>;
  close(): Promise<void>;
}

export interface Wired {
  readonly lines: Lines;
  readonly processes: readonly SupervisedProcess[];
}

const LOOPBACK = '127.0.0.1';
/**
 * Names and ports stay as they are: the listeners are told to bind to another address of this
 * machine, and the proxy listens where they would have. Certificates, issuer and peerUrl fit.
 */
const BEHIND = '127.0.0.2';

/** Puts a proxy before each party's listener, and one each between it, PostgreSQL and Temporal. */
export async function wire(
  seed: number,
  processes: readonly SupervisedProcess[],
  ports: Ports,
): Promise<Wired> {
  const proxies = new Map<LineName, FaultProxy>();
  const told = new Map<string, Readonly<Record<string, string>>>();
  let opened = 0;
  const open = async (name: LineName, port: number, listenOn = 0): Promise<number> => {
    opened += 1;
    const isListener = listenOn !== 0;
    const proxy = await openProxy({
      seed: seed * 1_000 + opened,
      listen: { host: LOOPBACK, port: listenOn },
      target: { host: isListener ? BEHIND : LOOPBACK, port },
    });
    proxies.set(name, proxy);
    return proxy.port;
  };
  for (const { slug, ports: own } of PARTIES) {
    await open(slug, ports[own.tls], ports[own.tls]);
    const postgres = await open(`${slug}-postgres`, ports.postgres);
    const temporal = await open(`${slug}-temporal`, ports.temporal);
    for (const process of processes.filter(({ name }) => name.startsWith(`${slug}-`))) {
      told.set(process.name, {
        DATABASE_URL: withPort(process.env?.['DATABASE_URL'] ?? '', postgres),
        TEMPORAL_ADDRESS: `${LOOPBACK}:${temporal}`,
        // Workers listen only for their metrics, on loopback.
        ...(process.name.endsWith('-worker') ? {} : { BIND_HOST: BEHIND }),
      });
    }
  }
  return {
    lines: linesOf(proxies),
    processes: processes.map((process) => ({
      ...process,
      env: { ...process.env, ...told.get(process.name) },
    })),
  };
}

function withPort(url: string, port: number): string {
  const moved = new URL(url);
  moved.port = String(port);
  return moved.toString();
}

function linesOf(proxies: ReadonlyMap<LineName, FaultProxy>): Lines {
  const weathers = new Map<LineName, Set<Weather>>();
  const seen = new Map<LineEvent, number>();
  const find = (name: LineName): FaultProxy => {
    const proxy = proxies.get(name);
    if (proxy === undefined) throw new Error(`there is no line "${name}"`);
    return proxy;
  };
  const apply = (name: LineName): void =>
    find(name).setWeather(Object.assign({}, ...(weathers.get(name) ?? [])) as Weather);
  return {
    worsen(name, weather) {
      const own = weathers.get(name) ?? new Set();
      weathers.set(name, own.add(weather));
      apply(name);
      return () => {
        own.delete(weather);
        apply(name);
      };
    },
    cut: (name) => find(name).cut(),
    takeCounts() {
      const now = new Map<LineEvent, number>();
      for (const { counts } of proxies.values()) {
        for (const [event, count] of counts) now.set(event, (now.get(event) ?? 0) + count);
      }
      const taken = [...now].map(([event, count]) => [event, count - (seen.get(event) ?? 0)]);
      for (const [event, count] of now) seen.set(event, count);
      return new Map(taken as [LineEvent, number][]);
    },
    async close() {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
}
