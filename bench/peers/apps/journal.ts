import { createSaga } from '../saga.ts';
import { serveApp } from './serve.ts';

/**
 * Durable by hand: a row before the first call, each result committed before the next call, the
 * last one together with the purchase's own row. What was open is resumed at the start; there is
 * no lease, so only one process may run.
 */

const saga = createSaga('journal');
/** Resumed side by side; the pool has ten connections. */
const RESUMED_AT_ONCE = 16;

async function advance(id: string, from: number): Promise<void> {
  const calls = [saga.hold, saga.debit, saga.confirm];
  for (const [step, call] of calls.entries()) {
    if (step < from) continue;
    const result = await call(id);
    await saga.pool.query({
      name: 'step',
      text: 'UPDATE journal SET step = $2, results = results || $3::text WHERE id = $1',
      values: [id, step + 1, result],
    });
  }
  const result = await saga.settleCall(id);
  await saga.pool.query({
    name: 'finish',
    text: `WITH made AS (
      INSERT INTO purchase (id, system) VALUES ($1, 'journal') ON CONFLICT DO NOTHING)
      UPDATE journal SET step = 4, results = results || $2::text WHERE id = $1`,
    values: [id, result],
  });
}

async function resume(): Promise<void> {
  const { rows } = await saga.pool.query<{ id: string; step: number }>(
    'SELECT id, step FROM journal WHERE step < 4',
  );
  const open = rows.values();
  const lane = async (): Promise<void> => {
    for (const { id, step } of open) await advance(id, step);
  };
  await Promise.all(Array.from({ length: RESUMED_AT_ONCE }, lane));
}

await resume();
serveApp(async (id) => {
  await saga.pool.query({
    name: 'open',
    text: `INSERT INTO journal (id, step, results) VALUES ($1, 0, '{}') ON CONFLICT DO NOTHING`,
    values: [id],
  });
  await advance(id, 0);
});
