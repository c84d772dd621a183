import { describe, expect, test } from '@jest/globals';
import { withCorrelation } from '../../runtime/correlation.ts';
import { createLogger } from '../../runtime/log.ts';
import { maskText } from '../../runtime/mask.ts';

const PERSONAL: readonly (readonly [text: string, secret: string])[] = [
  ['write to qa.preflight@xpory.local today', 'qa.preflight@'],
  ['joão.silva@exemplo.com.br', 'joão.silva'],
  ['GET /x?mail=maria.souza%40loja.com.br', 'maria.souza'],
  ["o'neill+shop@example.org", "o'neill+shop"],
  ['call +55 (11) 98765-4321', '98765-4321'],
  ['call +5511987654321', '11987654321'],
  ['call 5511987654321.', '11987654321'],
  ['call (11) 98765-4321', '98765-4321'],
  ['call 11 98765 4321 now', '98765 4321'],
  ['call 11987654321', '11987654321'],
  ['call (021) 3456-7890', '3456-7890'],
  ['call 98765-4321', '98765-4321'],
  ['cpf 123.456.789-09', '456.789'],
  ['cpf 12345678909', '12345678909'],
  ['cnpj 12.345.678/0001-95', '345.678'],
  ['cnpj 12345678000195', '12345678000195'],
  ['Authorization: Bearer abc.def-ghi', 'abc.def-ghi'],
  ['token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln', 'eyJzdWIiOiJ4In0'],
  ['postgres://wl:hunter2@127.0.0.1:5432/wl', 'hunter2'],
  ['-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----', 'MIIEvQ'],
];

const HARMLESS: readonly string[] = [
  'fd1a88a9-3a01-43bb-ae20-32618c1b3752',
  '2a6f8e2c-874c-4476-aac3-123456789012',
  '2025-11-22T10:48:00.123Z',
  '100000.00 XIM',
  'total 12345678901.00',
  'qa***@xpory.local',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'purchase/0193f0a1-7c2b-7abc-8def-0123456789ab',
  '127.0.0.1:55432',
  'account 8780',
];

describe('masking of text', () => {
  test.each(PERSONAL)('%j hides what is private', (text, secret) => {
    expect(maskText(text)).not.toContain(secret);
  });

  test.each(HARMLESS)('%j stays as it is', (text) => {
    expect(maskText(text)).toBe(text);
  });
});

function setup() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ name: 'test', level: 'trace', destination });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test.each(['a', '1', 'a.', 'eyJ-', 'a@', 'é%40', '://', ' 9', 'Bearer ', '-----BEGIN '])(
  'a very long text of %j is cut and searched in no time',
  (piece) => {
    const start = performance.now();
    const masked = maskText(piece.repeat(1_000_000));
    expect(masked.length).toBeLessThan(20_000);
    expect(performance.now() - start).toBeLessThan(250);
  },
);

test('an e-mail on the edge of the cut does not show', () => {
  for (let length = 8_150; length < 8_192; length += 1) {
    const text = `${'x'.repeat(length)} ana.lima@loja.com.br and more`;
    expect(maskText(text)).not.toContain('ana.lima');
  }
});

describe('log lines', () => {
  test('no way of logging shows a person or a secret', () => {
    const { log, lines } = setup();
    const email = 'ana.lima@loja.com.br';
    const cause = new Error(`no route to ${email}`);
    log.info(`hello ${email}`);
    log.info('hello %s of %s', email, '11987654321');
    log.info({ user: { contact: [{ text: email }], phone: 11987654321 } }, 'nested');
    log.info({ authorization: 'opaque', 'set-cookie': ['a'], accountToken: 't-1' }, 'keys');
    log.error(new Error(`bounced: ${email}`, { cause }));
    log.error({ err: Object.assign(new Error('x'), { detail: email, password: 'hunter2' }) });
    log.child({ seller: email }).warn('bound');
    log.info({ [email]: 1 }, 'as a key');
    expect(lines).toHaveLength(8);
    const all = lines.join('');
    for (const secret of ['ana.lima', '11987654321', 'opaque', 't-1', 'hunter2']) {
      expect(all).not.toContain(secret);
    }
    expect(all).toContain('an***@loja.com.br');
  });

  test('carry the running correlation', () => {
    const { log, last } = setup();
    withCorrelation({ correlationId: 'c-1', traceparent: 't' }, () => log.info('inside'));
    expect(last()).toMatchObject({ correlationId: 'c-1', msg: 'inside', level: 'info' });
    log.info('outside');
    expect(last()).not.toHaveProperty('correlationId');
  });
});
