import { describe, expect, test } from '@jest/globals';
import { createLogger, type Logger } from '../../../runtime/log.ts';
import { readPage } from '../../docs/pages.ts';

type Row = readonly [kind: string, text: string, secret: string];
const CORPUS = JSON.parse(readPage('test/runtime/log-redaction/corpus.json')) as Row[];

/** Every way in which a text gets to a log line. */
const WAYS: Readonly<Record<string, (log: Logger, text: string) => void>> = {
  message: (log, text) => log.info(text),
  parameter: (log, text) => log.info('value %s and %o', text, { text }),
  field: (log, text) => log.info({ at: { depth: [{ text }] } }, 'field'),
  key: (log, text) => log.info({ [text]: true }, 'key'),
  binding: (log, text) => log.child({ text }).warn('binding'),
  error: (log, text) => log.error(new Error(text)),
  cause: (log, text) =>
    log.error({ err: new Error('outer', { cause: new Error(text) }) }, 'with a cause'),
  aggregate: (log, text) => log.error({ err: new AggregateError([new Error(text)], 'many') }),
  // PostgreSQL's errors carry the row in members of their own.
  postgres: (log, text) =>
    log.error({ err: Object.assign(new Error('duplicate key'), { detail: text, where: text }) }),
  url: (log, text) => log.warn({ url: `https://wl.localhost/x?q=${text}` }, 'call'),
  problem: (log, text) => log.error({ problem: { detail: text, errors: [{ message: text }] } }),
};

function linesOf(write: (log: Logger) => void): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  write(createLogger({ name: 'wl-gateway', level: 'trace', destination }));
  expect(lines).toHaveLength(1);
  return lines.join('');
}

describe.each(Object.entries(WAYS))('logged as %s', (_way, write) => {
  test.each(CORPUS)('%s %j does not show', (_kind, text, secret) => {
    expect(linesOf((log) => write(log, text))).not.toContain(secret);
  });
});

test.each([
  ...['senha', 'password', 'pix', 'chavePix', 'nome', 'fullName', 'buyerName', 'sobrenome'],
  ...['rg', 'cpf', 'cnpj', 'celular', 'endereco', 'birthDate', 'cardNumber', 'cvv', 'credentials'],
])('a field called %s is hidden whatever it holds', (key) => {
  const line = linesOf((log) => log.info({ member: { [key]: 'Ana Prado' }, [key]: 7_654_321 }));
  expect(line).not.toContain('Ana Prado');
  expect(line).not.toContain('7654321');
});

test('a field called as the process is does not take its place', () => {
  const line = linesOf((log) => log.info({ name: 'Ana Prado' }, 'hello'));
  expect(line).not.toContain('Ana Prado');
  expect(JSON.parse(line)).toMatchObject({ name: 'wl-gateway' });
});
