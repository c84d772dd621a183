import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { SignalMessage } from '../../domain/imbalance/signal.ts';
import { signWebhook, type WebhookToSign } from '../../runtime/webhook-signature.ts';

/** A white label that takes signals: the real one or the double, behind the same door. */
export interface SignalReceiver {
  readonly wlId: string;
  /** Another WL with which it trades in both directions. */
  readonly partnerId: string;
  /** The signal secret that the Control Plane holds for it. */
  readonly secret: string;
  /** A webhook key of the Control Plane that it has heard of. */
  readonly key: SigningKey;
  /** Posts to its signal route over TLS, as whoever holds that certificate. */
  send(request: {
    readonly as: 'CONTROL_PLANE' | 'PARTNER';
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  }): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Whether the trade of the pair is switched off there. */
  isDisabled(pair: Pair): Promise<boolean>;
  /** Where a signal may take it longer than a request; as importer, because it has the offers. */
  readonly later: {
    /** From now on one does. */
    begin(): Promise<void>;
    /** Does the rest of every signal that it has taken. */
    finish(): Promise<void>;
    end(): Promise<void>;
  };
}

type SigningKey = NonNullable<WebhookToSign['key']>;

interface Pair {
  readonly src: string;
  readonly dst: string;
}

/** No receiver has seen a number of this run: suites may run twice against one that stays. */
const FIRST = BigInt(Date.now()) * 1_000n;
let numbers = FIRST;

function next(): string {
  numbers += 1n;
  return String(numbers);
}

function messageOf(pair: Pair, changes: Partial<SignalMessage> = {}): SignalMessage {
  return {
    id: randomUUID(),
    sequence: next(),
    ...pair,
    action: 'DISABLE',
    reason: 'LIMIT_EXCEEDED',
    exposure: '1000.01',
    limit: '1000.00',
    createdAt: new Date().toISOString(),
    ...changes,
  };
}

interface Delivery {
  readonly secret?: string;
  /** NONE leaves the v1a away. */
  readonly key?: SigningKey | 'NONE';
  /** How far from now it was signed; behind us where it is negative. */
  readonly shiftMs?: number;
  readonly as?: 'CONTROL_PLANE' | 'PARTNER';
  /** The body that is sent in place of the signed one. */
  readonly forged?: string;
  readonly headers?: (signed: Record<string, string>) => Record<string, string>;
}

async function deliver(receiver: SignalReceiver, message: object, delivery: Delivery = {}) {
  const { secret = receiver.secret, shiftMs = 0, as = 'CONTROL_PLANE' } = delivery;
  const at = new Date(Date.now() + shiftMs);
  const body = JSON.stringify(message);
  const id = `${(message as SignalMessage).id}/${receiver.wlId}`;
  const { key: chosen = receiver.key } = delivery;
  const key = chosen === 'NONE' ? undefined : chosen;
  const signed: Record<string, string> = { ...signWebhook({ id, at, body, secret, key }) };
  const headers = delivery.headers?.(signed) ?? signed;
  return receiver.send({ as, body: delivery.forged ?? body, headers });
}

function codeOf({ status, body }: { readonly status: number; readonly body: unknown }): string {
  return `${status} ${(body as { code?: string } | undefined)?.code}`;
}

const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const applied = (offersChanged: unknown = expect.any(Number)) => ({
  status: 200,
  body: { status: 'APPLIED', appliedAt: INSTANT, offersChanged },
});
const stale = { status: 200, body: { status: 'STALE', appliedAt: INSTANT, offersChanged: 0 } };
/** Beyond the tolerance of the standard, with room for a slow machine. */
const TOO_FAR_MS = 330_000;

/** What every receiver of signals does, told as tests; the subject is asked for in each of them. */
export function signalConformance(name: string, subject: () => SignalReceiver): void {
  const exporting = (): Pair => ({ src: subject().wlId, dst: subject().partnerId });
  const importing = (): Pair => ({ src: subject().partnerId, dst: subject().wlId });
  const send = (message: object, delivery?: Delivery) => deliver(subject(), message, delivery);
  const isOff = (pair: Pair): Promise<boolean> => subject().isDisabled(pair);

  describe(`${name} takes signals`, () => {
    takesEffects({ send, isOff, exporting, importing });
    refusesStrangers({ send, isOff, exporting });
    answersLater({ send, isOff, importing, later: () => subject().later });
    checksKeys({ send, isOff, exporting, key: () => subject().key });
  });
}

interface Parts {
  readonly send: (
    message: object,
    delivery?: Delivery,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
  readonly isOff: (pair: Pair) => Promise<boolean>;
  readonly exporting: () => Pair;
  readonly importing: () => Pair;
}

function takesEffects({ send, isOff, exporting, importing }: Parts): void {
  test.each([
    ['as exporter', exporting],
    ['as importer', importing],
  ])('%s: DISABLE switches the pair off, a later ENABLE on again', async (_role, pair) => {
    expect(await send(messageOf(pair()))).toMatchObject(applied());
    expect(await isOff(pair())).toBe(true);
    expect(await send(messageOf(pair(), { action: 'ENABLE' }))).toMatchObject(applied());
    expect(await isOff(pair())).toBe(false);
  });

  test('one direction says nothing about the other', async () => {
    await send(messageOf(importing(), { action: 'ENABLE' }));
    await send(messageOf(exporting()));
    expect([await isOff(exporting()), await isOff(importing())]).toEqual([true, false]);
    await send(messageOf(exporting(), { action: 'ENABLE' }));
  });

  test('a repeated delivery gets the first answer, also after a newer signal', async () => {
    const message = messageOf(exporting());
    const first = await send(message);
    expect(first).toMatchObject(applied());
    expect((await send(message)).body).toEqual(first.body);
    await send(messageOf(exporting(), { action: 'ENABLE' }));
    expect((await send(message)).body).toEqual(first.body);
    expect(await isOff(exporting())).toBe(false);
  });

  test('the same delivery ten times at once is one effect and one answer', async () => {
    const message = messageOf(exporting());
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(message)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    await send(messageOf(exporting(), { action: 'ENABLE' }));
  });

  test('an older signal that comes late is STALE and changes nothing', async () => {
    const older = messageOf(exporting(), { action: 'ENABLE' });
    await send(messageOf(exporting()));
    expect(await send(older)).toMatchObject(stale);
    expect(await isOff(exporting())).toBe(true);
    await send(messageOf(exporting(), { action: 'ENABLE' }));
  });

  test('another signal under a number that is taken is STALE', async () => {
    const one = messageOf(exporting());
    await send(one);
    const other = messageOf(exporting(), { action: 'ENABLE', sequence: one.sequence });
    expect(await send(other)).toMatchObject(stale);
    expect(await isOff(exporting())).toBe(true);
    await send(messageOf(exporting(), { action: 'ENABLE' }));
  });

  test('an id that now says something else is refused', async () => {
    const message = messageOf(exporting(), { action: 'ENABLE' });
    await send(message);
    expect(codeOf(await send({ ...message, action: 'DISABLE' }))).toBe('409 CONFLICT');
    expect(await isOff(exporting())).toBe(false);
  });

  test('TEST is answered as applied and changes nothing', async () => {
    const { src } = exporting();
    await send(messageOf(exporting()));
    const probe = { action: 'TEST', sequence: '0', exposure: '0.00', limit: '0.00' } as const;
    expect(await send(messageOf({ src, dst: src }, probe))).toMatchObject(applied(0));
    expect(await isOff(exporting())).toBe(true);
    expect(await send(messageOf(exporting(), { action: 'ENABLE' }))).toMatchObject(applied());
  });
}

function answersLater({
  send,
  isOff,
  importing,
  later,
}: Omit<Parts, 'exporting'> & { readonly later: () => SignalReceiver['later'] }): void {
  const accepted = { status: 202, body: { status: 'PENDING' } };

  test('what takes longer is in force with its 202, and has one answer once it is done', async () => {
    await later().begin();
    const message = messageOf(importing());
    expect(await send(message)).toMatchObject(accepted);
    expect(await isOff(importing())).toBe(true);
    expect(await send(message)).toMatchObject(accepted);
    await later().finish();
    const first = await send(message);
    expect(first).toMatchObject(applied());
    expect((await send(message)).body).toEqual(first.body);
    await later().end();
    expect(await send(messageOf(importing(), { action: 'ENABLE' }))).toMatchObject(applied());
    expect(await isOff(importing())).toBe(false);
  });
}

function checksKeys({
  send,
  isOff,
  exporting,
  key,
}: Omit<Parts, 'importing'> & { readonly key: () => SigningKey }): void {
  const { privateKey } = generateKeyPairSync('ed25519');

  test('without a v1a of a key that it knows, it refuses', async () => {
    const one = messageOf(exporting());
    expect((await send(one, { key: 'NONE' })).status).toBe(401);
    expect((await send(one, { key: { kid: key().kid, privateKey } })).status).toBe(401);
    expect(await isOff(exporting())).toBe(false);
  });

  test('a key that it has not heard of stops trade, and does not start it again', async () => {
    const stranger = { kid: randomUUID(), privateKey };
    expect(await send(messageOf(exporting()), { key: stranger })).toMatchObject(applied());
    const enable = messageOf(exporting(), { action: 'ENABLE' });
    expect((await send(enable, { key: stranger })).status).toBe(503);
    expect(await isOff(exporting())).toBe(true);
    expect(await send(enable)).toMatchObject(applied());
    expect(await isOff(exporting())).toBe(false);
  });
}

function refusesStrangers({ send, isOff, exporting }: Omit<Parts, 'importing'>): void {
  test("a partner's certificate is not the Control Plane's", async () => {
    const answer = await send(messageOf(exporting()), { as: 'PARTNER' });
    expect(codeOf(answer)).toBe('403 CERTIFICATE_SUBJECT');
    expect(await isOff(exporting())).toBe(false);
  });

  test.each<[string, Delivery]>([
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }],
    ['a signature of more than five minutes ago', { shiftMs: -TOO_FAR_MS }],
    ['a signature of more than five minutes ahead', { shiftMs: TOO_FAR_MS }],
    ['a changed body', { forged: JSON.stringify(messageOf({ src: 'x', dst: 'y' })) }],
    ['no signature', { headers: () => ({}) }],
    [
      'only a signature of an unknown kind',
      { headers: (signed) => ({ ...signed, 'webhook-signature': 'v9,AAAA' }) },
    ],
  ])('%s is refused', async (_what, delivery) => {
    expect((await send(messageOf(exporting()), delivery)).status).toBe(401);
    expect(await isOff(exporting())).toBe(false);
  });

  test('one right signature among several is enough', async () => {
    const message = messageOf(exporting(), { action: 'ENABLE' });
    const headers = (signed: Record<string, string>) => ({
      ...signed,
      'webhook-signature': `v1,AAAA ${signed['webhook-signature']} v9,AAAA`,
    });
    expect(await send(message, { headers })).toMatchObject(applied());
  });

  test('a pair of which it is no side is refused', async () => {
    const pair = { src: randomUUID(), dst: randomUUID() };
    expect(codeOf(await send(messageOf(pair)))).toBe('404 NOT_FOUND');
  });

  test.each<[string, object]>([
    ['an unknown field', { extra: 1 }],
    ['an unknown action', { action: 'PAUSE' }],
    ['a number that is not one', { sequence: '1e3' }],
    ['an amount finer than a cent', { exposure: '1000.001' }],
  ])('%s is refused', async (_what, change) => {
    const message = { ...messageOf(exporting()), ...change };
    expect(codeOf(await send(message))).toBe('422 VALIDATION_FAILED');
    expect(await isOff(exporting())).toBe(false);
  });
}
