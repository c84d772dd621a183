import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { verifyAudit } from '../../db/audit.ts';
import { applyOfferSync, listImportedOffers } from '../../db/wl/imported-offers.ts';
import { applyPullDocument } from '../../db/wl/pull.ts';
import { readWebhookKeys } from '../../db/wl/webhook-keys.ts';
import type { EventKey } from '../../domain/policy/pull-document.ts';
import { signWebhook } from '../../runtime/webhook-signature.ts';
import { requestPurchase } from '../../db/wl/trades/request.ts';
import { minor } from '../../domain/shared/money.ts';
import { signalConformance } from '../conformance/signals.ts';
import { codeOf, STRANGER } from './api-stage.ts';
import { EXPORTER, IMPORTER, pullDocument, pulledRelationship } from './documents.ts';
import {
  KEY,
  KNOWN_KEY,
  receiverOf,
  SECRET,
  signalOf,
  startSignalStage,
  type Role,
  type Sending,
  type Signal,
  type SignalStage,
} from './signal-stage.ts';

const OWN = { wlId: IMPORTER, currency: 'XIM' };
const LONG_MS = 60_000;
const ROLES: readonly Role[] = ['exporter', 'importer'];

let stage: SignalStage;
beforeAll(async () => {
  stage = await startSignalStage();
}, LONG_MS);
afterAll(() => stage.stop());
beforeEach(async () => {
  for (const role of ROLES) {
    await sql`TRUNCATE signal, signal_work, signal_pair, outbox, imported_offer`.execute(
      stage.wl(role).db,
    );
    await sql`UPDATE pair SET signal_disabled = false`.execute(stage.wl(role).db);
  }
});

/** Offers `a` and `b` listed for us, `gone` no more, `free` at a price that rounds to zero. */
async function syncOffers(ids: readonly string[] = ['a', 'b', 'free']): Promise<void> {
  const listed = ids.map((originOfferId) => ({
    ...{ originOfferId, title: `Oferta ${originOfferId}`, currency: 'XEX', available: 5 },
    ...{ category: { id: '7', name: 'Moda' }, entity: { id: 'e1', name: 'Loja' } },
    unitPrice: minor(originOfferId === 'free' ? 0n : 80_00n),
  }));
  await applyOfferSync(stage.wl('importer').db, OWN, EXPORTER, listed);
}

async function eligible(): Promise<string[]> {
  const rows = await listImportedOffers(stage.wl('importer').db, 50);
  return rows.filter((row) => row.eligible).map((row) => row.origin_offer_id);
}

async function send(role: Role, signal: Signal): Promise<Record<string, unknown>> {
  const answer = await stage.send(role, signal);
  expect(codeOf(answer)).toBe('200 none');
  return answer.body as Record<string, unknown>;
}

const events = (role: Role) =>
  stage.wl(role).db.selectFrom('outbox').selectAll().orderBy('event_id').execute();

describe('a signal is taken', () => {
  const refused: readonly (readonly [string, string, () => Sending])[] = [
    ['with another party’s certificate', '403 CERTIFICATE_SUBJECT', () => as('importer')],
    ['with one of another authority', '401 CERTIFICATE_REQUIRED', () => as('foreign')],
    ['on the plain listener', '404 NOT_FOUND', () => ({ plain: true })],
    ['without a signature', '401 TOKEN_MISSING', () => ({ headers: {} })],
    ['signed with another secret', '401 TOKEN_INVALID', () => ({ secret: 'whsec_b3RoZXI=' })],
    [
      'changed after it was signed',
      '401 TOKEN_INVALID',
      () => ({ instead: signalOf(1, 'ENABLE') }),
    ],
    ['signed six minutes ago', '401 TOKEN_EXPIRED', () => ({ at: -360 })],
    ['signed in six minutes', '401 TOKEN_EXPIRED', () => ({ at: 360 })],
  ];
  const as = (who: 'importer' | 'foreign'): Sending => ({ as: stage.certificates[who] });

  test.each(refused)('not %s: %s', async (_name, expected, sending) => {
    const answer = await stage.send('importer', signalOf(1, 'DISABLE'), sending());
    expect(codeOf(answer)).toBe(expected);
  });

  const wrong: readonly (readonly [string, string, Partial<Signal> & { more?: number }])[] = [
    ['about a pair that this WL is no part of', '404 NOT_FOUND', { src: STRANGER, dst: STRANGER }],
    ['about this WL and itself', '422 VALIDATION_FAILED', { src: IMPORTER }],
    ['with an unknown field', '422 VALIDATION_FAILED', { more: 1 }],
    ['with an amount finer than a cent', '422 VALIDATION_FAILED', { exposure: '1.001' }],
    ['with a sequence that is none', '422 VALIDATION_FAILED', { sequence: '-1' }],
  ];
  test.each(wrong)('not %s: %s', async (_name, expected, change) => {
    const answer = await stage.send('importer', signalOf(1, 'DISABLE', change));
    expect(codeOf(answer)).toBe(expected);
  });

  test('nothing is left of those that were refused', async () => {
    const rows = await stage.wl('importer').db.selectFrom('signal').selectAll().execute();
    expect(rows).toEqual([]);
  });

  test('not before this WL has fetched the secret; the sender is told to come back', async () => {
    const { db } = stage.wl('importer');
    const kept = await db.selectFrom('control_secret').selectAll().execute();
    await db.deleteFrom('control_secret').execute();
    const answer = await stage.send('importer', signalOf(1, 'DISABLE'));
    await db.insertInto('control_secret').values(kept).execute();
    expect([codeOf(answer), answer.headers['retry-after']]).toEqual([
      '503 ENGINE_UNAVAILABLE',
      '5',
    ]);
  });

  test('with signatures of other kinds beside the right one', async () => {
    const signal = signalOf(1, 'ENABLE', { exposure: '-12.50' });
    const answer = await stage.send('exporter', signal, { beside: 'v1a,b3RoZXI= v9,new' });
    expect(codeOf(answer)).toBe('200 none');
  });
});

describe('at the exporter', () => {
  test('DISABLE refuses new holds, lets held ones confirm, and ENABLE admits again', async () => {
    const { exporter } = stage;
    const originOfferId = await exporter.offer(5);
    const before = await exporter.hold({ originOfferId });
    const answer = await send('exporter', signalOf(1, 'DISABLE'));
    expect(answer).toEqual({
      status: 'APPLIED',
      appliedAt: expect.stringMatching(/Z$/),
      offersChanged: 0,
    });
    const refused = await exporter.preflight({ originOfferId });
    expect(refused).toMatchObject({ status: 'REJECTED', reason: 'SIGNAL_DISABLED' });
    expect(await exporter.confirm(before)).toMatchObject({ status: 'CONFIRMED' });
    await send('exporter', signalOf(2, 'ENABLE'));
    expect(await exporter.preflight({ originOfferId })).toMatchObject({ status: 'HELD' });
  });

  test('a signal about the opposite direction stops none of its exports', async () => {
    const originOfferId = await stage.exporter.offer(1);
    await send('exporter', signalOf(1, 'DISABLE', { src: IMPORTER, dst: EXPORTER }));
    expect(await stage.exporter.preflight({ originOfferId })).toMatchObject({ status: 'HELD' });
  });
});

describe('at the importer', () => {
  test('DISABLE takes the pair’s offers off, and ENABLE restores what may be bought', async () => {
    await syncOffers(['a', 'b', 'free', 'gone']);
    await syncOffers();
    expect(await eligible()).toEqual(['a', 'b']);
    expect(await send('importer', signalOf(1, 'DISABLE'))).toMatchObject({ offersChanged: 2 });
    expect(await eligible()).toEqual([]);
    expect(await send('importer', signalOf(2, 'ENABLE'))).toMatchObject({ offersChanged: 2 });
    expect(await eligible()).toEqual(['a', 'b']);
  });

  test('a sync, a new price and a new revision in between open nothing', async () => {
    await syncOffers();
    await send('importer', signalOf(1, 'DISABLE'));
    await syncOffers(['a', 'c']);
    const revision = 1_000_000;
    await applyPullDocument(
      stage.wl('importer').db,
      pullDocument({ relationships: [pulledRelationship({ revision, fxRate: '2' })] }),
      { ...OWN, correlationId: 'test' },
    );
    expect(await eligible()).toEqual([]);
    await send('importer', signalOf(2, 'ENABLE'));
    expect(await eligible()).toEqual(['a', 'c']);
  });

  test('a first sync after the signal opens nothing either', async () => {
    await send('importer', signalOf(1, 'DISABLE'));
    await syncOffers();
    expect(await eligible()).toEqual([]);
  });

  test('a buyer is refused before money moves; with a hold of before it may go on', async () => {
    await syncOffers();
    await send('importer', signalOf(1, 'DISABLE'));
    const { wl, accountId } = stage.importer;
    const [offer] = await listImportedOffers(wl.db, 1);
    const purchase = (more: { givenHoldId?: string }) =>
      requestPurchase(wl.db, {
        ...{ wlId: IMPORTER, tradeId: randomUUID(), accountId, offerId: offer?.offer_id ?? '' },
        ...{ quantity: 1, route: 'test', coolDownSeconds: 0, correlationId: 'test', ...more },
      });
    const funds = await stage.importer.funds();
    const refused = await purchase({});
    expect(refused).toMatchObject({
      kind: 'REFUSED',
      trade: { state: 'REJECTED', reason: 'SIGNAL_DISABLED' },
    });
    expect(await stage.importer.funds()).toEqual(funds);
    expect(await purchase({ givenHoldId: randomUUID() })).toMatchObject({ kind: 'REQUESTED' });
    await send('importer', signalOf(2, 'ENABLE'));
    expect(await purchase({})).toMatchObject({ kind: 'REQUESTED' });
  });
});

describe.each(ROLES)('delivered to the %s', (role) => {
  test('twice, and once more after a restart, it gets the first answer and acts once', async () => {
    const signal = signalOf(1, 'DISABLE');
    const first = await send(role, signal);
    expect(await send(role, signal)).toEqual(first);
    await send(role, signalOf(2, 'ENABLE'));
    await stage.restart(role);
    expect(await send(role, signal)).toEqual(first);
    const state = await stage.wl(role).db.selectFrom('signal_pair').selectAll().execute();
    expect(state).toMatchObject([{ disabled: false, sequence: 2n }]);
    expect(await events(role)).toHaveLength(2);
  });

  test('under an id that said something else, it is refused', async () => {
    const signal = signalOf(1, 'DISABLE');
    await send(role, signal);
    const answer = await stage.send(role, { ...signal, action: 'ENABLE' });
    expect(codeOf(answer)).toBe('409 CONFLICT');
  });

  test('after a newer one, it is stale and changes nothing', async () => {
    await send(role, signalOf(7, 'DISABLE'));
    for (const late of [signalOf(6, 'ENABLE'), signalOf(7, 'ENABLE')]) {
      expect(await send(role, late)).toMatchObject({ status: 'STALE', offersChanged: 0 });
    }
    const [pair] = await stage.wl(role).db.selectFrom('signal_pair').selectAll().execute();
    expect(pair).toMatchObject({ disabled: true, sequence: 7n });
  });

  test('among twenty at once, the highest wins and each is accounted for once', async () => {
    const signals = Array.from({ length: 20 }, (_, index) =>
      signalOf(index + 1, index % 2 === 0 ? 'ENABLE' : 'DISABLE'),
    );
    const shuffled = [...signals, ...signals].toSorted((a, b) => a.id.localeCompare(b.id));
    await Promise.all([
      ...shuffled.map((signal) => send(role, signal)),
      ...(role === 'importer' ? [syncOffers(), syncOffers(['a', 'd'])] : []),
    ]);
    const { db } = stage.wl(role);
    const [pair] = await db.selectFrom('signal_pair').selectAll().execute();
    expect(pair).toMatchObject({ disabled: true, sequence: 20n });
    expect(await db.selectFrom('signal').selectAll().execute()).toHaveLength(20);
    expect(await events(role)).toHaveLength(20);
    expect(await eligible()).toEqual([]);
    expect(await verifyAudit(db)).not.toHaveProperty('brokenAt');
  });

  test('it is told with its times, and stands in the audit', async () => {
    const signal = signalOf(3, 'DISABLE');
    const { appliedAt } = await send(role, signal);
    await send(role, signalOf(2, 'ENABLE'));
    const told = (await events(role)).map(({ type, data }) => ({ type, data }));
    const { id: signalId, src, dst } = signal;
    const common = { signalId, sequence: '3', src, dst, action: 'DISABLE', status: 'APPLIED' };
    expect(told[0]).toEqual({
      type: 'signal.applied',
      data: {
        ...{ ...common, offersChanged: 0, appliedAt, offersOffAt: appliedAt },
        receivedAt: expect.stringMatching(/Z$/),
      },
    });
    expect(told[1]?.data).toMatchObject({ sequence: '2', status: 'STALE' });
    expect(told[1]?.data).not.toHaveProperty('offersOffAt');
    const rows = await stage.wl(role).db.selectFrom('audit').selectAll().orderBy('seq').execute();
    expect(rows.at(-2)).toMatchObject({
      ...{ actor: 'control-plane', source: 'imbalance/signals', action: 'signal.apply' },
      before: { sequence: '0', disabled: false },
      after: { id: signalId, status: 'APPLIED', action: 'DISABLE' },
    });
  });

  test('as a test it is answered, and leaves nothing behind', async () => {
    const wlId = role === 'exporter' ? EXPORTER : IMPORTER;
    const test = signalOf(0, 'TEST', { src: wlId, dst: wlId });
    expect(await send(role, test)).toMatchObject({ status: 'APPLIED', offersChanged: 0 });
    expect(await events(role)).toEqual([]);
    expect(await stage.wl(role).db.selectFrom('signal').selectAll().execute()).toEqual([]);
  });
});

describe.each(ROLES)('as any receiver of signals, the %s', (role) => {
  beforeAll(() => stage.knowKeys([KNOWN_KEY]));
  afterAll(() => stage.knowKeys([]));
  signalConformance(`a white label, the ${role},`, () => receiverOf(stage, role));
});

describe('the keys that come with the pulled document', () => {
  afterAll(() => stage.knowKeys([]));

  const pull = (documentRevision: string, keys: readonly EventKey[]) =>
    applyPullDocument(
      stage.wl('importer').db,
      pullDocument({ documentRevision, webhookKeys: { keys } }),
      { ...OWN, correlationId: 'test' },
    );

  test('are taken, and an older document brings no older ones back', async () => {
    const later = { ...KNOWN_KEY, kid: 'webhook-2' };
    await pull('2000001', [later, KNOWN_KEY]);
    await pull('2000000', [KNOWN_KEY]);
    const { db } = stage.wl('importer');
    expect([...(await readWebhookKeys(db)).keys()]).toEqual(['webhook-2', 'webhook-1']);
    await pull('2000002', [later]);
    expect([...(await readWebhookKeys(db)).keys()]).toEqual(['webhook-2']);
  });

  test('that a WL lacks make it pull at once', async () => {
    const before = stage.pulls();
    const { send: post } = receiverOf(stage, 'importer');
    const body = JSON.stringify(signalOf(1, 'DISABLE'));
    const headers = { ...signWebhook({ id: 'm', at: new Date(), body, secret: SECRET, key: KEY }) };
    expect(await post({ as: 'CONTROL_PLANE', body, headers })).toMatchObject({ status: 200 });
    expect(stage.pulls()).toBe(before + 1);
  });
});
