import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { AddressInfo } from 'node:net';
import { ConnectionFailure, callJson, createAgent } from '../../../activities/clients/agent.ts';
import { publicLookup, refusalOfUrl } from '../../../runtime/public-url.ts';
import { CP } from '../../parties.ts';
import { INSIDE, LOOPBACK, NO_ADDRESS, OUTSIDE, REBOUND } from './addresses-list.ts';
import type { Attack } from './attack.ts';
import type { Range } from './range.ts';

const INVALID = '422 VALIDATION_FAILED';
const CALL_MS = 2_000;

/** Addresses as somebody registers them: gateways, peers and webhooks (SSRF). */
export async function addressAttacks(range: Range): Promise<readonly Attack[]> {
  const wide = [...INSIDE, ...NO_ADDRESS];
  return [
    ...DOORS.flatMap((door) => [
      ...wide.map((url) => register(range, door, url, INVALID)),
      ...OUTSIDE.map((url) => register(range, door, url, '200')),
    ]),
    ...production([...wide, ...LOOPBACK], 'refused'),
    ...production(OUTSIDE, 'admitted'),
    ...REBOUND.map(rebound),
    await redirected(),
  ];
}

type Door = 'gatewayUrl' | 'peerUrl' | 'webhook';
const DOORS: readonly Door[] = ['gatewayUrl', 'peerUrl', 'webhook'];

function register(range: Range, door: Door, url: string, expected: string): Attack {
  const { http, session, strangerId, credentials } = range;
  const address = withScheme(url);
  const calls = {
    gatewayUrl: {
      ...{ path: `/admin/api/wls/${strangerId}`, bearer: session.token },
      body: { gatewayUrl: address },
    },
    peerUrl: {
      ...{ path: `/wls/${strangerId}/endpoint`, as: credentials.stranger },
      body: { peerUrl: address, currency: 'XST', eventKeys: { keys: [EVENT_KEY] } },
    },
    webhook: {
      ...{ path: '/admin/api/alert-targets', bearer: session.token },
      // Of a kind and severity that this run has none of: nothing is sent there.
      body: {
        targets: [{ kind: 'WEBHOOK', url: address, kinds: ['KEYS'], minSeverity: 'CRITICAL' }],
      },
    },
  };
  return {
    name: `${door} ${JSON.stringify(address)}`,
    expected: [expected],
    send: async () => (await http.knock({ party: CP, method: 'PUT', ...calls[door] })).outcome,
  };
}

const withScheme = (url: string): string => url.replace(/^( ?)S:/, '$1https:');

const EVENT_KEY = {
  ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
  kid: 'campaign',
};

/** The rule as other profiles have it; the processes of this run are local ones. */
function production(urls: readonly string[], expected: string): readonly Attack[] {
  return urls.map((url) => ({
    name: `in production ${JSON.stringify(withScheme(url))}`,
    expected: [expected],
    send: async () => {
      const rules = { profile: 'production', protocols: ['https:'] } as const;
      return refusalOfUrl(withScheme(url), rules) === undefined ? 'admitted' : 'refused';
    },
  }));
}

function rebound(addresses: readonly string[]): Attack {
  const resolve = ((_name: string, _options: object, answer: Answered) => {
    answer(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as unknown as NonNullable<Parameters<typeof publicLookup>[1]>['resolve'];
  const lookup = publicLookup('production', { ...(resolve !== undefined && { resolve }) });
  return {
    name: `a name that resolves to ${addresses.join(' and ')} by now`,
    expected: ['connect ERR_ADDRESS_REFUSED'],
    send: () => reach('https://good.example.com/', lookup),
  };
}
type Answered = (error: null, found: { address: string; family: number }[]) => void;

async function reach(url: string, lookup: LookupFunction): Promise<string> {
  const tls = { ca: '', cert: '', key: '' };
  const agent = createAgent({ tls, connections: 1, lookup });
  try {
    const { status } = await callJson({ agent, method: 'GET', url, timeoutMs: CALL_MS });
    return String(status);
  } catch (error) {
    if (!(error instanceof ConnectionFailure)) throw error;
    return [error.phase, codeWithin(error)].join(' ');
  } finally {
    await agent.destroy();
  }
}

/** The code of the first cause that has one. */
function codeWithin(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && code.startsWith('ERR_ADDRESS')) return code;
  }
  return 'other';
}

/** A partner that answers with the way to an inside address: our client does not go there. */
async function redirected(): Promise<Attack> {
  let followed = 0;
  const server = createServer((request, response) => {
    if (request.url !== '/start') followed += 1;
    response.writeHead(307, { location: '/inside' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name: 'an answer that redirects to an inside address',
    expected: ['307, followed 0 times'],
    send: async () => {
      const agent = createAgent({ tls: { ca: '', cert: '', key: '' }, connections: 1 });
      const url = `http://127.0.0.1:${port}/start`;
      const { status } = await callJson({
        agent,
        method: 'POST',
        url,
        timeoutMs: CALL_MS,
        body: {},
      });
      await agent.destroy();
      server.close();
      return `${status}, followed ${followed} times`;
    },
  };
}
