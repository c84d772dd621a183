import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { CpTransaction } from '../../db/cp/schema.ts';
import { TELEMETRY_RELAY_ID } from '../../workflows/telemetry-relay/contract.ts';
import { eventually } from '../stack/setup.ts';
import { startTelemetryBench, type TelemetryBench } from '../support/telemetry-bench.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { IMPORTER } from '../wl/documents.ts';

// Processes start, are killed and are waited for.
const LONG_MS = 180_000;
/** The promise on a fact (issue of the balance): at the Control Plane within this. */
const PROMISE_MS = 1_000;
/** A run goes on for five minutes; what cuts it off waits four seconds. */
const STOP_MS = 3_500;

let bench: TelemetryBench;
let worker: WorkerProcess;

beforeAll(async () => {
  bench = await startTelemetryBench();
  await bench.startApi();
  worker = await bench.startWorker();
}, LONG_MS);
afterAll(() => bench.stop(), LONG_MS);

/** All of them, once each. */
async function expectOnce(ids: readonly string[]): Promise<void> {
  const arrivals = await bench.arrivals(ids);
  expect(arrivals.size).toBe(ids.length);
  expect([...arrivals.values()].every((times) => times === 1)).toBe(true);
}

test(
  'a WL that registers confirms its trader account by itself',
  async () => {
    await eventually(
      'the registration is told of',
      async () => {
        const told = await bench.cp.selectFrom('trader_confirmation').selectAll().execute();
        return told.some(({ wl_id: wlId }) => wlId === IMPORTER);
      },
      60_000,
    );
  },
  LONG_MS,
);

test(
  'half of the facts are at the Control Plane within a second, on whatever machine',
  async () => {
    const ids: string[] = [];
    for (let fact = 0; fact < 20; fact += 1) {
      ids.push(...(await bench.addEvents(1)));
      await delay(Math.random() * 300);
    }
    await bench.drained();
    await expectOnce(ids);
    const rows = await bench.cp
      .selectFrom('event')
      .select(['occurred_at', 'received_at'])
      .where('event_id', 'in', ids)
      .execute();
    const tookMs = rows
      .map((row) => row.received_at.getTime() - row.occurred_at.getTime())
      .toSorted((a, b) => a - b);
    process.stdout.write(`to the Control Plane: p50 ${tookMs[10]} ms, max ${tookMs.at(-1)} ms\n`);
    expect(tookMs[10]).toBeLessThan(PROMISE_MS);
  },
  LONG_MS,
);

test(
  'what piled up while the Control Plane was dead is brought over when it is back',
  async () => {
    await bench.killApi();
    const ids = await bench.addEvents(1_200);
    await delay(5_000);
    expect(await bench.figure('outbox_unsent')).toBe(ids.length);
    expect(await bench.figure('outbox_lag_seconds')).toBeGreaterThan(4);
    await bench.startApi();
    const drainedMs = await bench.drained(60_000);
    process.stdout.write(`1,200 events drained ${Math.round(drainedMs)} ms after the start\n`);
    await expectOnce(ids);
    expect(await bench.figure('outbox_lag_seconds')).toBe(0);
  },
  LONG_MS,
);

test(
  'a worker that is killed between the sending and the marking doubles nothing',
  async () => {
    bench.network.holdAnswers();
    const ids = await bench.addEvents(10);
    await bench.network.answerHeld();
    await eventually('the events are taken in', async () => {
      return (await bench.arrivals(ids)).size > 0;
    });
    await worker.end();
    bench.network.open();
    worker = await bench.startWorker();
    await bench.drained(60_000);
    await expectOnce(ids);
    const results = await bench.wl
      .selectFrom('outbox')
      .select(['result'])
      .where('event_id', 'in', ids)
      .execute();
    expect(results.map(({ result }) => result)).toContain('DUPLICATE');
  },
  LONG_MS,
);

test(
  'the API killed with an intake half written loses and doubles nothing',
  async () => {
    const ids = await bench.cp.transaction().execute(async (tx) => {
      // The intake remembers the ids, and then waits for this lock to write the events.
      await sql`LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
      const added = await bench.addEvents(1);
      await eventually('an intake waits', () => isAnyoneWaiting(tx));
      await bench.killApi();
      return added;
    });
    ids.push(...(await bench.addEvents(50)));
    await bench.startApi();
    await bench.drained(60_000);
    await expectOnce(ids);
  },
  LONG_MS,
);

async function isAnyoneWaiting(tx: CpTransaction): Promise<boolean> {
  const { rows } = await sql`SELECT FROM pg_locks WHERE NOT granted`.execute(tx);
  return rows.length > 0;
}

test(
  'the API killed again and again while a backlog drains loses and doubles nothing',
  async () => {
    const ids: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      bench.network.holdAnswers();
      ids.push(...(await bench.addEvents(300)));
      bench.network.open();
      await eventually('the backlog drains', async () => (await bench.unsent()) < 300, 30_000);
      await bench.killApi();
      await bench.startApi();
    }
    await bench.drained(60_000);
    await expectOnce(ids);
  },
  LONG_MS,
);

test(
  'a relay that was terminated by hand is started again by the sweep',
  async () => {
    const { workflow } = bench.whiteLabel.temporal.client;
    const handle = workflow.getHandle(TELEMETRY_RELAY_ID);
    const before = await handle.describe();
    await handle.terminate('by hand');
    await eventually(
      'another run is open',
      async () => {
        const { runId, status } = await handle.describe();
        return runId !== before.runId && status.name === 'RUNNING';
      },
      60_000,
    );
    const ids = await bench.addEvents(5);
    await bench.drained(60_000);
    await expectOnce(ids);
  },
  LONG_MS,
);

test(
  'a worker that is asked to stop does so without waiting for the end of a run',
  async () => {
    const startedAt = performance.now();
    expect(await worker.stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(STOP_MS);
    worker = await bench.startWorker();
    const ids = await bench.addEvents(5);
    await bench.drained(60_000);
    await expectOnce(ids);
  },
  LONG_MS,
);
