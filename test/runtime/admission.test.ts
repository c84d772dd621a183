import { expect, test } from '@jest/globals';
import { createAdmission } from '../../runtime/admission.ts';

/** Longer than any test. */
const PATIENT = 600_000;

test('who finds no room waits in a line, and the first of it comes in when one leaves', async () => {
  const admission = createAdmission(2);
  const order: string[] = [];
  const leave = await admission.enter(PATIENT);
  await admission.enter(PATIENT);
  const third = admission.enter(PATIENT).then((out) => {
    order.push('third');
    return out;
  });
  const fourth = admission.enter(PATIENT).then((out) => {
    order.push('fourth');
    return out;
  });
  expect(order).toEqual([]);
  leave();
  (await third)();
  (await fourth)();
  expect(order).toEqual(['third', 'fourth']);
});

test('patience that ends lets its owner in all the same, and takes nobody else’s turn', async () => {
  const admission = createAdmission(1);
  const leave = await admission.enter(PATIENT);
  const impatient = await admission.enter(1);
  let isIn = false;
  const patient = admission.enter(PATIENT).then((out) => {
    isIn = true;
    return out;
  });
  leave();
  await Promise.resolve();
  expect(isIn).toBe(false);
  impatient();
  (await patient)();
});

test('leaving twice makes room once', async () => {
  const admission = createAdmission(1);
  const leave = await admission.enter(PATIENT);
  const second = admission.enter(PATIENT);
  leave();
  leave();
  await second;
  let isIn = false;
  const third = admission.enter(PATIENT).then((out) => {
    isIn = true;
    return out;
  });
  await Promise.resolve();
  expect(isIn).toBe(false);
  (await second)();
  (await third)();
});
