import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { isSignedBy } from '../../../db/event-signature.ts';
import { QUARANTINE_REASONS, type SignedEvent } from '../../../domain/telemetry/events.ts';
import { EXPORTER, IMPORTER, refusalOf, registerBoth, startControlPlane } from '../stage.ts';
import type { Stage } from '../stage.ts';
import {
  eventOf,
  newKey,
  purchase,
  registerKeys,
  send,
  sender,
  type Outcome,
  type Sender,
} from './events.ts';

const START_MS = 60_000;
const DAY_MS = 86_400_000;

let stage: Stage;
let kicks = 0;
let exporter: Sender;
let importer: Sender;

beforeAll(async () => {
  stage = await startControlPlane({ work: { kick: () => void (kicks += 1) } });
  await registerBoth(stage);
  exporter = await sender(stage, EXPORTER);
  importer = await sender(stage, IMPORTER);
}, START_MS);
afterAll(() => stage.stop());

const count = async (table: 'event' | 'event_seen' | 'telemetry_quarantine'): Promise<number> => {
  const query = stage.db.selectFrom(table).select((of) => of.fn.countAll<bigint>().as('rows'));
  return Number((await query.executeTakeFirstOrThrow()).rows);
};

const results = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map(({ result, code }) => (code === undefined ? result : `${result} ${code}`));

describe('an event', () => {
  test('is kept with its signature, which verifies from the stored row', async () => {
    const event = eventOf(exporter);
    const before = kicks;
    expect(await send(stage, exporter, [event])).toEqual([
      { eventId: event.eventId, result: 'ACCEPTED' },
    ]);
    expect(kicks).toBe(before + 1);
    const row = await stage.db
      .selectFrom('event')
      .selectAll()
      .where('event_id', '=', event.eventId)
      .executeTakeFirstOrThrow();
    const stored = {
      eventId: row.event_id,
      type: row.type,
      schemaVersion: 1,
      occurredAt: row.occurred_at.toISOString(),
      wlId: row.wl_id,
      correlationId: row.correlation_id,
      data: row.data,
      signature: row.signature,
    } as SignedEvent;
    expect(stored).toEqual(event);
    expect(isSignedBy(stored, exporter.key.publicJwk)).toBe(true);
  });

  test('comes by itself too', async () => {
    const event = eventOf(exporter);
    const { status, body } = await stage.ask({
      ...{ method: 'POST', path: '/telemetry/events', as: exporter.tls, token: exporter.token },
      body: event,
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: { results: [{ eventId: event.eventId, result: 'ACCEPTED' }] },
    });
  });

  test('that comes again is known, in the same request, later and side by side', async () => {
    const [first, second] = [eventOf(exporter), eventOf(exporter)];
    expect(results(await send(stage, exporter, [first, first]))).toEqual(['ACCEPTED', 'DUPLICATE']);
    const twins = await Promise.all([
      send(stage, exporter, [first, second]),
      send(stage, exporter, [second, first]),
    ]);
    expect(twins.flat().filter(({ result }) => result === 'ACCEPTED')).toHaveLength(1);
    expect(twins.flat().filter(({ result }) => result === 'DUPLICATE')).toHaveLength(3);
  });

  test('of one WL does not use up the id of another', async () => {
    const eventId = randomUUIDv7();
    expect(results(await send(stage, exporter, [eventOf(exporter, { eventId })]))).toEqual([
      'ACCEPTED',
    ]);
    const own = eventOf(importer, { eventId });
    expect(results(await send(stage, importer, [own]))).toEqual(['ACCEPTED']);
  });

  test('of a day in another partition is found there', async () => {
    const event = eventOf(exporter);
    await stage.db
      .updateTable('clock_offset')
      .set({ offset_ms: BigInt(3 * DAY_MS) })
      .execute();
    try {
      const late = eventOf(exporter, {
        occurredAt: new Date(Date.now() + 3 * DAY_MS).toISOString(),
      });
      expect(results(await send(stage, exporter, [event, late]))).toEqual(['ACCEPTED', 'ACCEPTED']);
    } finally {
      await stage.db.updateTable('clock_offset').set({ offset_ms: 0n }).execute();
    }
  });
});

describe('a bad event', () => {
  const bad: Record<string, (own: Sender) => unknown> = {
    TOO_LARGE: (own) => ({
      ...eventOf(own),
      data: { ...purchase(), sellerName: 'é'.repeat(9_000) },
    }),
    WL_MISMATCH: (own) => eventOf({ ...own, wlId: EXPORTER }),
    TYPE_UNKNOWN: (own) => eventOf(own, { type: 'TRADER_GIFT' }),
    CORRELATION_MISSING: (own) => eventOf(own, { correlationId: '' }),
    SCHEMA_INVALID: (own) => eventOf(own, { data: { ...purchase(), note: 'x' } as never }),
    TIME_IMPLAUSIBLE: (own) =>
      eventOf(own, { occurredAt: new Date(Date.now() + DAY_MS).toISOString() }),
    KEY_UNKNOWN: (own) => eventOf({ ...own, key: newKey('another') }),
    SIGNATURE_INVALID: (own) => ({ ...eventOf(own), data: purchase() }),
  };

  test('of each kind is set aside by itself, and its neighbours are taken', async () => {
    expect(Object.keys(bad)).toEqual([...QUARANTINE_REASONS]);
    const events = Object.values(bad).flatMap((make) => [make(importer), eventOf(importer)]);
    const before = await count('event');
    expect(results(await send(stage, importer, events))).toEqual(
      QUARANTINE_REASONS.flatMap((reason) => [`QUARANTINED ${reason}`, 'ACCEPTED']),
    );
    expect(await count('event')).toBe(before + QUARANTINE_REASONS.length);
  });

  test.each<[string, (event: SignedEvent) => unknown]>([
    ['text instead of an event', () => 'an event'],
    ['null', () => null],
    ['a time without milliseconds', (event) => ({ ...event, occurredAt: '2026-01-01T00:00:00Z' })],
    ['an unknown member', (event) => ({ ...event, note: 1 })],
    ['another schema version', (event) => ({ ...event, schemaVersion: 2 })],
    ['a NUL in a text', (event) => ({ ...event, correlationId: 'a\0b' })],
    ['half a character', (event) => ({ ...event, correlationId: 'a\ud800b' })],
    [
      'an address that is not masked',
      () =>
        eventOf(importer, { data: { ...purchase(), buyerMasked: 'ana@people.example' } as never }),
    ],
    [
      'a signature with its content',
      (event) => ({ ...event, signature: event.signature.replace('..', '.e30.') }),
    ],
    [
      'a signature of another algorithm',
      (event) => ({
        ...event,
        signature: `${Buffer.from('{"alg":"none","kid":"x"}').toString('base64url')}..${'A'.repeat(86)}`,
      }),
    ],
  ])('of the form of %s fails nobody', async (_name, make) => {
    const outcomes = await send(stage, importer, [make(eventOf(importer)), eventOf(importer)]);
    expect(outcomes.map(({ result }) => result)).toEqual(['QUARANTINED', 'ACCEPTED']);
  });

  test('that is nested without end fails nobody', async () => {
    const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
    const { status, body } = await stage.ask({
      ...{ method: 'POST', path: '/telemetry/events', as: importer.tls, token: importer.token },
      body: `{"events":[${deep},${JSON.stringify(eventOf(importer))}]}`,
    });
    expect(status).toBe(200);
    const outcomes = (body as { results: Outcome[] }).results;
    expect(results(outcomes)).toEqual(['QUARANTINED TOO_LARGE', 'ACCEPTED']);
  });

  test('that comes again counts up, is masked, and is told of once an hour', async () => {
    const data = { ...purchase(), buyerMasked: 'ana.prado@people.example' };
    const event = eventOf(importer, { data: data as never });
    const before = await count('telemetry_quarantine');
    for (let times = 0; times < 3; times += 1) await send(stage, importer, [event]);
    expect(await count('telemetry_quarantine')).toBe(before + 1);
    const { text, body } = await stage.ask({
      path: `/admin/api/telemetry/quarantine?limit=1&wlId=${IMPORTER}`,
      token: stage.master,
    });
    const { items, nextCursor } = body as { items: unknown[]; nextCursor: string };
    expect(items).toMatchObject([
      { wlId: IMPORTER, reason: 'SCHEMA_INVALID', eventId: event.eventId, times: 3 },
    ]);
    expect(text).not.toContain('ana.prado');
    const next = await stage.ask({
      path: `/admin/api/telemetry/quarantine?limit=1&wlId=${IMPORTER}&cursor=${nextCursor}`,
      token: stage.master,
    });
    expect((next.body as { items: { id: string }[] }).items).toHaveLength(1);
    const told = await stage.db
      .selectFrom('notification')
      .select(['kind', 'subject', 'details'])
      .where('kind', '=', 'TELEMETRY')
      .execute();
    // Two where the hour turned meanwhile.
    expect([1, 2]).toContain(told.length);
    expect(told[0]).toMatchObject({ subject: `wl/${IMPORTER}` });
  });
});

describe('a request', () => {
  const ask = (body: unknown, change: object = {}) =>
    stage.ask({
      ...{ method: 'POST', path: '/telemetry/events', as: exporter.tls, token: exporter.token },
      body,
      ...change,
    });

  test('of no or too many events is refused as a whole', async () => {
    expect(refusalOf(await ask({ events: [] }))).toBe('422 VALIDATION_FAILED');
    const many = Array.from({ length: 501 }, () => 1);
    expect(refusalOf(await ask({ events: many }))).toBe('422 VALIDATION_FAILED');
    expect(refusalOf(await ask({ events: [1], more: 1 }))).toBe('422 VALIDATION_FAILED');
    expect(refusalOf(await ask({ events: ['x'.repeat(300_000)] }))).toBe('413 VALIDATION_FAILED');
  });

  test('with another token or certificate is refused', async () => {
    const body = { events: [eventOf(exporter)] };
    expect(refusalOf(await ask(body, { token: undefined }))).toBe('401 TOKEN_MISSING');
    expect(refusalOf(await ask(body, { token: stage.master }))).toBe('403 TOKEN_SCOPE');
    expect(refusalOf(await ask(body, { as: importer.tls }))).toBe('401 TOKEN_BINDING');
  });
});

describe('a replaced key', () => {
  test('vouches for what happened while it was registered, and for nothing later', async () => {
    const old = newKey('old');
    const young = newKey('young');
    await registerKeys(stage, exporter, [old]);
    const before = eventOf({ wlId: EXPORTER, key: old });
    const waiting = eventOf({ wlId: EXPORTER, key: young });
    await registerKeys(stage, exporter, [young]);
    const after = eventOf({ wlId: EXPORTER, key: old }, { occurredAt: soon() });
    expect(results(await send(stage, exporter, [before, waiting, after]))).toEqual([
      'ACCEPTED',
      'ACCEPTED',
      'QUARANTINED KEY_UNKNOWN',
    ]);
    await registerKeys(stage, exporter, [exporter.key]);
  });
});

/** A moment later: the database's clock must have passed the replacement. */
function soon(): string {
  return new Date(Date.now() + 1_000).toISOString();
}

describe('trader.account.confirmed', () => {
  const confirm = (own: Sender, wlId = own.wlId) =>
    eventOf(own, { type: 'trader.account.confirmed', data: { wlId, traderId: 'trader-1' } });
  const confirmedAt = async (wlId: string): Promise<unknown> => {
    const path = `/admin/api/wls/${wlId}/trader`;
    const { body } = await stage.ask({ path, token: stage.master });
    return (body as { confirmedAt: unknown }).confirmedAt;
  };
  const create = (wlId: string) =>
    stage.ask({
      ...{ method: 'POST', path: `/admin/api/wls/${wlId}/trader`, token: stage.master },
      body: { name: 'Conta Trader' },
    });

  test('confirms the account that is there', async () => {
    await create(EXPORTER);
    expect(await confirmedAt(EXPORTER)).toBeNull();
    const event = confirm(exporter);
    await send(stage, exporter, [event]);
    expect(await confirmedAt(EXPORTER)).toBe(event.occurredAt);
    await send(stage, exporter, [confirm(exporter)]);
    expect(await confirmedAt(EXPORTER)).toBe(event.occurredAt);
  });

  test('that comes before the account counts when it is made', async () => {
    const event = confirm(importer);
    await send(stage, importer, [event]);
    await create(IMPORTER);
    expect(await confirmedAt(IMPORTER)).toBe(event.occurredAt);
  });

  test('of another WL changes nothing', async () => {
    const wlId = randomUUID();
    expect(results(await send(stage, importer, [confirm(importer, wlId)]))).toEqual(['ACCEPTED']);
    const rows = await stage.db
      .selectFrom('trader_confirmation')
      .select('wl_id')
      .where('wl_id', '=', wlId)
      .execute();
    expect(rows).toEqual([]);
  });
});
