import { createApp, type AppDeps } from '../../api/http/app.ts';
import { listen, type Listeners } from '../../api/http/listeners.ts';
import { createRateLimiters } from '../../api/http/rate-limit.ts';
import type { Route } from '../../api/http/route.ts';
import { createHealth, type Health } from '../../runtime/health.ts';
import { createLogger } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { RATE_LIMITS, type RateLimits } from '../../runtime/rate-groups.ts';
import type { LiveTls } from '../../runtime/live-tls.ts';
import type { TlsMaterial } from '../../runtime/tls.ts';

export interface HttpPartyOptions extends Partial<Pick<AppDeps, 'isRevoked' | 'clock' | 'mount'>> {
  readonly routes: readonly Route[];
  readonly tls: TlsMaterial | LiveTls;
  readonly rateLimits?: Partial<RateLimits>;
  /** Instead of one that happens to be free. */
  readonly tlsPort?: number | undefined;
}

export interface HttpParty {
  readonly listeners: Listeners;
  readonly tlsUrl: string;
  readonly plainUrl: string;
  readonly health: Health;
  readonly logLines: readonly string[];
}

/** The HTTP side of a party with both listeners, on ports that happen to be free. */
export async function startHttpParty(options: HttpPartyOptions): Promise<HttpParty> {
  const { routes, tls, rateLimits = {}, tlsPort = 0, ...rest } = options;
  const logLines: string[] = [];
  const destination = { write: (line: string) => void logLines.push(line) };
  const log = createLogger({ name: 'test', level: 'debug', destination });
  const health = createHealth({ log });
  const app = createApp({
    ...rest,
    routes,
    log,
    health,
    metrics: createMetrics({ process: 'test', nodeFigures: false }),
    limiters: createRateLimiters({ ...RATE_LIMITS, ...rateLimits }),
    document: { title: 'Test', version: '1', description: 'A <test> & more' },
    checkResponses: true,
  });
  const listeners = await listen({
    app,
    tls: { port: tlsPort, bindHost: '127.0.0.1', tls },
    plain: { port: 0 },
  });
  return {
    listeners,
    tlsUrl: `https://wl-exporter.localhost:${listeners.tlsPort}`,
    plainUrl: `http://127.0.0.1:${listeners.plainPort}`,
    health,
    logLines,
  };
}
