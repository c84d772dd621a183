import { describeScenarios } from './outcomes.ts';
import { PARKED_AND_RESOLVED } from './scenarios/index.ts';

describeScenarios('parked, resolved and reversed', PARKED_AND_RESOLVED);
