import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { signWebhook, verifyWebhook } from '../../runtime/webhook-signature.ts';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const ours = generateKeyPairSync('ed25519');
const theirs = generateKeyPairSync('ed25519');
const KID = 'ours';

function signed(body: string, privateKey = ours.privateKey): Record<string, string> {
  const key = { kid: KID, privateKey };
  return { ...signWebhook({ id: 'msg_1', at: new Date(), body, secret: SECRET, key }) };
}

function verdict(headers: Record<string, string>, body: string, known: readonly string[] = [KID]) {
  const header = (name: string): string | undefined => headers[name];
  const publicKeys = new Map(known.map((kid) => [kid, ours.publicKey]));
  return verifyWebhook({ header, body, secret: SECRET, publicKeys, now: new Date() });
}

describe('webhook signatures', () => {
  test('the library of the standard takes what we sign', () => {
    const body = '{"a":"ção"}';
    expect(new Webhook(SECRET).verify(body, signed(body))).toEqual({ a: 'ção' });
  });

  test('we take what the library of the standard signs', () => {
    const at = new Date();
    const timestamp = String(Math.floor(at.getTime() / 1_000));
    const signature = new Webhook(SECRET).sign('msg_2', at, 'text');
    const headers = {
      'webhook-id': 'msg_2',
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    };
    expect(verdict(headers, 'text', [])).toBe('VALID');
  });

  test('a v1 alone is not enough for whoever knows a key of the sender', () => {
    const { 'webhook-key-id': _, ...headers } = signed('x');
    const [symmetric = ''] = headers['webhook-signature']?.split(' ') ?? [];
    const alone = { ...headers, 'webhook-signature': symmetric };
    expect([verdict(alone, 'x'), verdict(alone, 'x', [])]).toEqual(['WRONG', 'VALID']);
  });

  test('a key that is not known is told from one that has not signed', () => {
    const { 'webhook-key-id': _, ...unnamed } = signed('x');
    expect(verdict(signed('x'), 'x', ['another'])).toBe('UNKNOWN_KEY');
    expect(verdict(unnamed, 'x', ['another'])).toBe('VALID');
    const foreign = signed('x', theirs.privateKey);
    expect(verdict(foreign, 'x')).toBe('WRONG');
    expect(verdict({ ...foreign, 'webhook-key-id': 'unheard of' }, 'x')).toBe('UNKNOWN_KEY');
  });

  test('a v1a of another key, another body or none of the headers is no signature', () => {
    expect(verdict(signed('x'), 'x')).toBe('VALID');
    expect(verdict(signed('x', theirs.privateKey), 'x')).toBe('WRONG');
    expect(verdict(signed('x'), 'y')).toBe('WRONG');
    expect(verdict({}, 'x')).toBe('MISSING');
  });

  test('a v1a alone is not enough: the secret is what every WL has', () => {
    const headers = signed('x');
    const [, asymmetric = ''] = headers['webhook-signature']?.split(' ') ?? [];
    expect(verdict({ ...headers, 'webhook-signature': asymmetric }, 'x')).toBe('WRONG');
  });

  test('a timestamp that is none, or beyond the tolerance, is refused', () => {
    expect(verdict({ ...signed('x'), 'webhook-timestamp': 'now' }, 'x')).toBe('WRONG');
    const old = String(Math.floor(Date.now() / 1_000) - 400);
    expect(verdict({ ...signed('x'), 'webhook-timestamp': old }, 'x')).toBe('TOO_OLD_OR_NEW');
  });
});
