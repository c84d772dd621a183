import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CP, EXPORTER } from '../../parties.ts';
import type { Attack } from './attack.ts';
import { ecKey, edKey, forge, rsaKey } from './forge.ts';
import type { ForgeKey, Json } from './forge.ts';
import { JWT_ATTACKS } from './jwt-list.ts';
import { MALFORMED } from './malformed-list.ts';
import type { Knock } from './knock.ts';
import type { Range } from './range.ts';

/** Where tokens are shown: a partner, the Control Plane for a white label, and for a person. */
export type Door = 'peer' | 'wl' | 'person';

/** What a list's row makes its token of. */
export interface Bench {
  readonly door: Door;
  /** The key that the right token of this door is signed with. */
  readonly key: ForgeKey;
  /** Right claims, with changes. */
  readonly claims: (change?: Json) => Json;
  readonly without: (name: string) => Json;
  readonly right: () => string;
  readonly other: {
    readonly rsa: ForgeKey;
    readonly ec: ForgeKey;
    readonly ed: ForgeKey;
    readonly exporter: ForgeKey;
    readonly stranger: ForgeKey;
    readonly controlPlane: ForgeKey;
    readonly strangerId: string;
    readonly strangerThumbprint: string;
  };
  /** An address of the attacker's; whoever fetches from it is counted. */
  readonly trapUrl: string;
}

export const DOORS: readonly Door[] = ['peer', 'wl', 'person'];

const TARGETS: Readonly<Record<Door, Pick<Knock, 'party' | 'path'>>> = {
  peer: { party: EXPORTER, path: '/api/v2/trader/offers' },
  wl: { party: CP, path: '/policies/pull' },
  person: { party: CP, path: '/admin/api/wls' },
};

/** The attack list, at three doors each, with a trap that nobody may fetch a key from. */
export async function jwtAttacks(range: Range): Promise<readonly Attack[]> {
  const trap = await openTrap();
  const other = {
    ...{ rsa: rsaKey('attacker'), ec: ecKey('attacker', 'prime256v1'), ed: edKey('attacker') },
    ...{ exporter: range.keys.exporter, stranger: range.keys.stranger },
    controlPlane: range.keys.controlPlane,
    ...{ strangerId: range.strangerId, strangerThumbprint: range.thumbprints.stranger },
  };
  const benchOf = (door: Door): Bench => {
    const key = door === 'person' ? range.keys.controlPlane : range.keys.importer;
    const claims = (change: Json = {}): Json => ({ ...range.claims[door](), ...change });
    const without = (name: string): Json =>
      Object.fromEntries(Object.entries(claims()).filter(([claim]) => claim !== name));
    const right = (): string => forge({ claims: claims(), key });
    return { door, key, claims, without, right, other, trapUrl: trap.url };
  };
  const listed = [...JWT_ATTACKS, ...MALFORMED].flatMap(({ name, expected, make }) =>
    DOORS.map((door): Attack => {
      const bench = benchOf(door);
      return {
        name: `${name} [${door}]`,
        expected: typeof expected === 'string' ? [expected] : [expected[door]],
        send: () => show(range, door, make(bench)),
      };
    }),
  );
  return [
    ...DOORS.map((door) => ({
      name: `the right token, made by the same hand [${door}]`,
      expected: ['200'],
      send: () => show(range, door, benchOf(door).right()),
    })),
    ...listed,
    {
      name: 'calls to key addresses that tokens named',
      expected: ['0'],
      send: async () => {
        trap.server.close();
        return String(trap.calls());
      },
    },
  ];
}

function show({ http, credentials }: Range, door: Door, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const call = {
    ...TARGETS[door],
    headers,
    ...(door !== 'person' && { as: credentials.importer }),
  };
  return http.knock(call).then(({ outcome }) => outcome);
}

async function openTrap(): Promise<{ url: string; server: Server; calls: () => number }> {
  let calls = 0;
  const server = createServer((_request, response) => {
    calls += 1;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/keys`, server, calls: () => calls };
}
