import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { openConsole, type ConsoleBench } from './bench.ts';
import { describeGovernance } from './governance.ts';
import { describeRescue, describeSignalByHand } from './rescue.ts';
import { describeRisk } from './risk.ts';
import { describeTrades } from './trades.ts';

// A whole stack, a build of the console and a browser, on two busy cores.
const OPEN_TIMEOUT_MS = 240_000;

/** Prices and stock change behind the store's back; a purchase without an answer parks at once. */
const SETTINGS = {
  // Each page is opened by somebody who has just logged in, and all of them from one address.
  CP_RATE_LIMIT_LOGIN: '1000/60',
  POLICY_PULL_SECONDS: '3600',
  OFFER_SYNC_SECONDS: '3600',
  PREFLIGHT_TIMEOUT_MS: '4000',
  CONFIRM_TIMEOUT_MS: '4000',
  BUY_DEADLINE_MS: '10000',
  IMPORTER_PARK_AFTER_SECONDS: '1',
  // Long enough after a few that a person is at it before the workflow is.
  IMPORTER_LEARN_BACKOFF_MS: '2000',
  IMPORTER_LEARN_BACKOFF_MAX_MS: '600000',
};

let bench: ConsoleBench;

beforeAll(async () => {
  bench = await openConsole(SETTINGS);
}, OPEN_TIMEOUT_MS);
afterEach(() => bench?.closeWindows());
afterAll(() => bench?.close(), OPEN_TIMEOUT_MS);

// One stack for all pages: it takes as long to start as most of them to look at. The order counts:
// a limit is crossed at the end, and trades are found by filters from there on.
const opened = (): ConsoleBench => bench;
describeGovernance(opened);
describeTrades(opened);
describeRescue(opened);
describeRisk(opened);
describeSignalByHand(opened);
