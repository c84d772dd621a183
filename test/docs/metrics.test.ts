import { expect, test } from '@jest/globals';
import { figuresInCode, figuresInPage } from '../support/figures.ts';

test('docs/observability.md names every figure that the code makes, with its kind', () => {
  const page = [...figuresInPage()].map(([name, { kind }]) => `${name}: ${kind}`);
  const code = [...figuresInCode()].map(([name, kind]) => `${name}: ${kind}`);
  expect(page.toSorted()).toEqual(code.toSorted());
});
