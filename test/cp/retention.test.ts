import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { createRetentionActivities } from '../../activities/retention/activities.ts';
import { AGED } from '../../db/cp/retention.ts';
import { EVENT_AGE_MAX_DAYS } from '../../domain/telemetry/events.ts';
import type { RetentionActivities } from '../../workflows/retention/contract.ts';
import { EXPORTER, registerBoth, startControlPlane, type Stage } from './stage.ts';
import { eventOf, send, sender, type Sender } from './telemetry/events.ts';

const START_MS = 60_000;
const DAY_MS = 86_400_000;
const EVENT_DAYS = 180;

let stage: Stage;
let exporter: Sender;
let activities: RetentionActivities;

beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
  exporter = await sender(stage, EXPORTER);
  activities = createRetentionActivities({ db: stage.db, eventDays: EVENT_DAYS });
}, START_MS);
afterAll(() => stage.stop());

const run = <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(work);
const forget = async () => ({
  ...(await run(() => activities.turnDays())),
  ...(await run(() => activities.forgetRows())),
});
const moveClock = (days: number) =>
  stage.db
    .updateTable('clock_offset')
    .set({ offset_ms: BigInt(days * DAY_MS) })
    .execute();
const countOf = async (table: 'event' | 'event_seen'): Promise<number> => {
  const query = stage.db.selectFrom(table).select((of) => of.fn.countAll<bigint>().as('rows'));
  return Number((await query.executeTakeFirstOrThrow()).rows);
};

test('ids of events are remembered for longer than events are accepted', () => {
  const seen = AGED.find(({ table }) => table === 'event_seen');
  expect(seen?.days).toBeGreaterThan(EVENT_AGE_MAX_DAYS);
});

test('each thing goes when its time is up, and not before', async () => {
  await send(stage, exporter, [eventOf(exporter), eventOf(exporter), 'no event']);
  await sql`INSERT INTO work_order (workflow_id, workflow, input, summary, correlation_id, done_at)
    VALUES ('done', 'x', '{}', 'x', 'x', clock()), ('open', 'x', '{}', 'x', 'x', NULL)
  `.execute(stage.db);
  try {
    expect(await forget()).toEqual({ days: 0, rows: 0 });
    await moveClock(31);
    // The done order; the open one stays for ever.
    expect(await forget()).toEqual({ days: 0, rows: 1 });
    await moveClock(EVENT_AGE_MAX_DAYS + 9);
    expect(await countOf('event_seen')).toBe(2);
    await moveClock(EVENT_AGE_MAX_DAYS + 11);
    expect((await forget()).rows).toBeGreaterThanOrEqual(2);
    expect(await countOf('event_seen')).toBe(0);
    expect(await countOf('event')).toBe(2);
    await moveClock(EVENT_DAYS + 1);
    expect((await forget()).days).toBeGreaterThanOrEqual(1);
    expect(await countOf('event')).toBe(0);
    const open = await stage.db.selectFrom('work_order').select('workflow_id').execute();
    expect(open.map((row) => row.workflow_id)).toContain('open');
    expect(open.map((row) => row.workflow_id)).not.toContain('done');
  } finally {
    await moveClock(0);
  }
});

test('the intake goes on in the day that is there, and in the next', async () => {
  await forget();
  const outcomes = await send(stage, exporter, [eventOf(exporter)]);
  expect(outcomes).toMatchObject([{ result: 'ACCEPTED' }]);
});
