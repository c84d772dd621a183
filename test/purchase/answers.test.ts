import { describeScenarios } from './outcomes.ts';
import { ANSWERS } from './scenarios/index.ts';

describeScenarios('what the exporter answers to a confirm', ANSWERS);
