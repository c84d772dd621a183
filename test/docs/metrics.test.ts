import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readPage } from './pages.ts';

const FOLDERS = '{activities,api,runtime,workers}/**/*.ts';
const MADE =
  /\.?(counter|gauge|histogram|watch|watchEach|Counter|Histogram)(?:<[^>]*>)?\(\s*\{\s*name: '([a-z_]+)'/g;
const KINDS: Readonly<Record<string, string>> = {
  watch: 'gauge',
  watchEach: 'gauge',
};

/** Every figure that the code makes, with its kind. */
function inCode(): Map<string, string> {
  const figures = new Map<string, string>();
  for (const file of globSync(FOLDERS)) {
    for (const [, how = '', name = ''] of readFileSync(file, 'utf8').matchAll(MADE)) {
      figures.set(name, KINDS[how] ?? how.toLowerCase());
    }
  }
  return figures;
}

test('docs/observability.md names every figure that the code makes, with its kind', () => {
  const table = readPage('docs/observability.md').split('<!-- metrics -->')[1] ?? '';
  const rows = [...table.matchAll(/^\| `([a-z_]+)` \| (\w+) \|/gm)];
  const inPage = new Map(rows.map(([, name = '', kind = '']) => [name, kind]));
  const byName = (figures: Map<string, string>) =>
    [...figures].map(([name, kind]) => `${name}: ${kind}`).toSorted();
  expect(byName(inPage)).toEqual(byName(inCode()));
});
