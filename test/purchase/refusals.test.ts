import { describe } from '@jest/globals';
import { testScenarios } from './outcomes.ts';
import { REFUSALS } from './scenarios/index.ts';

describe('refused before anything is charged', () => {
  testScenarios(REFUSALS);
});
