import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { signalWorkflowId } from '../../workflows/signal-dispatch/contract.ts';
import { eventually } from '../stack/setup.ts';
import { startDoubleWl, type DoubleWl } from '../support/double-wl.ts';
import { first } from './signal-scenarios.ts';
import { LONG, registerEndpoint, startSignalStage, type SignalStage } from './signals-stage.ts';

let stage: SignalStage;

beforeAll(async () => {
  stage = await startSignalStage();
}, LONG);
afterAll(() => stage.stop(), LONG);

const ACKED = 'ACKED BODY';
/** A score of skips, of which each takes a busy machine seconds. */
const SKIPPED_MS = 150_000;

async function waited(wl: DoubleWl): Promise<number> {
  return stage.steps
    .filter(({ wlId }) => wlId === wl.wlId)
    .reduce((sum, { waitMs }) => sum + waitMs, 0);
}

/** What an alert target outside gets; the stage keeps it. */
async function tellOutside(kinds: readonly string[]): Promise<void> {
  const url = 'https://alerts.localhost/taken-by-the-stage';
  const targets = kinds.length === 0 ? [] : [{ kind: 'WEBHOOK', url, kinds }];
  const ask = { method: 'PUT', path: '/admin/api/alert-targets', body: { targets } } as const;
  expect((await stage.cp.ask({ ...ask, token: stage.cp.master })).status).toBe(200);
}

function resultOf(signalId: string, wlId: string): Promise<unknown> {
  return stage.client.workflow.getHandle(signalWorkflowId({ signalId, wlId })).result();
}

describe('a signal is carried until it is acked', () => {
  test(
    '2xx: both sides have it, once, and the rows tell the way',
    async () => {
      const pair = await stage.newPair();
      const signalId = await stage.deliver(pair);
      expect(await stage.states(signalId)).toEqual({ [pair.src]: ACKED, [pair.dst]: ACKED });
      expect([pair.exporter.effects.length, pair.importer.isDisabled(pair)]).toEqual([1, true]);
      expect(pair.exporter.calls[0]?.webhookId).toBe(`${signalId}/${pair.src}`);
      const row = await stage.cp.db
        .selectFrom('signal_delivery')
        .selectAll()
        .where('signal_id', '=', signalId)
        .where('wl_id', '=', pair.src)
        .executeTakeFirstOrThrow();
      const { created_at: created, first_sent_at: sent, acked_at: acked, applied_at: at } = row;
      expect(row).toMatchObject({ attempts: 1, offers_changed: 3 });
      expect(sent?.getTime()).toBeGreaterThanOrEqual(created.getTime());
      expect(acked?.getTime()).toBeGreaterThanOrEqual(sent?.getTime() ?? Infinity);
      expect(at).not.toBeNull();
      expect(await resultOf(signalId, pair.src)).toBe('ACKED');
      const order = await stage.cp.db
        .selectFrom('work_order')
        .select('done_at')
        .where('workflow_id', '=', signalWorkflowId({ signalId, wlId: pair.src }))
        .executeTakeFirstOrThrow();
      expect(order.done_at).not.toBeNull();
    },
    LONG,
  );

  test(
    '500 five times, then 200: one notice that the gateway is dead, one that it is back',
    async () => {
      await tellOutside(['DEAD_GATEWAY']);
      const pair = await stage.newPair();
      const body = { detail: 'ana.prado@example.com has no stock' };
      pair.importer.behave(first(5, { status: 500, body }));
      const signalId = await stage.deliver(pair);
      const failures = await stage.failures(signalId, pair.dst);
      expect(failures).toEqual([...Array.from({ length: 5 }, () => 'HTTP_500'), null]);
      expect(await stage.notices(pair.dst)).toEqual(['DEAD_GATEWAY', 'GATEWAY_RECOVERED']);
      expect(await stage.notices(pair.src)).toEqual([]);
      // No sweep runs here, and nothing else is committed: the step itself has started the alert.
      await eventually('people outside were told', () => stage.alerts.length > 0);
      expect(stage.alerts).toEqual(['DEAD_GATEWAY']);
      await tellOutside([]);
      const { body_masked: kept } = await stage.cp.db
        .selectFrom('signal_attempt')
        .select('body_masked')
        .where('signal_id', '=', signalId)
        .where('status', '=', 500)
        .limit(1)
        .executeTakeFirstOrThrow();
      expect(kept).toContain('an***@example.com');
    },
    LONG,
  );

  test(
    '429 with Retry-After: the gateway is left alone for as long, and is not called dead',
    async () => {
      const pair = await stage.newPair();
      const pause = { status: 429, body: {}, headers: { 'retry-after': '1' } };
      pair.importer.behave(first(1, pause));
      const started = Date.now();
      const signalId = await stage.deliver(pair);
      expect(Date.now() - started).toBeGreaterThanOrEqual(1_000);
      expect(await stage.failures(signalId, pair.dst)).toEqual(['HTTP_429', null]);
      const [step] = stage.steps.filter(({ wlId }) => wlId === pair.dst);
      expect(step?.waitMs).toBeGreaterThanOrEqual(1_000);
      expect(await stage.notices(pair.dst)).toEqual([]);
    },
    LONG,
  );

  test(
    'a redirect is not followed, and a 4xx does not make a gateway dead for others',
    async () => {
      const pair = await stage.newPair();
      const elsewhere = await stage.newWl();
      const headers = { location: `${elsewhere.url}/api/v2/control-plane/imbalance/signals` };
      pair.importer.behave(first(2, { status: 307, body: {}, headers }));
      pair.exporter.behave(first(6, { status: 404, body: { code: 'NOT_FOUND' } }));
      const signalId = await stage.deliver(pair);
      expect(await stage.failures(signalId, pair.dst)).toEqual(['HTTP_307', 'HTTP_307', null]);
      expect(await stage.failures(signalId, pair.src)).toHaveLength(7);
      expect(await stage.notices(pair.src)).toEqual([]);
      expect(elsewhere.calls).toEqual([]);
    },
    LONG,
  );

  test(
    'an answer that is none of ours is no ack',
    async () => {
      const pair = await stage.newPair();
      pair.importer.behave(first(1, { status: 200, body: { status: 'ok' } }));
      const signalId = await stage.deliver(pair);
      expect(await stage.failures(signalId, pair.dst)).toEqual(['ANSWER_INVALID', null]);
      expect(pair.importer.effects).toHaveLength(1);
    },
    LONG,
  );

  test(
    'an answer that was lost is a duplicate delivery, and the effect is one',
    async () => {
      const pair = await stage.newPair();
      let lost = 0;
      pair.importer.behave(async ({ apply }) => {
        const answer = apply();
        lost += 1;
        return lost <= 3 ? 'BREAK' : answer;
      });
      const signalId = await stage.deliver(pair);
      expect(pair.importer.calls.length).toBe(4);
      expect(pair.importer.effects).toHaveLength(1);
      expect(new Set(pair.importer.calls.map(({ webhookId }) => webhookId)).size).toBe(1);
      expect((await stage.failures(signalId, pair.dst))[0]).toBe('BROKEN_OFF');
    },
    LONG,
  );
});

describe('a gateway that can not be talked to', () => {
  test(
    'wrong certificates and no TLS at all: nothing is sent until the right one answers',
    async () => {
      const { pki } = stage.cp;
      const host = 'wrong.localhost';
      const bad = await Promise.all(
        [
          await pki.issueForeign({ dnsNames: [host] }),
          await pki.issue({ dnsNames: ['other'] }),
          await pki.issue({ sanUri: wlSubjectUri(randomUUID()), dnsNames: [host] }),
        ].map((tls) => startDoubleWl({ wlId: 'bad', tls, host, secret: () => '' })),
      );
      const plain = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
      plain.listen(0, '127.0.0.1');
      await once(plain, 'listening');
      const { port } = plain.address() as AddressInfo;
      const exporter = await stage.newWl();
      for (const peerUrl of [...bad.map(({ url }) => url), `https://plain.localhost:${port}`]) {
        const importer = await stage.newWl();
        const { wlId, certificate } = importer;
        const pair = { src: exporter.wlId, dst: wlId };
        await stage.relate(pair);
        await registerEndpoint(stage.cp, { wlId, certificate, peerUrl });
        const signalId = await stage.signal(pair);
        await stage.start();
        const failed = async () => (await stage.failures(signalId, wlId)).length >= 1;
        await eventually('it fails', failed);
        await registerEndpoint(stage.cp, { wlId, certificate, peerUrl: importer.url });
        await stage.settled(signalId);
        expect((await stage.failures(signalId, wlId))[0]).toMatch(/NOT_CONNECTED|BROKEN_OFF/);
        expect(importer.isDisabled(pair)).toBe(true);
      }
      expect(bad.flatMap(({ calls }) => calls)).toEqual([]);
      await Promise.all(bad.map((double) => double.down()));
      plain.close();
    },
    LONG,
  );

  test(
    'a socket that never answers is given up after five seconds, and delays nobody else',
    async () => {
      const pair = await stage.newPair();
      pair.importer.behave(first(2, 'SILENCE'));
      const signalId = await stage.signal(pair);
      const other = await stage.newPair();
      const otherId = await stage.signal(other);
      await stage.start();
      await stage.settled(otherId, 4_000);
      await stage.settled(signalId);
      const failures = await stage.failures(signalId, pair.dst);
      expect(failures).toEqual(['TIMED_OUT', 'TIMED_OUT', null]);
    },
    LONG,
  );

  test(
    'without an endpoint it waits for one',
    async () => {
      const [exporter, importer] = [await stage.newWl(), await stage.newWl({ hasEndpoint: false })];
      const pair = { src: exporter.wlId, dst: importer.wlId };
      await stage.relate(pair);
      const signalId = await stage.signal(pair);
      await stage.start();
      const failed = async () => (await stage.failures(signalId, importer.wlId)).length > 0;
      await eventually('it was tried', failed);
      const { wlId, certificate } = importer;
      await registerEndpoint(stage.cp, { wlId, certificate, peerUrl: importer.url });
      await stage.settled(signalId);
      expect((await stage.failures(signalId, wlId))[0]).toBe('NO_ENDPOINT');
      expect(importer.isDisabled(pair)).toBe(true);
    },
    LONG,
  );

  test(
    'down for ten minutes: never given up, tried ever more rarely, and acked when it is back',
    async () => {
      const pair = await stage.newPair();
      await pair.importer.down();
      const signalId = await stage.signal(pair);
      await stage.start();
      const tenMinutes = async () => (await waited(pair.importer)) > 600_000;
      await eventually('ten minutes have passed', tenMinutes, SKIPPED_MS);
      await pair.importer.up();
      await stage.settled(signalId);
      expect(await stage.states(signalId)).toEqual({ [pair.src]: ACKED, [pair.dst]: ACKED });
      const failures = await stage.failures(signalId, pair.dst);
      expect(failures.length).toBeLessThan(100);
      expect(pair.importer.effects).toHaveLength(1);
      expect(await stage.notices(pair.dst)).toEqual(['DEAD_GATEWAY', 'GATEWAY_RECOVERED']);
    },
    LONG + SKIPPED_MS,
  );
});

describe('signals of one pair', () => {
  test(
    'an ack of a newer one supersedes the older one, whose workflow ends',
    async () => {
      const pair = await stage.newPair();
      pair.importer.behave(async ({ message, apply }) =>
        message.action === 'DISABLE' ? { status: 500, body: {} } : apply(),
      );
      const older = await stage.signal(pair, 'DISABLE');
      await stage.start();
      const newer = await stage.deliver(pair, 'ENABLE');
      await stage.settled(older);
      expect(await stage.states(older)).toEqual({ [pair.src]: ACKED, [pair.dst]: 'SUPERSEDED' });
      expect(await stage.states(newer)).toEqual({ [pair.src]: ACKED, [pair.dst]: ACKED });
      expect(await resultOf(older, pair.dst)).toBe('SUPERSEDED');
      expect(pair.importer.effects.map(({ action }) => action)).toEqual(['ENABLE']);
    },
    LONG,
  );

  test(
    'an older one that arrives after a newer one changes nothing',
    async () => {
      const pair = await stage.newPair();
      const gate = Promise.withResolvers<void>();
      pair.importer.behave(async ({ message, apply }) => {
        if (message.action === 'DISABLE') await gate.promise;
        return apply();
      });
      const older = await stage.signal(pair, 'DISABLE');
      await stage.start();
      await eventually('it is on its way', () => pair.importer.calls.length === 1);
      const newer = await stage.deliver(pair, 'ENABLE');
      gate.resolve();
      await stage.settled(older);
      expect(await resultOf(older, pair.dst)).toBe('SUPERSEDED');
      expect((await stage.states(newer))[pair.dst]).toBe(ACKED);
      expect(pair.importer.effects.map(({ action }) => action)).toEqual(['ENABLE']);
      expect(pair.importer.isDisabled(pair)).toBe(false);
    },
    LONG,
  );

  test(
    'a WL that says STALE has acked',
    async () => {
      const pair = await stage.newPair();
      pair.importer.behave(async () => ({
        status: 200,
        body: { status: 'STALE', appliedAt: new Date().toISOString(), offersChanged: 0 },
      }));
      const signalId = await stage.deliver(pair);
      expect((await stage.states(signalId))[pair.dst]).toBe('ACKED STALE');
    },
    LONG,
  );
});
