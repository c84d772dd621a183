import type { Logger } from './log.ts';

export interface Shutdown {
  /** Steps run in reverse order: what was started last is stopped first. */
  add(name: string, stop: () => Promise<void> | void): void;
  /** Runs the steps once, whoever asks; resolves with the exit code. */
  run(reason: string): Promise<number>;
}

export interface ShutdownOptions {
  readonly log: Logger;
  /** After this long the process leaves with what is not stopped yet, and says what that is. */
  readonly graceMs: number;
  /** How the process ends; a test passes its own. */
  readonly exit?: (code: number) => void;
}

/**
 * Takes SIGTERM and SIGINT and stops the process in order: 0 when every step ended well, 1 when one
 * failed or the grace ran out. A second signal changes nothing: Ctrl-C reaches the whole process
 * group and the supervisor adds its own.
 */
export function createShutdown({ log, graceMs, exit = leave }: ShutdownOptions): Shutdown {
  const steps: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];
  let running: Promise<number> | undefined;

  const stopAll = async (): Promise<number> => {
    let code = 0;
    for (const { name, stop } of steps.toReversed()) {
      try {
        await stop();
        log.debug({ step: name }, 'stopped');
      } catch (err) {
        // The steps after this one still hold connections and listeners, so they run all the same.
        log.error({ step: name, err }, 'could not be stopped');
        code = 1;
      }
      steps.pop();
    }
    return code;
  };
  const run = (reason: string): Promise<number> => {
    running ??= (async () => {
      log.info({ reason }, 'shutting down');
      const { promise: late, resolve } = Promise.withResolvers<number>();
      const timer = setTimeout(() => {
        log.error({ graceMs, left: steps.map(({ name }) => name) }, 'grace ran out');
        resolve(1);
      }, graceMs);
      const code = await Promise.race([stopAll(), late]);
      clearTimeout(timer);
      log.info({ code }, 'stopped');
      return code;
    })();
    return running;
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    run(signal).then(exit, (err: unknown) => {
      log.error({ err }, 'shutdown failed');
      exit(1);
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return { add: (name, stop) => void steps.push({ name, stop }), run };
}

function leave(code: number): void {
  process.exit(code);
}
