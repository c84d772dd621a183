import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readPage } from './pages.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const ELSEWHERE = /^(https?:|mailto:)/;

const pages = [
  ...['README.md'].filter((name) => existsSync(join(ROOT, name))),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** As the usual renderers make them: lower case, spaces to hyphens, punctuation dropped. */
function anchorsOf(page: string): Set<string> {
  const headings = [...page.matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(pages)('every relative link of %s leads somewhere', (name) => {
  const page = readPage(name);
  const targets = [...page.matchAll(LINK)].map((match) => match[1] ?? '');
  const broken = targets
    .filter((target) => !ELSEWHERE.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? name : join(dirname(name), decodeURIComponent(path));
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(readPage(file)).has(anchor);
    });
  expect(broken).toEqual([]);
});

// The pages name source files in backticks; a file that has moved makes a page untrue.
const SOURCE =
  /`((?:api|activities|db|domain|invariants|runtime|stack|test|workers|workflows)\/[\w./-]+)`/g;

test.each(pages)('every source file that %s names exists', (name) => {
  const named = [...readPage(name).matchAll(SOURCE)].map((match) => match[1] ?? '');
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
