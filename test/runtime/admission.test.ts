import { expect, test } from '@jest/globals';
import { createAdmission, type Admission } from '../../runtime/admission.ts';

/** Longer than any test. */
const PATIENT = 600_000;

async function enter(admission: Admission): Promise<() => void> {
  const leave = await admission.enter(PATIENT);
  if (leave === undefined) throw new Error('nobody came in');
  return leave;
}

/** Whether it came in by now, without waiting for it. */
function watched(entering: Promise<() => void>) {
  const state = { isIn: false, entering };
  void entering.then(() => (state.isIn = true));
  return state;
}

test('who finds no room waits in a line, and the first of it comes in when one leaves', async () => {
  const admission = createAdmission(2);
  const order: string[] = [];
  const leave = await enter(admission);
  await enter(admission);
  const third = enter(admission).finally(() => order.push('third'));
  const fourth = enter(admission).finally(() => order.push('fourth'));
  expect([order, admission.waiting()]).toEqual([[], 2]);
  leave();
  (await third)();
  (await fourth)();
  expect([order, admission.waiting()]).toEqual([['third', 'fourth'], 0]);
});

test('patience that ends sends its owner away, who takes nobody’s turn', async () => {
  const admission = createAdmission(1);
  const leave = await enter(admission);
  expect(await admission.enter(1)).toBeUndefined();
  const patient = watched(enter(admission));
  await Promise.resolve();
  expect([patient.isIn, admission.waiting()]).toEqual([false, 1]);
  leave();
  (await patient.entering)();
});

test('leaving twice makes room once', async () => {
  const admission = createAdmission(1);
  const leave = await enter(admission);
  const second = enter(admission);
  leave();
  leave();
  const out = await second;
  const third = watched(enter(admission));
  await Promise.resolve();
  expect(third.isIn).toBe(false);
  out();
  (await third.entering)();
});

test('while it is closed all wait, and as many as there is room for come in when it opens', async () => {
  const admission = createAdmission(2);
  admission.close();
  const three = [1, 2, 3].map(() => watched(enter(admission)));
  expect(await admission.enter(1)).toBeUndefined();
  expect(three.map(({ isIn }) => isIn)).toEqual([false, false, false]);
  admission.open();
  const [first, second, third] = three;
  const leave = await first?.entering;
  await second?.entering;
  expect(third?.isIn).toBe(false);
  leave?.();
  await third?.entering;
});
