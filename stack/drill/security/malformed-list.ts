import { RS256, encode, forge } from './forge.ts';
import type { Bench } from './jwt.ts';
import { INVALID } from './jwt-list.ts';
import type { JwtAttack } from './jwt-list.ts';

const MISSING = '401 TOKEN_MISSING';

/** The right token, with one of its texts changed after it was signed. */
const changed = (name: string, change: (token: string) => string, expected = INVALID) => ({
  ...{ name, expected },
  make: ({ right }: Bench) => change(right()),
});
const text = (name: string, token: string, expected = INVALID): JwtAttack => ({
  ...{ name, expected },
  make: () => token,
});
/** Signed by the right key over a payload that is written by hand. */
const payload = (name: string, write: (claims: string) => string): JwtAttack => ({
  name,
  expected: INVALID,
  make: ({ claims, key }) => forge({ claims: write(JSON.stringify(claims())), key }),
});
const headerText = (name: string, write: (kid: string) => string): JwtAttack => ({
  name,
  expected: INVALID,
  make: ({ claims, key }) => forge({ header: write(key.kid), claims: claims(), key }),
});
const part = (token: string, index: number): string => token.split('.')[index] ?? '';
const swap = (token: string, index: number, value: string): string =>
  token.split('.').with(index, value).join('.');

/** The last character of 256 bytes in base64url carries 4 bits that mean nothing. */
const NEXT: Readonly<Record<string, string>> = { A: 'B', Q: 'R', g: 'h', w: 'x' };

export const MALFORMED: readonly JwtAttack[] = [
  text('nothing', '', MISSING),
  text('a space', ' ', MISSING),
  text('two words', 'a b', MISSING),
  text('one letter', 'a'),
  text('two parts', 'a.b'),
  text('three letters', 'a.b.c'),
  text('only dots', '..'),
  text('four dots', '....'),
  text('text that is no base64', '!!!.###.$$$'),
  text('5,000 letters', 'a'.repeat(5_000)),
  changed('four parts', (token) => `${token}.AA`),
  changed('a signature less', (token) => token.slice(0, token.lastIndexOf('.'))),
  changed('an empty header', (token) => swap(token, 0, '')),
  changed('an empty payload', (token) => swap(token, 1, '')),
  changed('an empty signature', (token) => swap(token, 2, '')),
  changed('half a signature', (token) => token.slice(0, -171)),
  changed('padding behind the signature', (token) => `${token}==`),
  changed('padding behind the payload', (token) => swap(token, 1, `${part(token, 1)}=`)),
  changed('padding behind the header', (token) => swap(token, 0, `${part(token, 0)}=`)),
  changed('the signature in plain base64', (token) =>
    swap(token, 2, `${part(token, 2).slice(0, 170)}+/${part(token, 2).slice(172)}`),
  ),
  changed('idle bits of the signature set', (token) => {
    const last = token.at(-1) ?? '';
    return `${token.slice(0, -1)}${NEXT[last] ?? last}`;
  }),
  changed('a letter that is none, inside the signature', (token) =>
    swap(token, 2, `${part(token, 2).slice(0, 100)}!${part(token, 2).slice(100)}`),
  ),
  changed('one bit of the signature', (token) =>
    swap(token, 2, `${part(token, 2).startsWith('A') ? 'B' : 'A'}${part(token, 2).slice(1)}`),
  ),
  changed('claims that were not signed', (token) => {
    const claims = JSON.parse(Buffer.from(part(token, 1), 'base64url').toString()) as object;
    return swap(token, 1, encode({ ...claims, scope: 'offers:sync trader:approve' }));
  }),
  changed('a header that was not signed', (token) => {
    const header = JSON.parse(Buffer.from(part(token, 0), 'base64url').toString()) as object;
    return swap(token, 0, encode({ ...header, x: 1 }));
  }),
  headerText('header null', () => 'null'),
  headerText('header a list', () => '[]'),
  headerText('header a text', () => '"RS256"'),
  headerText('header cut off', () => '{"alg":"RS256"'),
  headerText('header with alg twice, none last', (kid) =>
    JSON.stringify({ alg: 'RS256', typ: 'JWT', kid }).replace('}', ',"alg":"none"}'),
  ),
  headerText('header with kid twice, unknown last', (kid) =>
    JSON.stringify({ alg: 'RS256', typ: 'JWT', kid }).replace('}', ',"kid":"unknown"}'),
  ),
  headerText('header of __proto__', (kid) =>
    JSON.stringify({ typ: 'JWT', kid }).replace('}', ',"__proto__":{"alg":"RS256"}}'),
  ),
  payload('payload null', () => 'null'),
  payload('payload a list', () => '[]'),
  payload('payload a text', () => '"hello"'),
  payload('payload cut off', (claims) => claims.slice(0, -1)),
  payload('payload with a comma too much', (claims) => claims.replace('}', ',}')),
  payload('payload twice', (claims) => `${claims}${claims}`),
  payload('payload 700 lists deep', () => '['.repeat(700)),
  payload('iss twice, another last', (claims) => claims.replace(/\}$/, ',"iss":"https://x"}')),
  payload('jti twice, empty last', (claims) => claims.replace(/\}$/, ',"jti":""}')),
  payload('exp beyond all numbers, negative', (claims) => claims.replace(/"exp":\d+/, '"exp":NaN')),
  payload('claims in __proto__', (claims) => `{"__proto__":${claims}}`),
  payload('a token inside the token', (claims) => JSON.stringify(`${encode(claims)}.x.y`)),
  {
    name: 'five parts, as an encrypted one has',
    expected: INVALID,
    make: () => `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM', typ: 'JWT' })}.AA.AA.AA.AA`,
  },
  {
    name: 'five parts, dir with an empty key',
    expected: INVALID,
    make: ({ key }) => `${encode({ alg: 'dir', enc: 'A256GCM', kid: key.kid })}..AA.AA.AA`,
  },
  {
    name: 'a token inside the token, cty JWT',
    expected: INVALID,
    make: ({ right, key }) => forge({ header: { cty: 'JWT' }, claims: right(), key }),
  },
  {
    name: 'as one JSON object',
    expected: INVALID,
    make: ({ right }) => {
      const [header = '', claims = '', signature = ''] = right().split('.');
      return JSON.stringify({ protected: header, payload: claims, signature });
    },
  },
  {
    name: 'the right one of 4,100 letters',
    expected: INVALID,
    make: ({ claims, key }) => forge({ claims: claims({ padding: 'p'.repeat(3_000) }), key }),
  },
  {
    name: 'of 20,000 letters, more than a header holds',
    expected: '431',
    make: ({ claims, key }) => forge({ claims: claims({ padding: 'p'.repeat(15_000) }), key }),
  },
  {
    name: 'zip DEF',
    expected: INVALID,
    make: ({ claims, key }) =>
      forge({ header: { zip: 'DEF', crit: ['zip'] }, claims: claims(), key, signing: RS256 }),
  },
];
