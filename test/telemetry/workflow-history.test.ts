import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { condense } from '../../activities/clients/workflow-history.ts';

/** A recorded history of a purchase. */
function recorded(path: string): Parameters<typeof condense>[0] {
  const file = new URL(`../replay/histories/purchase/v1/${path}.json`, import.meta.url);
  return historyFromJSON(JSON.parse(readFileSync(file, 'utf8')));
}

test('a history is condensed to its steps, waits and signals, without what they carried', () => {
  const steps = condense(recorded('CONFIRMED.none.approved'));
  expect(steps.map(({ kind, name, outcome }) => [kind, name, outcome])).toEqual([
    ['RUN', 'started', undefined],
    ['STEP', 'reserve', 'HELD'],
    ['STEP', 'fund', 'FUNDED'],
    ['STEP', 'confirm', 'AWAIT'],
    ['STEP', 'awaitApproval', 'AWAITING_APPROVAL'],
    ['TIMER', 'wait', 'CANCELLED'],
    ['SIGNAL', 'decision', undefined],
    ['STEP', 'learn', 'SETTLE'],
    ['STEP', 'settle', 'CONFIRMED'],
    ['RUN', 'completed', undefined],
  ]);
  for (const { kind, at, until } of steps) {
    expect(new Date(at).getUTCFullYear()).toBeGreaterThan(2_000);
    if (kind === 'STEP') expect(Date.parse(until ?? '')).toBeGreaterThanOrEqual(Date.parse(at));
  }
});

test('what people asked of a parked purchase is among it', () => {
  const steps = condense(recorded('COMPENSATED.CANCELLED.overridden'));
  const updates = steps.filter(({ kind }) => kind === 'UPDATE').map(({ name }) => name);
  expect(updates).toEqual(['resolveManually', 'confirmResolution']);
});
