import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { currentCorrelation } from './correlation.ts';
import { maskJson } from './mask.ts';

export type Logger = PinoLogger;

export interface LoggerOptions {
  /** The process as it is called everywhere: `cp-api`, `wl-gateway`… */
  readonly name: string;
  readonly level: string;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines with the running correlation. Masking works on the finished line, the one place that
 * messages, fields, bindings and errors all pass, so that no way of logging goes around it.
 */
export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  const options = {
    name,
    level,
    mixin: () => ({ ...currentCorrelation() }),
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: (line: string) => maskLine(name, line) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** A field that is called as the process is would stand in its place, whatever it holds. */
function maskLine(name: string, line: string): string {
  const masked = maskJson(JSON.parse(line)) as Record<string, unknown>;
  return `${JSON.stringify({ ...masked, name })}\n`;
}
