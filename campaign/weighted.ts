import type { Chance } from './chance.ts';

export type Choice<T> = readonly [weight: number, value: T];

export function weighted<T>(chance: Chance, choices: readonly Choice<T>[]): T {
  const sum = choices.reduce((total, [weight]) => total + weight, 0);
  let at = chance.next() * sum;
  for (const [weight, value] of choices) {
    at -= weight;
    if (at < 0) return value;
  }
  throw new Error('there is nothing to choose from');
}
