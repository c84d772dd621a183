import { ANSWERS } from './answers.ts';
import { PARKED_AND_RESOLVED } from './parked.ts';
import { REFUSALS } from './refusals.ts';
import type { Scenario } from './scenario.ts';

export { ANSWERS, PARKED_AND_RESOLVED, REFUSALS };
export { scenarioName, type Scenario } from './scenario.ts';

/** Every way to every outcome that has a workflow; tests run them, and histories are kept of them. */
export const SCENARIOS: readonly Scenario[] = [...REFUSALS, ...ANSWERS, ...PARKED_AND_RESOLVED];
