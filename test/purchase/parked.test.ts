import { describe } from '@jest/globals';
import { testScenarios } from './outcomes.ts';
import { PARKED_AND_RESOLVED } from './scenarios/index.ts';

describe('parked, resolved and reversed', () => {
  testScenarios(PARKED_AND_RESOLVED);
});
