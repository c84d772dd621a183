import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import type { ReportAnswer } from '../../activities/clients/telemetry.ts';
import { createTelemetryRelayActivities } from '../../activities/telemetry/relay.ts';
import { inTransaction } from '../../db/pool.ts';
import { addEvent } from '../../db/wl/outbox.ts';
import type { RelayRun } from '../../workflows/telemetry-relay/contract.ts';
import { startWlDatabases, type TestServer, type TestWl } from '../wl/database.ts';
import { IMPORTER } from '../wl/documents.ts';

const START_MS = 60_000;
const BATCH_BYTES = 200 * 1_024;
const KEY = { kid: 'key', privateKey: generateKeyPairSync('ed25519').privateKey };

let server: TestServer;
let wl: TestWl;

beforeAll(async () => {
  server = await startWlDatabases(['importer']);
  wl = server.open('importer');
}, START_MS);
afterAll(() => server.stop());
beforeEach(() => wl.db.deleteFrom('outbox').execute());

interface Call {
  readonly atMs: number;
  readonly token: string;
  readonly events: readonly { readonly eventId: string }[];
  readonly bytes: number;
}

type Answering = (call: Call, nth: number) => ReportAnswer;

const taken: Answering = ({ events }) => ({
  delivered: true,
  results: events.map(({ eventId }) => ({ eventId, result: 'ACCEPTED' })),
});
const refusing =
  (change: Partial<Extract<ReportAnswer, { delivered: false }>> = {}): Answering =>
  () => ({ delivered: false, why: 'no', isTokenRefused: false, ...change });

/** One run of the relay against a Control Plane that answers like this. */
async function relay(
  answering: Answering,
  { runMs = 700, token = async (): Promise<string | undefined> => 'token' } = {},
) {
  const calls: Call[] = [];
  const forgotten: string[] = [];
  const activities = createTelemetryRelayActivities({
    db: wl.db,
    wlId: IMPORTER,
    telemetry: {
      async report({ token: sent, events }) {
        const call = {
          atMs: performance.now(),
          token: sent,
          events: events.map((text) => JSON.parse(text) as { eventId: string }),
          bytes: events.join(',').length,
        };
        calls.push(call);
        return answering(call, calls.length);
      },
    },
    tokens: { wlToken: token, forget: (audience) => void forgotten.push(audience) },
    signingKey: async () => KEY,
    log: pino({ level: 'silent' }),
    runMs,
  });
  const environment = new MockActivityEnvironment();
  const sum = (await environment.run(() => activities.relayEvents())) as RelayRun;
  return { calls, forgotten, sum };
}

async function add(count: number, text = ''): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const event = { type: 'policy.applied', correlationId: randomUUID(), data: { text } };
    ids.push(await inTransaction(wl.db, (tx) => addEvent(tx, event)));
  }
  return ids;
}

const resultsOf = async (ids: readonly string[]): Promise<(string | null)[]> => {
  const rows = await wl.db.selectFrom('outbox').select(['event_id', 'result']).execute();
  const byId = new Map(rows.map((row) => [row.event_id, row.result]));
  return ids.map((id) => byId.get(id) ?? null);
};

test('the oldest go first, and each answer is written to its row', async () => {
  const ids = await add(3);
  const words = ['ACCEPTED', 'DUPLICATE', 'QUARANTINED'] as const;
  const { calls, sum } = await relay(({ events }) => ({
    delivered: true,
    results: events.map(({ eventId }, index) => ({ eventId, result: words[index] ?? 'ACCEPTED' })),
  }));
  expect(calls[0]?.events.map(({ eventId }) => eventId)).toEqual(ids);
  expect(await resultsOf(ids)).toEqual([...words]);
  expect(sum).toEqual({ accepted: 1, duplicate: 1, quarantined: 1 });
});

test('nothing counts as delivered without an answer, and waiting grows', async () => {
  const ids = await add(1);
  const { calls } = await relay(refusing(), { runMs: 1_500 });
  expect(await resultsOf(ids)).toEqual([null]);
  // 250, 500 and 1,000 ms, of which chance takes up to a half.
  expect(calls.length).toBeGreaterThanOrEqual(3);
  expect(calls.length).toBeLessThanOrEqual(5);
  const { sum } = await relay(taken);
  expect(sum.accepted).toBe(1);
});

test('a Control Plane that asks to be left alone is left alone for so long', async () => {
  await add(1);
  const asked = 1_000;
  const { calls } = await relay(
    (call, nth) => (nth === 1 ? refusing({ retryAfterMs: asked })(call, nth) : taken(call, nth)),
    { runMs: 1_500 },
  );
  expect(calls).toHaveLength(2);
  const [first, second] = calls.map(({ atMs }) => atMs);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(asked - 5);
});

test('a refused token is forgotten, and without one nothing is sent', async () => {
  const ids = await add(1);
  const { forgotten } = await relay(refusing({ isTokenRefused: true }), { runMs: 100 });
  expect(forgotten).toContain('control-plane');
  const { calls } = await relay(taken, { token: async () => undefined });
  expect(calls).toEqual([]);
  expect(await resultsOf(ids)).toEqual([null]);
});

test('a request is cut by its bytes, and an event that fits in none keeps nobody waiting', async () => {
  const large = await add(8, 'x'.repeat(60_000));
  const [huge = ''] = await add(1, 'x'.repeat(300_000));
  const after = await add(1);
  const { calls } = await relay(taken, { runMs: 1_500 });
  expect(calls.every(({ bytes }) => bytes <= BATCH_BYTES)).toBe(true);
  expect(calls.length).toBeGreaterThanOrEqual(3);
  expect(new Set(await resultsOf([...large, ...after]))).toEqual(new Set(['ACCEPTED']));
  expect(await resultsOf([huge])).toEqual(['UNSENDABLE']);
});
