import { runCommand } from '../../cli/program.ts';
import type { Surroundings } from '../../cli/surroundings.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly complaints: string;
}

/** Runs command lines in this process; words are split at blanks, quotes keep them together. */
export function createXwl(base: Readonly<Record<string, string>>) {
  return async (line: string, { env = {}, ...rest }: Partial<Surroundings> = {}): Promise<Said> => {
    let out = '';
    let complaints = '';
    const code = await runCommand(wordsOf(line), {
      env: { ...base, ...env },
      write: (text) => (out += text),
      complain: (text) => (complaints += text),
      ...rest,
    });
    return { code, out, complaints };
  };
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
