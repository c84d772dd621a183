import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { createAgent } from '../../../activities/clients/agent.ts';
import { createControlPlaneClient } from '../../../activities/clients/control-plane.ts';
import { createKeySource } from '../../../activities/clients/jwks.ts';
import { migrate } from '../../../db/migrator.ts';
import { createDatabase, createPool } from '../../../db/pool.ts';
import { WL_MIGRATIONS } from '../../../db/wl/migrations.ts';
import type { WlTables } from '../../../db/wl/schema.ts';
import { createTokenVerifier } from '../../../runtime/tokens.ts';
import { issueFrom } from '../../certificates/pki.ts';
import { CP, EXPORTER, IMPORTER } from '../../parties.ts';
import type { Attack } from './attack.ts';
import { forge } from './forge.ts';
import { JWKS_ATTACKS } from './jwks-list.ts';
import type { JwksAttack } from './jwks-list.ts';
import { SECONDS_OF_HOUR, nowSeconds } from './range.ts';
import type { Range } from './range.ts';

const DATABASE = 'wl_campaign';
const STATEMENT_MS = 20_000;

/**
 * Weak and malformed keys, published by a double of the Control Plane: a white label's own client,
 * key source and verifier, on a database of their own, over TLS.
 */
export async function jwksAttacks(range: Range): Promise<readonly Attack[]> {
  const url = await openDatabase(range);
  const ours = await openDouble(range, CP.sanUri);
  const partners = await openDouble(range, EXPORTER.sanUri);
  const asAttack =
    (double: Double, expected?: string) =>
    (listed: JwksAttack): Attack => ({
      name: `published: ${listed.name}${double === ours ? '' : ", by a partner's certificate"}`,
      expected: [expected ?? listed.expected],
      send: () => publish(range, { double, listed, url }),
    });
  const right = JWKS_ATTACKS.filter(({ expected }) => expected === '200');
  return [
    ...JWKS_ATTACKS.map(asAttack(ours)),
    ...right.map(asAttack(partners, '401 TOKEN_INVALID')),
    {
      name: 'the doubles are closed',
      expected: ['closed'],
      send: async () => {
        for (const { server } of [ours, partners]) {
          server.closeAllConnections();
          server.close();
        }
        return 'closed';
      },
    },
  ];
}

async function openDatabase({ stage }: Range): Promise<string> {
  const own = stage.stack.databaseUrl(EXPORTER);
  const client = new Client({ connectionString: own });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
    await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
  const url = new URL(own);
  url.pathname = `/${DATABASE}`;
  await migrate(url.href, WL_MIGRATIONS);
  return url.href;
}

interface Double {
  readonly server: Server;
  readonly url: string;
  answerWith(answer: (response: ServerResponse) => void): void;
}

async function openDouble({ stage }: Range, sanUri: string): Promise<Double> {
  const { certPem: cert, keyPem } = await issueFrom(stage.stack.pki.authority, {
    ...{ commonName: 'double', sanUri, dnsNames: [CP.host] },
  });
  let answer: (response: ServerResponse) => void = (response) => void response.end();
  const server = createServer({ cert, key: keyPem }, (_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ server, url: `https://${CP.host}:${port}` },
    answerWith: (next) => (answer = next),
  };
}

interface Publishing {
  readonly double: Double;
  readonly listed: JwksAttack;
  readonly url: string;
}

/** A white label that knows no key yet is shown a token. */
async function publish(range: Range, { double, listed, url }: Publishing): Promise<string> {
  const { kid, privateKey } = listed.key;
  const { kty, n, e, crv, x, y } = privateKey.export({ format: 'jwk' });
  const shown = { ...{ kty, n, e, crv, x, y, kid }, sub: IMPORTER.wlId };
  double.answerWith((response) => listed.answer(response, shown));
  const { cert, key } = range.credentials.exporter;
  const agent = createAgent({ tls: { ca: range.ca, cert, key }, connections: 1 });
  const onError = (): void => undefined;
  const pool = createPool({
    ...{ url, size: 1, applicationName: 'campaign', onError, statementTimeoutMs: STATEMENT_MS },
  });
  const db = createDatabase<WlTables>(pool);
  try {
    await db.deleteFrom('control_document').execute();
    const controlPlane = createControlPlaneClient({
      ...{ agent, cpUrl: double.url, wlId: EXPORTER.wlId, authorities: () => range.ca },
    });
    const clock = (): Date => new Date();
    const { keysFor } = createKeySource({ db, controlPlane, clock, log: SILENT });
    const verifier = createTokenVerifier({
      ...{ issuer: double.url, audience: EXPORTER.wlId, keysFor, clock },
    });
    const token = forge({
      ...{ header: { alg: listed.alg }, key: listed.key, signing: listed.signing },
      claims: claimsOf(range, double.url),
    });
    const thumbprint = range.thumbprints.importer;
    const result = await verifier.verify(token, {
      ...{ listener: 'tls', certificateThumbprint: thumbprint },
    });
    return result.ok ? '200' : `401 ${result.code}`;
  } catch (error) {
    // In a process this is a 500: refused, but for a reason that is ours.
    return `500 ${error instanceof Error ? error.message : 'thrown'}`;
  } finally {
    await db.destroy();
    await agent.destroy();
  }
}

const claimsOf = ({ thumbprints }: Range, issuer: string) => ({
  ...{ iss: issuer, sub: IMPORTER.wlId, aud: EXPORTER.wlId, jti: randomUUID() },
  ...{ scope: 'offers:sync', iat: nowSeconds(), exp: nowSeconds() + SECONDS_OF_HOUR },
  cnf: { 'x5t#S256': thumbprints.importer },
});

/** That keys could not be renewed is what is asked for here. */
const SILENT = { warn: () => undefined } as unknown as Parameters<typeof createKeySource>[0]['log'];
