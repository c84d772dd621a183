import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StackError, formatStackError } from '../errors.ts';
import type { GeneratedFile } from './schema-files.ts';

/** `npm run check`: what has to hold of every commit; `-- --write` makes the generated files. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BINARIES = join(ROOT, 'node_modules', '.bin');

type Finding = string | undefined;
type Step = { readonly name: string; run(): Promise<Finding> };

const isWriting = process.argv.includes('--write');

const STEPS: readonly Step[] = [
  { name: 'format', run: () => tool('prettier', ['--check', '--log-level', 'warn', '.']) },
  { name: 'lint', run: () => tool('oxlint', ['--type-aware', '--deny-warnings']) },
  { name: 'types', run: () => tool('tsc', ['--noEmit']) },
  { name: 'console types', run: () => tool('tsc', ['--noEmit', '-p', 'console']) },
  // Loaded here and not above: code that does not compile fails its own step, not the command.
  {
    name: 'openapi',
    run: async () => compare((await import('./openapi-files.ts')).openApiFiles()),
  },
  {
    name: 'schema',
    run: async () => compare(await (await import('./schema-files.ts')).schemaFiles()),
  },
];

let failures = 0;
for (const step of STEPS) {
  const startedAt = Date.now();
  const finding = await step.run().catch(describe);
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  if (finding !== undefined) {
    failures += 1;
    process.stdout.write(`${finding.trimEnd()}\n`);
  }
  process.stdout.write(
    `${finding === undefined ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)\n`,
  );
}
process.exitCode = failures === 0 ? 0 : 1;

async function tool(name: string, args: readonly string[]): Promise<Finding> {
  const child = spawn(process.execPath, [join(BINARIES, name), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${BINARIES}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0 ? undefined : said || `${name} ended with ${code}`;
}

async function compare(files: readonly GeneratedFile[]): Promise<Finding> {
  const stale: string[] = [];
  for (const { path, content } of files) {
    const target = join(ROOT, path);
    const present = await readFile(target, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (present === content) continue;
    if (isWriting) {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
      process.stdout.write(`wrote ${path}\n`);
    } else {
      stale.push(`${path} ${firstDifference(present, content)}`);
    }
  }
  if (stale.length === 0) return undefined;
  return [...stale, 'Make them with: npm run check -- --write'].join('\n');
}

function firstDifference(present: string | undefined, made: string): string {
  if (present === undefined) return 'is missing';
  const [before, after] = [present.split('\n'), made.split('\n')];
  const at = after.findIndex((line, index) => line !== before[index]);
  const line = at === -1 ? after.length : at;
  return `differs from line ${line + 1} on: the code makes "${(after[line] ?? '').trim()}"`;
}

function describe(error: unknown): string {
  if (error instanceof StackError) return formatStackError(error);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
