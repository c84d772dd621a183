import type { Logger } from './log.ts';

export interface HealthReport {
  readonly ready: boolean;
  /** `failed` says no more: the reason is in the log, /readyz is open to anyone. */
  readonly checks: Readonly<Record<string, 'ok' | 'failed'>>;
}

export interface Health {
  /** A check throws, or rejects, where the process can not do its work. */
  add(name: string, check: () => Promise<void> | void): void;
  report(): Promise<HealthReport>;
  /** From now on not ready: the process is shutting down. */
  drain(): void;
}

// A dependency that takes a second to say it is there is not there.
const CHECK_TIMEOUT_MS = 1_000;
// Probes come from many places; they must not become load on the database.
const REPORT_LIFE_MS = 500;

/** Named readiness checks of one process, run together and remembered for half a second. */
export function createHealth({ log }: { readonly log: Logger }): Health {
  const checks = new Map<string, () => Promise<void> | void>();
  const failing = new Set<string>();
  let draining = false;
  let latest: { readonly at: number; readonly report: Promise<HealthReport> } | undefined;

  const run = async (name: string, check: () => Promise<void> | void) => {
    try {
      await withTimeout(check);
      if (failing.delete(name)) log.info({ check: name }, 'readiness check passes again');
      return [name, 'ok'] as const;
    } catch (err) {
      if (!failing.has(name)) log.warn({ check: name, err }, 'readiness check fails');
      failing.add(name);
      return [name, 'failed'] as const;
    }
  };
  const runAll = async (): Promise<HealthReport> => {
    const results = await Promise.all([...checks].map(([name, check]) => run(name, check)));
    const ready = results.every(([, state]) => state === 'ok');
    return { ready, checks: Object.fromEntries(results) };
  };
  return {
    add(name, check) {
      checks.set(name, check);
      latest = undefined;
    },
    async report() {
      if (latest === undefined || performance.now() - latest.at > REPORT_LIFE_MS) {
        latest = { at: performance.now(), report: runAll() };
      }
      const report = await latest.report;
      return draining ? { ready: false, checks: { ...report.checks, running: 'failed' } } : report;
    },
    drain() {
      draining = true;
    },
  };
}

async function withTimeout(check: () => Promise<void> | void): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const expire = () => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`));
  const timer = setTimeout(expire, CHECK_TIMEOUT_MS);
  try {
    await Promise.race([check(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
