import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { issueFrom } from '../../certificates/pki.ts';
import type { CertificateRequest } from '../../certificates/pki.ts';
import { CP, EXPORTER, IMPORTER } from '../../parties.ts';
import type { Party } from '../../parties.ts';
import type { Attack } from './attack.ts';
import { issueWrong } from './wrong-certificates.ts';
import type { WrongKind } from './wrong-certificates.ts';
import type { Credential, Knock } from './knock.ts';
import type { Range } from './range.ts';
import { revocations } from './revoked.ts';

const REQUIRED = '401 CERTIFICATE_REQUIRED';
const SUBJECT = '403 CERTIFICATE_SUBJECT';
const DAY_MS = 86_400_000;
/** A trade that nobody has: who is known is told so, by 404, without a token. */
const NO_TRADE = '/api/v2/trader/purchases/00000000-0000-4000-8000-000000000000';

interface Chain {
  readonly name: string;
  readonly expected: Readonly<Record<'cp' | 'wl', string>>;
  readonly make: (range: Range) => Promise<Credential | undefined>;
}

const both = (outcome: string): Chain['expected'] => ({ cp: outcome, wl: outcome });
const GOOD = { cp: '200', wl: '404 NOT_FOUND' };
const identity: CertificateRequest = { commonName: 'importer', sanUri: IMPORTER.sanUri };

/** Issued by our own authority, with something wrong or nothing. */
const issued = (
  name: string,
  expected: Chain['expected'],
  request: Partial<CertificateRequest>,
): Chain => ({
  ...{ name, expected },
  make: async ({ stage }) =>
    credential(await issueFrom(stage.stack.pki.authority, { ...identity, ...request })),
});
const wrong = (name: string, kind: WrongKind, expected = both(REQUIRED)): Chain => ({
  ...{ name, expected },
  make: ({ stage }) => issueWrong(kind, stage.stack.pki.authority, IMPORTER.sanUri),
});
const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

/** Client certificates: what is shown, and what the party that it is shown to has to say. */
export const CHAINS: readonly Chain[] = [
  issued('one of our authority, in its time', GOOD, {}),
  { name: 'none', expected: both(REQUIRED), make: () => Promise.resolve(undefined) },
  issued('expired a day ago', both(REQUIRED), {
    notBefore: daysFromNow(-30),
    notAfter: daysFromNow(-1),
  }),
  issued('expired a minute ago', both(REQUIRED), {
    notBefore: daysFromNow(-30),
    notAfter: new Date(Date.now() - 60_000),
  }),
  issued('valid from tomorrow', both(REQUIRED), {
    notBefore: daysFromNow(1),
    notAfter: daysFromNow(30),
  }),
  issued('no URI in its names', both(SUBJECT), { sanUri: undefined as unknown as string }),
  issued('the URI of no party', both(SUBJECT), { sanUri: 'urn:xpory:wl:nobody' }),
  issued("the partner's URI", { cp: SUBJECT, wl: '404 NOT_FOUND' }, { sanUri: EXPORTER.sanUri }),
  issued("the Control Plane's URI", both(SUBJECT), { sanUri: CP.sanUri }),
  issued('the URI in capitals', both(SUBJECT), { sanUri: IMPORTER.sanUri.toUpperCase() }),
  issued('the URI with a line behind it', both(SUBJECT), { sanUri: `${IMPORTER.sanUri}\n` }),
  issued('the URI with a name behind a comma', both(SUBJECT), {
    sanUri: `urn:x, URI:${IMPORTER.sanUri}`,
  }),
  issued('the identity as a DNS name', both(SUBJECT), {
    ...{ sanUri: undefined as unknown as string, dnsNames: ['wl-importer.localhost'] },
  }),
  wrong('two URIs, the right one second', 'two URIs', both(SUBJECT)),
  wrong('self-signed', 'self-signed'),
  wrong('of another authority with the same name', 'other authority'),
  wrong('signed by a certificate of a party', 'signed by a leaf'),
  wrong('of an authority below ours that is not ours', 'unknown intermediate'),
  wrong('for servers only', 'server only'),
  wrong('an authority itself', 'authority'),
  wrong('of an RSA key with 1,024 bits', 'weak key'),
];

export async function tlsAttacks(range: Range): Promise<readonly Attack[]> {
  const { http } = range;
  const doors: readonly (readonly ['cp' | 'wl', Knock])[] = [
    ['cp', { party: CP, method: 'POST', path: `/wls/${IMPORTER.wlId}/token` }],
    ['wl', { party: EXPORTER, path: NO_TRADE }],
  ];
  const shown = CHAINS.flatMap(({ name, expected, make }) =>
    doors.map(([door, call]): Attack => {
      const refused = expected[door] === REQUIRED ? ['closed *'] : [];
      return {
        name: `certificate: ${name} [${door}]`,
        // Some can not even be presented: the handshake is where they end.
        expected: [expected[door], ...refused],
        send: async () => (await http.knock({ ...call, as: await make(range) })).outcome,
      };
    }),
  );
  return [...shown, ...versions(range), ...(await revocations(range))];
}

/** Only TLS 1.3 is spoken: a connection's certificate can not change under it. */
function versions(range: Range): readonly Attack[] {
  const offers: readonly (readonly [string, ConnectionOptions, string])[] = [
    ['TLS 1.3', {}, 'TLSv1.3'],
    ['TLS 1.2 at most', { maxVersion: 'TLSv1.2' }, 'closed *'],
    [
      'TLS 1.1 at most',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
      'closed *',
    ],
    [
      'TLS 1.2 with a cipher without forward secrecy',
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' },
      'closed *',
    ],
  ];
  return [CP, EXPORTER, IMPORTER].flatMap((party) =>
    offers.map(([name, options, expected]) => ({
      name: `${name} [${party.slug}]`,
      expected: [expected],
      send: () => shake(range, party, options),
    })),
  );
}

function shake({ stage, ca }: Range, party: Party, options: ConnectionOptions): Promise<string> {
  const port = stage.stack.ports[party.ports.tls];
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', servername: party.host, port, ca, ...options });
  socket.once('secureConnect', () => {
    // An accept of what is too old is shown as one.
    const version = socket.getProtocol() ?? '';
    resolve(version === 'TLSv1.3' ? version : `200 ${version}`);
    socket.destroy();
  });
  socket.once('error', (error: NodeJS.ErrnoException) =>
    resolve(`closed ${error.code ?? 'ERROR'}`),
  );
  return promise;
}

const credential = ({
  certPem: cert,
  keyPem: key,
}: {
  readonly certPem: string;
  readonly keyPem: string;
}): Credential => ({ cert, key });
