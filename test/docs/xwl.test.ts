import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { EXAMPLE_PATHS, exampleOf } from '../../cli/examples.ts';
import { EXIT } from '../../cli/exit.ts';
import { programOf, runCommand } from '../../cli/program.ts';
import { readPage, sectionsOf } from './pages.ts';

const quiet = { env: {}, write: () => undefined, complain: () => undefined };
const program = programOf(() => () => Promise.resolve(), quiet);
const sections = sectionsOf(readPage('docs/xwl.md'), 2);

function leavesOf(command: Command, path: readonly string[] = []): string[] {
  const children = command.commands;
  if (children.length === 0) return [path.join(' ')];
  return children.flatMap((child) => leavesOf(child, [...path, child.name()]));
}

const leaves = leavesOf(program);

test('every command is in the page, and every command of the page exists', () => {
  const rows = [...(sections.get('Commands') ?? '').matchAll(/^\| `xwl ([^`]+)` \|/gm)];
  // Arguments are in capitals, in brackets, or options.
  const documented = rows.map(([, line = '']) => line.split(/ (?=[A-Z[-])/)[0]);
  expect(documented).toEqual(leaves);
});

test('every exit code is in the page', () => {
  const rows = [...(sections.get('Exit codes') ?? '').matchAll(/^\| (\d) \|/gm)];
  expect(rows.map(([, code]) => Number(code))).toEqual(Object.values(EXIT));
});

test('every example is one of a command that exists, and is well formed', async () => {
  const groups = new Set(leaves.map((leaf) => leaf.split(' ')[0]));
  expect(EXAMPLE_PATHS.filter((path) => !leaves.includes(path))).toEqual([]);
  for (const path of EXAMPLE_PATHS) {
    for (const line of exampleOf(path)) expect(groups).toContain(line.split(' ')[0]);
  }
});

test.each(leaves)('xwl %s --help describes its options and ends with 0', async (leaf) => {
  let out = '';
  const args = [...leaf.split(' '), '--help'];
  const code = await runCommand(args, { ...quiet, write: (text) => (out += text) });
  expect(code).toBe(0);
  expect(out).toContain('Usage: xwl ');
  const undescribed = [...out.matchAll(/^ {2}-{1,2}[\w-]+.*$/gm)].filter(
    ([line]) => !/\S {2,}\S/.test(line.trim()),
  );
  expect(undescribed.map(([line]) => line)).toEqual([]);
});

async function completed(...line: string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'xwl-completion-'));
  try {
    let script = '';
    await runCommand(['completion', 'bash'], { ...quiet, write: (text) => (script += text) });
    const file = join(folder, 'xwl.bash');
    await writeFile(file, script);
    const words = line.map((word) => `'${word}'`).join(' ');
    const asked = `. ${file}; COMP_WORDS=(xwl ${words}); COMP_CWORD=${line.length}; _xwl; echo "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', asked]);
    return stdout.trim().split(' ');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('bash completes groups, commands and options', async () => {
  expect(await completed('rel')).toEqual(['relationship']);
  expect(await completed('signal', 'c')).toEqual(['create', 'cancel']);
  expect(await completed('trade', 'list', '--st')).toEqual(['--status']);
  expect(await completed('--none', 'signal', 'show', '--j')).toEqual(['--json']);
});

test.each(['zsh', 'fish'])('the script for %s names every command', async (shell) => {
  let script = '';
  await runCommand(['completion', shell], { ...quiet, write: (text) => (script += text) });
  for (const leaf of leaves) expect(script).toContain(`"${leaf}"`);
});
