import { afterAll, beforeAll, describe } from '@jest/globals';
import { auditOfEveryChange } from './audit.ts';
import { certificateRefusals } from './certificates.ts';
import { rateLimits, storePage } from './limits.ts';
import { approvalsAtControlPlane } from './approvals.ts';
import { afterTheRestart, contactsAtRest } from './privacy.ts';
import { revokedCertificates } from './revocation.ts';
import { tradeDetailSteps } from './details.ts';
import { documentedCalls } from './documented.ts';
import { exportPolicyScenarios } from './scenarios.ts';
import { openStage, type Stage } from './stage.ts';
import { registrationSteps } from './steps.ts';
import { supportActions } from './support.ts';
import { tokenRefusals } from './tokens.ts';
import { preflightSteps, purchaseSteps } from './trades.ts';

// On two busy cores six processes, a database and an engine take their time.
const START_MS = 240_000;
const STOP_MS = 60_000;

let stage: Stage;
let opening: Promise<Stage> | undefined;
const current = (): Stage => stage;

beforeAll(async () => {
  opening = openStage();
  stage = await opening;
}, START_MS);
// A start that came too late for the tests is stopped all the same.
afterAll(async () => (await opening)?.close(), STOP_MS);

// One stack for all, so the order counts: what one part leaves, the next ones find.
describe('the run book, registration', () => {
  registrationSteps(current);
});
describe('the run book, trades', () => {
  purchaseSteps(current);
});
describe('the run book, trades at the Control Plane', () => {
  tradeDetailSteps(current);
});
describe('the run book, refusals before payment', () => {
  preflightSteps(current);
});
describe('the five scenarios of export_policy', () => {
  exportPolicyScenarios(current);
});
describe('the store page', () => {
  storePage(current);
});
describe('pages and documents', () => {
  documentedCalls(current);
});
describe('wrong certificates', () => {
  certificateRefusals(current);
});
describe('wrong tokens', () => {
  tokenRefusals(current);
});
describe('revoked and replaced certificates', () => {
  revokedCertificates(current);
});
describe('approvals at the Control Plane', () => {
  approvalsAtControlPlane(current);
});
describe('support', () => {
  supportActions(current);
});
describe('audit', () => {
  auditOfEveryChange(current);
});
describe('rate limits', () => {
  rateLimits(current);
});
describe('contacts at rest', () => {
  contactsAtRest(current);
});
describe('after a restart without plain listeners, with new keys', () => {
  afterTheRestart(current);
});
