import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Edit {
  readonly find: string;
  readonly replace: string;
}

/** A change to workflow code: one command more, before all others. */
export type Change = 'patched' | 'unpatched';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the bundle is made of, and what makes it. */
const COPIED = ['domain', 'workflows', 'workers', 'runtime', 'stack', 'package.json'];
const BUILDER = 'stack/bundles/build-bundle.ts';
const BUILD_TIMEOUT_MS = 180_000;

const PURCHASE = 'workflows/purchase/workflow.ts';
const APPROVAL = 'workflows/approval/workflow.ts';

/** Purchases stay with their build; approvals outlive it and meet the change in the middle. */
const EDITS: Readonly<Record<string, readonly Edit[]>> = {
  [PURCHASE]: [
    { find: 'import {\n', replace: 'import {\n  patched,\n  sleep,\n' },
    {
      find: '  async run(): Promise<PurchaseResult> {\n',
      replace: '  async run(): Promise<PurchaseResult> {\n    CHANGE\n',
    },
  ],
  [APPROVAL]: [
    { find: 'import {\n', replace: 'import {\n  patched,\n  sleep,\n' },
    {
      find: '  const ref = { importer, tradeId };\n  const { status,',
      replace: '  const ref = { importer, tradeId };\n  CHANGE\n  const { status,',
    },
  ],
};

const STATEMENTS: Readonly<Record<Change, string>> = {
  patched: "if (patched('drill')) await sleep(1);",
  unpatched: 'await sleep(1);',
};

/** The white labels' workflow code with a change in it, bundled from a copy; the file's path. */
export async function buildChanged(change: Change, folder: string): Promise<string> {
  const copy = join(folder, `copy-${change}`);
  await mkdir(copy, { recursive: true });
  for (const part of COPIED) await cp(join(ROOT, part), join(copy, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules')).catch(ignoreThere);
  for (const [file, edits] of Object.entries(EDITS)) {
    const path = join(copy, file);
    let text = await readFile(path, 'utf8');
    for (const { find, replace } of edits) {
      if (!text.includes(find)) throw new Error(`${file} has changed: no ${JSON.stringify(find)}`);
      const next = replace.replace('CHANGE', STATEMENTS[change]);
      text = text.replace(find, () => next);
    }
    await writeFile(path, text);
  }
  const bundle = join(folder, `wl-${change}.js`);
  await mkdir(dirname(bundle), { recursive: true });
  const args = ['--disable-warning=ExperimentalWarning', join(copy, BUILDER), 'wl', bundle];
  await run(process.execPath, args, { timeout: BUILD_TIMEOUT_MS });
  return bundle;
}

/** An earlier run in the same folder made it. */
function ignoreThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}
