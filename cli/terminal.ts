import { Writable } from 'node:stream';
import { createInterface } from 'node:readline/promises';
import type { Terminal } from './surroundings.ts';

// Where the terminal does not say how wide it is.
const DEFAULT_COLUMNS = 80;

/** The terminal of this process; undefined where output or input is a pipe or a file. */
export function terminalOf(process: NodeJS.Process): Terminal | undefined {
  const { stdin, stdout, stderr } = process;
  if (!stdout.isTTY) return undefined;
  return {
    columns: stdout.columns ?? DEFAULT_COLUMNS,
    async ask(question, { hidden = false } = {}) {
      // Questions go to stderr, so that results can be piped; echo is swallowed for secrets.
      const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr;
      if (hidden) stderr.write(question);
      const lines = createInterface({ input: stdin, output, terminal: stdin.isTTY });
      try {
        return await lines.question(hidden ? '' : question);
      } finally {
        lines.close();
        if (hidden) stderr.write('\n');
      }
    },
  };
}

/** All of standard input as text. */
export async function readAll(input: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of input.setEncoding('utf8')) text += String(chunk);
  return text;
}
