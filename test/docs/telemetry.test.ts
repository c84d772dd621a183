import { expect, test } from '@jest/globals';
import { QUARANTINE_REASONS } from '../../domain/telemetry/events.ts';
import { readPage } from './pages.ts';

test('docs/telemetry.md names every reason to set an event aside, in the order of the code', () => {
  const rows = [...readPage('docs/telemetry.md').matchAll(/^\| `([A-Z_]+)` \|/gm)];
  expect(rows.map((row) => row[1])).toEqual([...QUARANTINE_REASONS]);
});
