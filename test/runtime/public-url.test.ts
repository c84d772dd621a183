import { expect, test } from '@jest/globals';
import { publicLookup, refusalOfUrl } from '../../runtime/public-url.ts';
import {
  INSIDE,
  LOOPBACK,
  NO_ADDRESS,
  OUTSIDE,
  REBOUND,
} from '../../stack/drill/security/addresses-list.ts';

const RULES = { profile: 'production', protocols: ['https:'] } as const;
const written = (url: string): string => url.replace(/^( ?)S:/, '$1https:');

test('an address inside is refused, in whatever way it is written', () => {
  const admitted = [...INSIDE, ...LOOPBACK, ...NO_ADDRESS].filter(
    (url) => refusalOfUrl(written(url), RULES) === undefined,
  );
  expect(admitted).toEqual([]);
  expect(OUTSIDE.map((url) => refusalOfUrl(written(url), RULES))).toEqual([undefined, undefined]);
});

test('of the addresses inside the local profile admits loopback and nothing else', () => {
  const local = { ...RULES, profile: 'local' } as const;
  const admitted = INSIDE.filter((url) => refusalOfUrl(written(url), local) === undefined);
  expect(admitted).toEqual([]);
  expect(LOOPBACK.map((url) => refusalOfUrl(written(url), local)).filter(Boolean)).toEqual([]);
});

test.each([...REBOUND, ['::a9fe:a9fe']].map((addresses) => [addresses.join(' and '), addresses]))(
  'a name that resolves to %s by now is not connected to',
  (_name, addresses) => {
    const found = [...addresses].map((address) => ({ address, family: 4 }));
    const resolve = ((_host: string, _options: object, answer: Answered) =>
      answer(null, found)) as never;
    publicLookup('production', { resolve })('good.example.com', { all: true }, (error) => {
      expect(error).toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
    });
    expect.assertions(1);
  },
);
type Answered = (error: null, found: { address: string; family: number }[]) => void;
