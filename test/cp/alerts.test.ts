import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { raiseNotification, type NewNotification } from '../../db/cp/notification.ts';
import { inTransaction } from '../../db/pool.ts';
import { createWebhookSender, createPublicAgent } from '../../activities/alerts/webhook.ts';
import { freePort } from '../stack/setup.ts';
import { LONG, startEngineStage, type EngineStage } from './engine-stage.ts';
import { auditOf, refusalOf } from './stage.ts';

const HOST = 'alerts.localhost';
const PERSON = 'plantao@pessoas.example';
const TARGETS = '/admin/api/alert-targets';

let stage: EngineStage;
let double: Server;
let url: string;
let smtp: SMTPServer;
const mails: { readonly to: string[]; readonly text: string }[] = [];
const calls: { readonly headers: Record<string, string>; readonly body: string }[] = [];
let answers: number[] = [];
let mailRefusals = 0;

beforeAll(async () => {
  const port = await freePort();
  stage = await startEngineStage({
    url: `smtps://robo:senha@${HOST}:${port}`,
    from: 'alertas@xpory.example',
  });
  const tls = await stage.cp.pki.issue({ dnsNames: [HOST] });
  double = createServer({ key: tls.key, cert: tls.cert }, (request, response) => {
    void text(request).then((body) => {
      calls.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(answers.shift() ?? 204, { location: 'https://example.com/' }).end();
    });
  });
  double.listen(0, '127.0.0.1');
  await once(double, 'listening');
  url = `https://${HOST}:${(double.address() as AddressInfo).port}/hook`;
  smtp = new SMTPServer({
    ...{ secure: true, key: tls.key, cert: tls.cert },
    onAuth: ({ username, password }, _session, done) =>
      done(null, username === 'robo' && password === 'senha' ? { user: username } : undefined),
    onData(stream, session, done) {
      void text(stream).then((mail) => {
        if (mailRefusals-- > 0) return done(new Error(`${PERSON} is greylisted`));
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: mail });
        done();
      });
    },
  });
  smtp.listen(port, '127.0.0.1');
}, LONG);

afterAll(async () => {
  await stage.stop();
  double.close();
  await new Promise<void>((closed) => smtp.close(() => closed()));
}, LONG);

afterEach(() => {
  calls.length = 0;
  mails.length = 0;
  answers = [];
});

const put = (targets: object[], token = stage.cp.master) =>
  stage.cp.ask({ method: 'PUT', path: TARGETS, body: { targets }, token });

async function onlyTarget(target: object): Promise<{ id: string; secret: string }> {
  const { body, status, text: said } = await put([target]);
  if (status !== 200) throw new Error(said);
  const [item] = (body as { items: { id: string; secret: string }[] }).items;
  if (item === undefined) throw new Error('the list is empty');
  return item;
}

const wlId = randomUUID();

/** Raised as its fact would, then started; the id of the notification. */
async function raise(some: Partial<NewNotification> = {}): Promise<string> {
  const { dedupeKey = `test/${randomUUID()}` } = some;
  await inTransaction(stage.cp.db, (tx) =>
    raiseNotification(tx, {
      ...{ kind: 'STALE_POLICY', severity: 'CRITICAL', title: 'A white label is late' },
      ...{ subject: `wl/${wlId}`, details: { wlId }, correlationId: 'c-alerts' },
      ...some,
      dedupeKey,
    }),
  );
  stage.work.kick();
  await stage.work.settle();
  const row = await stage.cp.db
    .selectFrom('notification')
    .select('id')
    .where('dedupe_key', '=', dedupeKey)
    .executeTakeFirstOrThrow();
  return row.id;
}

const outcome = (id: string, target: string): Promise<unknown> =>
  stage.client.workflow.getHandle(`alert/${id}/${target}`).result();
const delivery = (id: string) =>
  stage.cp.db
    .selectFrom('alert_delivery')
    .select(['state', 'attempts', 'last_failure'])
    .where('notification_id', '=', id)
    .execute();

describe('webhooks', () => {
  test(
    'a notification reaches the target once, signed with the secret that was shown once',
    async () => {
      const { id: target, secret } = await onlyTarget({ kind: 'WEBHOOK', url });
      expect(secret).toMatch(/^whsec_/);
      const listed = await stage.cp.ask({ path: TARGETS, token: stage.cp.master });
      expect(listed.text).not.toContain(secret);
      const id = await raise();
      expect(await outcome(id, target)).toBe('SENT');
      expect(calls).toHaveLength(1);
      const [{ headers, body } = { headers: {}, body: '' }] = calls;
      expect(headers['webhook-id']).toBe(`msg_${id}.${target}`);
      expect(new Webhook(secret).verify(body, headers)).toMatchObject({
        type: 'notification.stale-policy',
        data: { id, kind: 'STALE_POLICY', subject: `wl/${wlId}`, details: { wlId } },
      });
      expect(await delivery(id)).toMatchObject([{ state: 'SENT', attempts: 1 }]);
      const { done_at: done } = await stage.cp.db
        .selectFrom('work_order')
        .select('done_at')
        .where('workflow_id', '=', `alert/${id}/${target}`)
        .executeTakeFirstOrThrow();
      expect(done).not.toBeNull();
    },
    LONG,
  );

  test(
    'failures are tried again under the same id, and redirects are failures',
    async () => {
      const { id: target } = await onlyTarget({ kind: 'WEBHOOK', url });
      answers = [503, 302, 200];
      stage.skipTime(true);
      const id = await raise();
      stage.skipTime(false);
      expect(await outcome(id, target)).toBe('SENT');
      expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(await delivery(id)).toMatchObject([{ attempts: 3, last_failure: null }]);
    },
    LONG,
  );

  test(
    'a target that takes nothing for a day is given up, with the reason kept',
    async () => {
      const { id: target } = await onlyTarget({ kind: 'WEBHOOK', url });
      answers = Array.from({ length: 200 }, () => 500);
      stage.skipTime(true);
      const id = await raise();
      stage.skipTime(false);
      expect(await outcome(id, target)).toBe('FAILED');
      const [row] = await delivery(id);
      expect(row).toMatchObject({ state: 'FAILED', last_failure: 'HTTP_500' });
      expect(row?.attempts).toBeGreaterThan(20);
      expect(row?.attempts).toBeLessThan(100);
      const { body } = await stage.cp.ask({ path: TARGETS, token: stage.cp.master });
      expect(body).toMatchObject({ items: [{ id: target, failed: 1, pending: 0 }] });
    },
    LONG,
  );

  test(
    'a removed target gets nothing any more',
    async () => {
      const { id: target } = await onlyTarget({ kind: 'WEBHOOK', url });
      await stage.stopWorker();
      const id = await raise();
      await put([]);
      await stage.startWorker();
      expect(await outcome(id, target)).toBe('CANCELLED');
      expect(calls).toHaveLength(0);
    },
    LONG,
  );

  test('kinds and severity decide what a target gets', async () => {
    await onlyTarget({ kind: 'WEBHOOK', url, kinds: ['keys'], minSeverity: 'critical' });
    expect(await delivery(await raise())).toEqual([]);
    expect(await delivery(await raise({ kind: 'KEYS', severity: 'WARNING' }))).toEqual([]);
    expect(await delivery(await raise({ kind: 'KEYS' }))).toHaveLength(1);
    await put([]);
  });

  test('addresses inside are refused when they are set and when they are called', async () => {
    for (const inside of ['https://10.1.2.3/', 'https://metadata.internal/', 'http://x.example/']) {
      expect(refusalOf(await put([{ kind: 'WEBHOOK', url: inside }]))).toBe(
        '422 VALIDATION_FAILED',
      );
    }
    const agent = createPublicAgent('production', [stage.cp.pki.ca]);
    const send = createWebhookSender({ agent, profile: 'production' });
    const { body } = await stage.cp.ask({
      path: '/admin/api/notifications',
      token: stage.cp.master,
    });
    const [notification] = (body as { items: { createdAt: string }[] }).items;
    const alert = {
      messageId: 'x',
      notification: { ...notification, createdAt: new Date() } as never,
    };
    const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
    const sent = send({ ...alert, destination: { url, secret } });
    await expect(sent).rejects.toThrow('ADDRESS_REFUSED');
    await agent.close();
  });
});

describe('mail', () => {
  test(
    'a mail comes over TLS, once, without anything personal in it',
    async () => {
      const { id: target } = await onlyTarget({ kind: 'EMAIL', address: PERSON });
      mailRefusals = 1;
      stage.skipTime(true);
      const details = { wlId, note: 'ana.prado@pessoas.example, +55 11 98888-7777' };
      const id = await raise({ details });
      stage.skipTime(false);
      expect([await outcome(id, target), await delivery(id)]).toMatchObject(['SENT', [{}]]);
      expect(mails).toHaveLength(1);
      const [mail] = mails;
      expect(mail?.to).toEqual([PERSON]);
      expect(mail?.text).toContain(`<${id}.${target}@xpory.example>`);
      expect(mail?.text).toContain('Subject: [XporY] CRITICAL: A white label is late');
      expect(mail?.text).toContain(`Notification: ${id}`);
      expect(mail?.text).not.toContain('ana.prado');
      expect(mail?.text).not.toContain('98888');
      const rows = await delivery(id);
      expect(rows).toMatchObject([{ state: 'SENT', attempts: 2 }]);
      expect(JSON.stringify(rows)).not.toContain('@');
    },
    LONG,
  );

  test('the address is masked when read and sealed at rest', async () => {
    const { id } = await onlyTarget({ kind: 'EMAIL', address: PERSON });
    const { body, text: said } = await stage.cp.ask({ path: TARGETS, token: stage.cp.master });
    expect(body).toMatchObject({ items: [{ id, address: 'pl***@pessoas.example' }] });
    expect(said).not.toContain(PERSON);
    const row = await stage.cp.db
      .selectFrom('alert_target')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain('plantao');
    const kept = await put([{ id, kind: 'EMAIL', minSeverity: 'INFO' }]);
    expect(kept.body).toMatchObject({
      items: [{ id, address: 'pl***@pessoas.example', minSeverity: 'INFO' }],
    });
    const [audit] = await auditOf(stage.cp, 'alert-targets');
    expect(audit).toMatchObject({ action: 'alert-targets.changed' });
    expect(JSON.stringify(audit)).not.toContain('plantao');
    await put([]);
  });
});

describe('targets', () => {
  test('need the risk role, and are refused where they make no sense', async () => {
    const support = await stage.cp.person('support');
    expect(refusalOf(await put([], support.token))).toBe('403 FORBIDDEN');
    const hook = { kind: 'WEBHOOK', url };
    const { id } = await onlyTarget(hook);
    expect(refusalOf(await put([{ ...hook, id: randomUUID() }]))).toBe('404 NOT_FOUND');
    expect(refusalOf(await put([{ id, kind: 'EMAIL', address: PERSON }]))).toBe('409 CONFLICT');
    expect(refusalOf(await put([{ kind: 'WEBHOOK' }]))).toBe('422 VALIDATION_FAILED');
    expect(
      refusalOf(
        await put([
          { ...hook, id },
          { ...hook, id },
        ]),
      ),
    ).toBe('422 VALIDATION_FAILED');
    expect(refusalOf(await put([{ ...hook, who: 'me' }]))).toBe('422 VALIDATION_FAILED');
    await put([]);
  });
});

describe('notifications', () => {
  test('are listed by kind and by whether they were read, newest first, in pages', async () => {
    const { ask, master: token } = stage.cp;
    const list = async (query: string) =>
      (await ask({ path: `/admin/api/notifications?${query}`, token })).body as {
        items: { id: string; readAt: string | null; readBy: string | null }[];
        unread: number;
        nextCursor?: string;
      };
    const ids = [
      await raise({ kind: 'PLAN' }),
      await raise({ kind: 'PLAN' }),
      await raise({ kind: 'PLAN' }),
    ].reverse();
    const first = await list('kind=plan&limit=2');
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const rest = await list(`kind=plan&limit=2&cursor=${first.nextCursor}`);
    expect(rest.items.map(({ id }) => id)).toEqual(ids.slice(2));
    const ana = await stage.cp.person('support');
    const read = (id: string | undefined, by: string) =>
      ask({ method: 'POST', path: `/admin/api/notifications/${id}/read`, token: by });
    expect((await read(ids[0], ana.token)).body).toMatchObject({ readBy: ana.id });
    expect((await read(ids[0], token)).body).toMatchObject({ readBy: ana.id });
    expect(refusalOf(await read(randomUUID(), token))).toBe('404 NOT_FOUND');
    const after = await list('kind=plan&unread=true');
    expect(after.items.map(({ id }) => id)).toEqual(ids.slice(1));
    expect(after.unread).toBe(first.unread - 1);
    expect((await list('kind=plan&unread=false')).items.map(({ id }) => id)).toEqual([ids[0]]);
  });

  test('the same thing said twice is one notification and one alert', async () => {
    await onlyTarget({ kind: 'WEBHOOK', url });
    const dedupeKey = `twice/${randomUUID()}`;
    const id = await raise({ dedupeKey });
    await raise({ dedupeKey });
    expect(await delivery(id ?? '')).toHaveLength(1);
    await put([]);
  });
});
