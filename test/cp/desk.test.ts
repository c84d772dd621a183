import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { gate } from '../support/fault-proxy.ts';
import { startDeskBench, type DeskBench } from '../support/desk-bench.ts';
import { atExporter } from '../purchase/books.ts';
import {
  cancelOnceAbandoned,
  differing,
  garbled,
  reversedBehindOurBack,
  unresolved,
} from '../purchase/scenarios/parked.ts';
import { bought } from '../purchase/scenarios/scenario.ts';
import { auditOf, EXPORTER, IMPORTER } from './stage.ts';

const LONG_MS = 120_000;

interface Person {
  readonly id: string;
  readonly token: string;
}

let desk: DeskBench;
let ana: Person;
let rui: Person;
beforeAll(async () => {
  desk = await startDeskBench();
  ana = await desk.cp.person('support');
  rui = await desk.cp.person('support');
}, LONG_MS);
afterAll(() => desk.stop(), LONG_MS);
afterEach(async () => {
  expect(await desk.bench.calm()).toEqual([]);
}, LONG_MS);

interface Item {
  readonly kind: string;
  readonly reason: string;
  readonly subject: string;
  readonly correlationId: string | null;
  readonly trade: Readonly<Record<string, unknown>> | null;
}

/** What the list says for a text that somebody types. */
async function found(text: string): Promise<readonly Item[]> {
  await desk.carry();
  const path = `/admin/api/attention?text=${encodeURIComponent(text)}`;
  const { status, body } = await desk.cp.ask({ path, token: ana.token });
  expect(status).toBe(200);
  return (body as { items: Item[] }).items;
}

async function act(person: Person, tradeId: string, verb: string, wish: object = {}) {
  const { status, body } = await desk.cp.ask({
    ...{ method: 'POST', path: `/admin/api/trades/${tradeId}/${verb}`, token: person.token },
    headers: { 'Idempotency-Key': `${tradeId}-${verb}` },
    body: { reason: 'the books were compared by telephone', ...wish },
  });
  return { ...(body as Readonly<Record<string, unknown>>), status };
}

const subjectOf = (tradeId: string): string => `trade/${IMPORTER}/${EXPORTER}/${tradeId}`;

/** Found by its id, with why it is parked; told of to people. */
async function parkedAs(tradeId: string, reason: string): Promise<void> {
  const [item, ...others] = await found(tradeId.toUpperCase());
  expect(others).toEqual([]);
  expect(item).toMatchObject({
    ...{ kind: 'PARKED', reason, subject: subjectOf(tradeId) },
    correlationId: expect.stringMatching(/.+/),
    trade: {
      ...{ tradeId, workflowId: `purchase/${tradeId}`, importer: { wlId: IMPORTER } },
      parkedFrom: expect.stringMatching(/FUNDED|UNCERTAIN/),
    },
  });
  expect((await found(reason)).map(({ subject }) => subject)).toContain(subjectOf(tradeId));
  expect(await notified(tradeId)).toEqual([{ closed: false }]);
}

async function notified(tradeId: string): Promise<readonly { closed: boolean }[]> {
  const rows = await desk.cp.db
    .selectFrom('notification')
    .select('closed_at')
    .where('kind', '=', 'NEEDS_ATTENTION')
    .where('subject', '=', subjectOf(tradeId))
    .execute();
  return rows.map((row) => ({ closed: row.closed_at !== null }));
}

/** Nobody has to look at it any more, and what people did is written down. */
async function over(tradeId: string, state: string, actions: readonly string[]): Promise<void> {
  desk.bench.network.heal();
  expect(await desk.bench.finished(tradeId)).toMatchObject({ state });
  expect(await found(tradeId)).toEqual([]);
  expect(await notified(tradeId)).toEqual([{ closed: true }]);
  const rows = (await auditOf(desk.cp, subjectOf(tradeId))).toReversed();
  expect(rows.every(({ actor }) => [ana.id, rui.id].includes(actor))).toBe(true);
  const answers = rows.map(({ after }) => (after?.['answer'] as string | undefined) ?? '');
  expect(rows.map(({ action }, index) => `${action} ${answers[index]}`)).toEqual(actions);
}

describe('a purchase parked as', () => {
  test(
    'TERMS_DIFFER is finished by a retry once the exporter answers well',
    async () => {
      const tradeId = await differing(desk.bench);
      await parkedAs(tradeId, 'TERMS_DIFFER');
      expect(await act(ana, tradeId, 'retry')).toMatchObject({
        ...{ status: 200, result: 'STILL_PARKED', state: 'NEEDS_ATTENTION' },
      });
      desk.bench.network.heal();
      const done = await act(ana, tradeId, 'retry');
      const asked = ['trade.retry.asked ', 'trade.retry.answered STILL_PARKED'];
      // It keeps trying by itself: who comes too late is told so.
      const last = done.status === 200 ? 'RESOLVED' : 'CONFLICT';
      await over(tradeId, 'CONFIRMED', [
        ...asked,
        'trade.retry.asked ',
        `trade.retry.answered ${last}`,
      ]);
    },
    LONG_MS,
  );

  test(
    'UNRESOLVED is finished by abandoning it, with what the exporter says to a cancel',
    async () => {
      const tradeId = await unresolved(desk.bench);
      await parkedAs(tradeId, 'UNRESOLVED');
      cancelOnceAbandoned(desk.bench, tradeId);
      const done = await act(ana, tradeId, 'abandon');
      expect(done).toMatchObject({ status: 200, result: 'RESOLVED', state: 'COMPENSATED' });
      await over(tradeId, 'COMPENSATED', [
        'trade.abandon.asked ',
        'trade.abandon.answered RESOLVED',
      ]);
      expect(await atExporter(desk.bench, tradeId)).not.toMatchObject({ state: 'CAPTURED' });
    },
    LONG_MS,
  );

  test(
    'ANSWER_INVALID is resolved on the word of two',
    async () => {
      const tradeId = await garbled(desk.bench, 'CAPTURED');
      await parkedAs(tradeId, 'ANSWER_INVALID');
      const wish = { outcome: 'CONFIRMED' };
      expect(await act(ana, tradeId, 'resolve', wish)).toMatchObject({
        result: 'NEEDS_SECOND_PERSON',
      });
      expect(await act(ana, tradeId, 'resolve/confirm')).toMatchObject({
        ...{ status: 403, code: 'SAME_PERSON' },
      });
      expect(await act(rui, tradeId, 'resolve/confirm')).toMatchObject({
        ...{ status: 200, result: 'OVERRIDDEN', state: 'CONFIRMED' },
      });
      // The second click of the second person, and the first person who comes too late.
      for (const person of [rui, ana]) {
        expect(await act(person, tradeId, 'resolve/confirm')).toMatchObject({
          ...{ status: 409, code: 'CONFLICT' },
          won: { person: rui.id, verb: 'resolve/confirm', outcome: 'OVERRIDDEN' },
        });
      }
      await over(tradeId, 'CONFIRMED', [
        'trade.resolve.asked ',
        'trade.resolve.answered NEEDS_SECOND_PERSON',
        'trade.resolve.confirm.asked ',
        'trade.resolve.confirm.answered SAME_PERSON',
        'trade.resolve.confirm.asked ',
        'trade.resolve.confirm.answered OVERRIDDEN',
        ...Array.from({ length: 2 }, () => [
          'trade.resolve.confirm.asked ',
          'trade.resolve.confirm.answered CONFLICT',
        ]).flat(),
      ]);
    },
    LONG_MS,
  );

  test(
    'REVERSED_UNEXPECTEDLY is given back on the word of two',
    async () => {
      const tradeId = await reversedBehindOurBack(desk.bench);
      await parkedAs(tradeId, 'REVERSED_UNEXPECTEDLY');
      await act(ana, tradeId, 'resolve', { outcome: 'COMPENSATED' });
      expect(await act(rui, tradeId, 'resolve/confirm')).toMatchObject({ result: 'OVERRIDDEN' });
      await over(tradeId, 'COMPENSATED', [
        'trade.resolve.asked ',
        'trade.resolve.answered NEEDS_SECOND_PERSON',
        'trade.resolve.confirm.asked ',
        'trade.resolve.confirm.answered OVERRIDDEN',
      ]);
    },
    LONG_MS,
  );
});

test(
  'of two people at once the second is told who is at it',
  async () => {
    const tradeId = await garbled(desk.bench, 'NONE');
    await desk.carry();
    const door = gate('BEFORE');
    desk.bench.network.on('cancel', door.fault);
    const first = act(ana, tradeId, 'abandon');
    await door.reached;
    expect(await act(rui, tradeId, 'abandon')).toMatchObject({
      ...{ status: 409, code: 'CONFLICT' },
      won: { person: ana.id, verb: 'abandon', outcome: null },
    });
    door.open();
    expect((await first).status).toBeLessThan(500);
    desk.bench.network.heal();
    await desk.bench.finished(tradeId);
  },
  LONG_MS,
);

test(
  'a confirmed purchase is reversed once, and a key is needed for it',
  async () => {
    const tradeId = await bought(desk.bench);
    await desk.carry();
    const path = `/admin/api/trades/${tradeId}/reverse?importer=${IMPORTER}`;
    const body = { reason: 'bought by mistake' };
    const keyless = await desk.cp.ask({ method: 'POST', path, body, token: ana.token });
    expect(keyless.body).toMatchObject({ code: 'IDEMPOTENCY_MISSING' });
    expect(await act(ana, tradeId, 'reverse')).toMatchObject({ status: 202 });
    expect(await act(ana, tradeId, 'reverse')).toMatchObject({ status: 202 });
    await desk.bench.until(tradeId, 'REVERSED');
    expect(await act(ana, tradeId, 'retry')).toMatchObject({ status: 409, code: 'CONFLICT' });
  },
  LONG_MS,
);

interface Film {
  readonly missing: readonly { lane: string }[];
  readonly clocks: readonly { lane: string }[];
  readonly correlationIds: readonly string[];
  readonly slowest: { what: string; durationMs: number; share: number } | null;
  readonly entries: readonly { lane: string; kind: string; what: string; at: string }[];
}

async function filmOf(tradeId: string, query = '') {
  await desk.carry();
  const path = `/admin/api/trades/${tradeId}/film${query}`;
  const answer = await desk.cp.ask({ path, token: ana.token });
  expect(answer.status).toBe(200);
  return { film: answer.body as Film, headers: answer.headers };
}

describe('the film of a trade', () => {
  test(
    'joins both parties, their engines and the Control Plane in one order',
    async () => {
      const tradeId = await garbled(desk.bench, 'CAPTURED');
      await desk.carry();
      await act(ana, tradeId, 'retry');
      desk.bench.network.heal();
      await desk.bench.finished(tradeId);
      const { film, headers } = await filmOf(tradeId, '?download=1');
      expect(headers['content-disposition']).toBe(`attachment; filename="film-${tradeId}.json"`);
      expect(film).toMatchObject({ missing: [], correlationIds: [expect.any(String)] });
      expect(film.clocks.map(({ lane }) => lane)).toEqual(['importer', 'exporter']);
      const seen = film.entries.map(({ lane, kind, what }) => `${lane} ${kind} ${what}`);
      const told = [
        'importer state NEW → REQUESTED',
        'importer message preflight at the exporter',
        'exporter state NEW → HELD',
        'importer state REQUESTED → FUNDED',
        'importer message confirm at the exporter',
        'exporter state HELD → CAPTURED',
        'importer state FUNDED → UNCERTAIN',
        'importer state UNCERTAIN → NEEDS_ATTENTION',
        'importer state UNCERTAIN → CONFIRMED',
      ];
      expect(seen.filter((one) => told.includes(one))).toEqual(told);
      expect(seen).toContain('control-plane person retry');
      expect(seen).toContain('control-plane event purchase.parked of the importer');
      expect(seen).toContain('importer person retryStep');
      expect(film.slowest?.durationMs).toBeGreaterThan(0);
    },
    LONG_MS,
  );

  test('says which party is away, and shows the rest; an auditor may see it', async () => {
    const tradeId = await bought(desk.bench);
    await desk.carry();
    const { db } = desk.cp;
    const away = async (url: string | null) =>
      db.updateTable('wl').set({ peer_url: url }).where('id', '=', EXPORTER).execute();
    await away(null);
    const { film } = await filmOf(tradeId);
    await away(desk.bench.exporter.url);
    expect(film.missing).toMatchObject([{ lane: 'exporter' }]);
    const lanes = new Set(film.entries.map(({ lane }) => lane));
    expect(lanes).toEqual(new Set(['importer', 'control-plane']));
    const path = `/admin/api/trades/${tradeId}/film`;
    const auditor = await desk.cp.person('auditor');
    expect(await desk.cp.ask({ path, token: auditor.token })).toMatchObject({ status: 200 });
    const operator = await desk.cp.person('operator');
    expect(await desk.cp.ask({ path, token: operator.token })).toMatchObject({ status: 403 });
  });
});

test('only support acts, with a reason, and on a trade that is known', async () => {
  const auditor = await desk.cp.person('auditor', 'operator', 'risk');
  expect(await act(auditor, randomUUID(), 'retry')).toMatchObject({ code: 'FORBIDDEN' });
  expect(await act(ana, randomUUID(), 'retry')).toMatchObject({ code: 'NOT_FOUND' });
  const blank = await act(ana, randomUUID(), 'retry', { reason: ' ' });
  expect(blank).toMatchObject({ code: 'VALIDATION_FAILED' });
});
