import { writeFile } from 'node:fs/promises';
import { messageOf } from '../../stack/errors.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import type { Surroundings } from '../program.ts';
import { connect } from '../web.ts';

interface Options {
  readonly output: string;
  readonly importer?: string;
}

/** `xwl trade evidence <tradeId> -o <file>` */
export async function tradeEvidence(
  around: Surroundings,
  tradeId: string,
  { output, importer }: Options,
): Promise<ExitCode> {
  const web = await connect(around);
  try {
    const query = importer === undefined ? '' : `?${new URLSearchParams({ importer }).toString()}`;
    const path = `/admin/api/trades/${encodeURIComponent(tradeId)}/evidence${query}`;
    const { text } = await web.get(path);
    await writeFile(output, text).catch((error: unknown) => {
      throw new CommandError(EXIT.usage, `${output} can't be written: ${messageOf(error)}`, error);
    });
    around.write(`${output}: ${Buffer.byteLength(text)} bytes; verify it: xwl verify ${output}\n`);
    return EXIT.ok;
  } finally {
    await web.close();
  }
}
