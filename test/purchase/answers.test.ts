import { describe } from '@jest/globals';
import { testScenarios } from './outcomes.ts';
import { ANSWERS } from './scenarios/index.ts';

describe('what the exporter answers to a confirm', () => {
  testScenarios(ANSWERS);
});
