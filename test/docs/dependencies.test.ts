import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readPage } from './pages.ts';

const ROW = /^\| `([^`]+)` \| (.+?) \| (.+) \|$/gm;
const rows = [...readPage('docs/adr/0007-dependencies.md').matchAll(ROW)].map(
  ([, name = '', licence = '']) => ({ name, licence }),
);

interface Manifest {
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test('every dependency has its line, and every line its dependency', () => {
  const manifest = JSON.parse(readPage('package.json')) as Manifest;
  const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifest;
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(rows.map(({ name }) => name).sort()).toEqual(names.sort());
});

const manifestOf = (name: string): URL =>
  new URL(`../../node_modules/${name}/package.json`, import.meta.url);

test('only packages of another platform are not installed', () => {
  const absent = rows.map(({ name }) => name).filter((name) => !existsSync(manifestOf(name)));
  expect(absent.filter((name) => !name.startsWith('node-'))).toEqual([]);
});

test.each(rows.filter(({ name }) => existsSync(manifestOf(name))))(
  '$name has the licence that its line says',
  ({ name, licence }) => {
    const installed = JSON.parse(readFileSync(manifestOf(name), 'utf8')) as Manifest;
    expect(installed.license).toBe(licence);
  },
);
