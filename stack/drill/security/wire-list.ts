/** Requests as bytes: `H` stands for the right Host line. What is smuggled is a second request. */
export interface WireAttack {
  readonly name: string;
  /** Status lines of all answers on the connection; `closed` where there was none. */
  readonly expected: readonly string[];
  readonly bytes: string;
}

const SMUGGLED = 'GET /healthz HTTP/1.1\r\nH\r\n\r\n';
/** A refusal, or a connection that ends; never a second answer. */
const BAD = ['400', 'closed'];

const post = (name: string, lines: string, body: string, expected: readonly string[] = BAD) => ({
  name,
  expected,
  bytes: `POST /admin/api/auth/login HTTP/1.1\r\nH\r\nContent-Type: application/json\r\n${lines}\r\n\r\n${body}`,
});
const get = (name: string, lines: string, expected: readonly string[] = BAD): WireAttack => ({
  ...{ name, expected },
  bytes: `GET /healthz HTTP/1.1\r\nH\r\n${lines}\r\n`,
});
const raw = (name: string, bytes: string, expected: readonly string[] = BAD): WireAttack => ({
  ...{ name, expected, bytes },
});

const SMUGGLING: readonly WireAttack[] = [
  post(
    'length and chunks',
    'Content-Length: 4\r\nTransfer-Encoding: chunked',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  post(
    'chunks and length',
    'Transfer-Encoding: chunked\r\nContent-Length: 4',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  post('two lengths', 'Content-Length: 2\r\nContent-Length: 40', `{}${SMUGGLED}`),
  post('two lengths in one', 'Content-Length: 2, 40', `{}${SMUGGLED}`),
  post('length with a sign', 'Content-Length: +2', `{}${SMUGGLED}`),
  post('negative length', 'Content-Length: -2', `{}${SMUGGLED}`),
  post('length in hexadecimal', 'Content-Length: 0x2', `{}${SMUGGLED}`),
  post('length with a space inside', 'Content-Length: 2 0', `{}${SMUGGLED}`),
  post('length beyond all numbers', 'Content-Length: 99999999999999999999', `{}${SMUGGLED}`),
  post('length empty', 'Content-Length:', `{}${SMUGGLED}`),
  post('length with a space before the colon', 'Content-Length : 2', `{}${SMUGGLED}`),
  post('chunks spelled xchunked', 'Transfer-Encoding: xchunked', `0\r\n\r\n${SMUGGLED}`),
  post('chunks, then identity', 'Transfer-Encoding: chunked, identity', `0\r\n\r\n${SMUGGLED}`),
  post(
    'chunks twice',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: cow',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  post(
    'chunks with a space before the colon',
    'Transfer-Encoding : chunked',
    `0\r\n\r\n${SMUGGLED}`,
  ),
  post('chunks behind a vertical tab', 'Transfer-Encoding: \u000bchunked', `0\r\n\r\n${SMUGGLED}`),
  post('chunks on a folded line', 'Transfer-Encoding:\r\n chunked', `0\r\n\r\n${SMUGGLED}`),
  post('chunks and a NUL', 'Transfer-Encoding: chunked\0', `0\r\n\r\n${SMUGGLED}`),
  post('chunk of a negative size', 'Transfer-Encoding: chunked', `-1\r\n{}\r\n0\r\n\r\n`),
  post(
    'chunk beyond all sizes',
    'Transfer-Encoding: chunked',
    `FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n`,
  ),
  post('chunk size 0x2', 'Transfer-Encoding: chunked', `0x2\r\n{}\r\n0\r\n\r\n`),
  post('chunk ended by a bare line feed', 'Transfer-Encoding: chunked', `2\n{}\r\n0\r\n\r\n`),
  post('chunk longer than it says', 'Transfer-Encoding: chunked', `1\r\n{}\r\n0\r\n\r\n`),
  post(
    'chunk extension of a bare line feed',
    'Transfer-Encoding: chunked',
    `2;\nx\r\n{}\r\n0\r\n\r\n`,
  ),
];

// The console's pages answer 503 where they were not built: nothing was found all the same.
const LINES: readonly WireAttack[] = [
  raw('bare line feeds', 'GET /healthz HTTP/1.1\nH\n\n'),
  raw('a bare carriage return in a value', `GET /healthz HTTP/1.1\r\nH\r\nX: a\rb\r\n\r\n`),
  get('a folded line', 'X: a\r\n b\r\n'),
  get('a space in a name', 'X Y: a\r\n'),
  get('a NUL in a value', 'X: a\0b\r\n'),
  get('a line without a colon', 'X\r\n'),
  get('a name that is empty', ': a\r\n'),
  raw('no host', 'GET /healthz HTTP/1.1\r\n\r\n'),
  get('two hosts', 'Host: evil.example\r\n'),
  get('20 KiB of one header', `X: ${'a'.repeat(20_480)}\r\n`, ['431', 'closed']),
  raw('20 KiB of path', `GET /${'a'.repeat(20_480)} HTTP/1.1\r\nH\r\n\r\n`, ['431', 'closed']),
  raw('a path with a space', 'GET /health z HTTP/1.1\r\nH\r\n\r\n'),
  raw('a path with a NUL', 'GET /health\0z HTTP/1.1\r\nH\r\n\r\n'),
  raw('a path upwards', 'GET /admin/../../../../etc/passwd HTTP/1.1\r\nH\r\n\r\n', ['404', '503']),
  raw('a path upwards, encoded', 'GET /admin/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nH\r\n\r\n', [
    '404',
    '400',
    '503',
  ]),
  raw(
    'a path upwards, encoded twice',
    'GET /admin/%252e%252e%252fetc/passwd HTTP/1.1\r\nH\r\n\r\n',
    ['404', '400', '200', '503'],
  ),
  raw('a path that is no UTF-8', 'GET /admin/%ff%fe HTTP/1.1\r\nH\r\n\r\n', [
    '404',
    '400',
    '200',
    '503',
  ]),
  raw('a path with %00', 'GET /admin/index.html%00.js HTTP/1.1\r\nH\r\n\r\n', [
    '404',
    '400',
    '200',
    '503',
  ]),
  raw('HTTP/0.9', 'GET /healthz\r\n\r\n'),
  raw('HTTP/1.2', 'GET /healthz HTTP/1.2\r\nH\r\n\r\n'),
  raw('HTTP/9.9', 'GET /healthz HTTP/9.9\r\nH\r\n\r\n'),
  raw('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  raw('bytes that are no request', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc'),
];

const method = (name: string, expected: readonly string[] = ['404', '405']): WireAttack => ({
  name: `method ${name}`,
  expected,
  bytes: `${name} /admin/api/wls HTTP/1.1\r\nH\r\nContent-Length: 0\r\n\r\n`,
});

const METHODS: readonly WireAttack[] = [
  ...['TRACE', 'OPTIONS', 'PROPFIND', 'DELETE', 'PURGE', 'LINK', 'SEARCH', 'QUERY'].map((name) =>
    method(name, ['404', '405', '400']),
  ),
  method('get', BAD),
  method('FOO', BAD),
  method('A'.repeat(5_000), ['400', '431', 'closed']),
  raw('method CONNECT', 'CONNECT 10.0.0.1:22 HTTP/1.1\r\nH\r\n\r\n', [
    '400',
    '404',
    '405',
    'closed',
  ]),
  get(
    'another method by a header',
    'X-HTTP-Method-Override: DELETE\r\nX-Method-Override: PUT\r\n',
    ['200'],
  ),
];

const big = (size: number): string => JSON.stringify({ email: 'a', password: 'x'.repeat(size) });
const json = (name: string, body: string, expected: readonly string[]): WireAttack =>
  post(name, `Content-Length: ${Buffer.byteLength(body)}`, body, expected);

const BODIES: readonly WireAttack[] = [
  json('a body of 300,000 bytes', big(300_000), ['413']),
  post('a body that says 10 GiB', 'Content-Length: 10737418240', '{', ['413']),
  post(
    'a body of 300,000 bytes in chunks',
    'Transfer-Encoding: chunked',
    `${(300_000).toString(16)}\r\n${'x'.repeat(300_000)}\r\n0\r\n\r\n`,
    ['413'],
  ),
  json('a body of 100,000 lists in lists', '['.repeat(100_000), ['400']),
  json('a body cut off', '{"email":"a"', ['400']),
  json('a body that is a text', '"x"', ['400']),
  json('a body that is a number', '1', ['400']),
  json('a body of __proto__', '{"__proto__":{"email":"a","password":"b"}}', ['422', '400']),
  json('a body with a field too much', '{"email":"a","password":"b","roles":["master"]}', ['422']),
  json('a body with lists for texts', '{"email":["a"],"password":{"$gt":""}}', ['422']),
  json('a body with a NUL', '{"email":"a\\u0000","password":"b"}', ['401', '422']),
  post('a body in an unknown encoding', 'Content-Encoding: cow\r\nContent-Length: 2', '{}', [
    '415',
  ]),
  post('a body that says gzip and is not', 'Content-Encoding: gzip\r\nContent-Length: 2', '{}', [
    '400',
  ]),
  raw(
    'a body of another type',
    'POST /admin/api/auth/login HTTP/1.1\r\nH\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}',
    ['415'],
  ),
  raw(
    'a body in an unknown character set',
    'POST /admin/api/auth/login HTTP/1.1\r\nH\r\nContent-Type: application/json; charset=utf-7\r\nContent-Length: 2\r\n\r\n{}',
    ['415'],
  ),
];

export const WIRE_ATTACKS: readonly WireAttack[] = [...SMUGGLING, ...LINES, ...METHODS, ...BODIES];

/** Two right requests on one connection: two answers, so that the counting is seen to count. */
export const PIPELINED: WireAttack = {
  name: 'two right requests, one behind the other',
  expected: ['200,200'],
  bytes: `${SMUGGLED}${SMUGGLED}`,
};
