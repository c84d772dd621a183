import { describeScenarios } from './outcomes.ts';
import { REFUSALS } from './scenarios/index.ts';

describeScenarios('refused before anything is charged', REFUSALS);
