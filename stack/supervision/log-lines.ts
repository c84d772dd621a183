/** Turns what children write into lines a person reads: `[name] level msg key=value`. */

const PINO_LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

// Said by the prefix or by the terminal; the rest of the line is for what happened.
const HIDDEN = new Set(['level', 'time', 'ts', 'msg', 'message', 'pid', 'hostname', 'name', 'v']);
const VALUE_LENGTH_MAX = 160;

export type LineColor = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'gray';

const COLOR_CODES: Readonly<Record<LineColor, number>> = {
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  gray: 90,
};

export function paint(text: string, color: LineColor | undefined): string {
  return color === undefined ? text : `\u001b[${COLOR_CODES[color]}m${text}\u001b[39m`;
}

export type LinePrefix = {
  readonly name: string;
  readonly width: number;
  readonly color: LineColor | undefined;
};

export function renderLine(line: string, prefix: LinePrefix): string {
  const label = paint(`[${prefix.name}]`.padEnd(prefix.width + 2), prefix.color);
  return `${label} ${renderBody(line)}`;
}

function renderBody(line: string): string {
  const entry = parseObject(line);
  if (entry === undefined) return line;
  const level = levelOf(entry['level']);
  const said = entry['msg'] ?? entry['message'] ?? '';
  const message = typeof said === 'string' ? said : JSON.stringify(said);
  const fields = Object.entries(entry)
    .filter(([key, value]) => !HIDDEN.has(key) && value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${renderValue(value)}`);
  return [level, message, ...fields].filter((part) => part !== '').join(' ');
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Not every line that starts with a brace is JSON: it is shown as it came.
    return undefined;
  }
}

function levelOf(level: unknown): string {
  if (typeof level === 'number') return PINO_LEVELS[level] ?? String(level);
  return typeof level === 'string' ? level.toLowerCase() : '';
}

function renderValue(value: unknown): string {
  const text =
    typeof value === 'string' ? value : isError(value) ? value.message : JSON.stringify(value);
  const short = text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
  return typeof value === 'string' || isError(value)
    ? /^[^\s"=]+$/.test(short)
      ? short
      : JSON.stringify(short)
    : short;
}

/** The shape that pino's error serialiser leaves. */
function isError(value: unknown): value is { message: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { message?: unknown }).message === 'string' &&
    'stack' in value
  );
}
