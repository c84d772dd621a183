import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { CP, EXPORTER, IMPORTER } from '../../stack/parties.ts';
import type { Party } from '../../stack/parties.ts';
import type { ResetScope } from '../../stack/options.ts';
import { BUYER } from '../../stack/local-data/members.ts';
import { logIn, register } from '../../stack/register.ts';
import { listOffers } from '../../stack/demo/store.ts';
import { startStack } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';
import { Connection } from '@temporalio/client';
import { BUNDLES } from '../support/bundles.ts';
import { startTestStack } from '../support/stack.ts';
import type { TestStack } from '../support/stack.ts';

/** The three forms of `--reset`, each on a stack that has traded. */

const NOTHING = (): void => undefined;
const START_MS = 240_000;

let first: TestStack;
let stack: Stack;

beforeAll(async () => {
  first = await startTestStack();
  stack = first;
  await registerAndBuy();
}, START_MS);

afterAll(async () => {
  await stack.stop();
  await first.close();
}, 30_000);

async function registerAndBuy(): Promise<void> {
  await register(stack, NOTHING);
  const [offer] = await listOffers(stack.web(IMPORTER));
  const { accountId, token } = BUYER;
  const answer = await stack.web(IMPORTER).need<{ tradeId: string }>('/api/v1/buy-offer', {
    method: 'POST',
    form: {
      ...{ accountId, token, offerId: offer?.offerId ?? '', quantity: '1' },
      paymentParams: '{"paymentType":"balanceAccount"}',
    },
  });
  expect(answer.tradeId).toBeDefined();
}

async function restart(reset: readonly ResetScope[]): Promise<void> {
  await stack.stop();
  stack = await startStack({
    env: first.env,
    dataDir: first.dataDir,
    ports: first.ports,
    reset: new Set(reset),
    progress: {
      step: () => ({ update: NOTHING, done: NOTHING, fail: NOTHING }),
      print: NOTHING,
      close: NOTHING,
    },
    log: NOTHING,
    onFatal: NOTHING,
    fsync: false,
    bundleDir: BUNDLES,
  });
}

async function count(party: Party, from: string): Promise<number> {
  const client = new pg.Client({ connectionString: stack.databaseUrl(party) });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(
      `SELECT count(*)::text AS count FROM ${from}`,
    );
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}

/** Purchases that the engine remembers. */
async function purchasesInEngine(): Promise<number> {
  const connection = Connection.lazy({ address: stack.temporal.address });
  try {
    const { count: found } = await connection.workflowService.countWorkflowExecutions({
      namespace: IMPORTER.namespace,
      query: `WorkflowType = 'purchase'`,
    });
    return Number(found);
  } finally {
    await connection.close();
  }
}

async function knownWls(): Promise<number> {
  const { cp, token } = await logIn(stack);
  const { items } = await cp.need<{ items: unknown[] }>('/admin/api/wls', { bearer: token });
  return items.length;
}

const BUYERS_FUNDS = `balance WHERE account = 'member:8780' AND currency = 'XIM'
  AND amount_minor = 10000000`;

describe('--reset', () => {
  test(
    '=wl drops trades and caches, keeps accounts, offers and the registry',
    async () => {
      const offers = await count(EXPORTER, 'offer');
      expect(await count(IMPORTER, 'trade')).toBe(1);
      await restart(['wl']);
      expect(await count(IMPORTER, 'trade')).toBe(0);
      expect(await count(IMPORTER, 'imported_offer')).toBe(0);
      expect(await count(EXPORTER, 'hold')).toBe(0);
      expect(await count(EXPORTER, 'offer WHERE used > 0')).toBe(0);
      expect(await count(EXPORTER, 'offer')).toBe(offers);
      expect(await count(IMPORTER, BUYERS_FUNDS)).toBe(1);
      expect(await purchasesInEngine()).toBe(0);
      expect(await knownWls()).toBe(2);
      expect(await count(IMPORTER, `audit WHERE action = 'white-label.reset'`)).toBe(1);
      // Registered anew it trades again, on the namespace that was made anew.
      await registerAndBuy();
      expect(await purchasesInEngine()).toBe(1);
    },
    START_MS,
  );

  test(
    '=cp drops the registry and keeps the trades',
    async () => {
      await restart(['cp']);
      expect(await knownWls()).toBe(0);
      expect(await count(CP, 'relationship')).toBe(0);
      expect(await count(IMPORTER, 'trade')).toBe(1);
      expect(await purchasesInEngine()).toBe(1);
      expect(await count(CP, `audit WHERE action = 'control-plane.reset'`)).toBe(1);
    },
    START_MS,
  );

  test(
    'alone drops both',
    async () => {
      await restart(['cp', 'wl']);
      expect(await knownWls()).toBe(0);
      expect(await count(IMPORTER, 'trade')).toBe(0);
      expect(await purchasesInEngine()).toBe(0);
      expect(await count(IMPORTER, 'account')).toBeGreaterThanOrEqual(4);
      await registerAndBuy();
    },
    START_MS,
  );
});
