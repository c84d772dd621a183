import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBundles, type Bundles } from '../../stack/bundles/bundles.ts';

/** Shared by all test files, which run the same code; another user's folder is not ours to write. */
export const BUNDLES = join(tmpdir(), `xpory-bundles-${process.getuid?.() ?? 'all'}`);

/** The workflow code of a party as its worker runs it, built once a state of the code. */
export async function testBundle(party: keyof Bundles): Promise<{ readonly codePath: string }> {
  return { codePath: (await ensureBundles(BUNDLES))[party] };
}
