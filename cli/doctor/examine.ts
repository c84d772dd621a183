import { readFile } from 'node:fs/promises';
import { connect as tlsConnect } from 'node:tls';
import { z } from 'zod';
import { callJson, createAgent, type CallAnswer } from '../../activities/clients/agent.ts';
import { CP, tlsUrl, WL_PARTIES, type Party } from '../../stack/parties.ts';
import { PORT_TABLE, readPorts, type PortKey } from '../../stack/ports.ts';
import { localCa, type PlaceOptions } from '../place.ts';
import type { Surroundings } from '../surroundings.ts';
import { urlOf } from '../web.ts';
import type { Ask, CertificateFact, Facts, KeysFact, Place, ProcessFact } from './facts.ts';
import { localFacts, NOTHING_LOCAL } from './local.ts';
import { figuresOf } from './figures.ts';

// What takes longer than this on the way to its health is not well.
const CALL_TIMEOUT_MS = 3_000;
const CONNECTIONS = 2;
const HTTPS_PORT = 443;
const LOCALHOST = /(?:^|\.)localhost$/;

/** Looks at everything at once; what does not answer is a fact too. */
export async function examine(around: Surroundings, options: PlaceOptions): Promise<Facts> {
  const isRemote = (around.env['XWL_URL'] ?? '') !== '';
  const places = isRemote ? [{ name: 'cp-api', url: urlOf(around) }] : localPlaces(around);
  const caFile = around.env['XWL_CA'] ?? (await localCa(around, options));
  const agent = createAgent({
    // Without a CA nothing that speaks TLS is trusted, and each line says so.
    tls: { ca: caFile === undefined ? '' : await readFile(caFile, 'utf8'), cert: '', key: '' },
    connections: CONNECTIONS,
    timeouts: { connectMs: CALL_TIMEOUT_MS },
  });
  const ask: Ask = (url) =>
    callJson({ agent, method: 'GET', url, timeoutMs: CALL_TIMEOUT_MS }).catch(() => undefined);
  try {
    const [processes, certificates, keys, figures, local] = await Promise.all([
      Promise.all(places.map((place) => processFact(place, ask))),
      Promise.all(places.filter(({ url }) => url.startsWith('https:')).map(certificateFact)),
      publishedKeys(urlOf(around), ask),
      figuresOf(places, ask),
      isRemote ? NOTHING_LOCAL : localFacts(around, options),
    ]);
    const { activated, ...engine } = local;
    return { processes, certificates, keys: { ...keys, activated }, ...engine, ...figures };
  } finally {
    await agent.close();
  }
}

/** The six processes of the local stack on their ports. */
export function localPlaces({ env }: Pick<Surroundings, 'env'>): Place[] {
  const ports = readPorts(env);
  const variableOf = (key: PortKey): string =>
    PORT_TABLE.find((row) => row.key === key)?.variable ?? key;
  const front = (name: string, party: Party): Place => ({
    ...{ name, url: tlsUrl(party, ports), variable: variableOf(party.ports.tls) },
  });
  const worker = (party: Party): Place => ({
    name: `${party.slug}-worker`,
    url: `http://127.0.0.1:${ports[party.ports.workerHttp]}`,
    variable: variableOf(party.ports.workerHttp),
  });
  return [
    front('cp-api', CP),
    worker(CP),
    ...WL_PARTIES.flatMap((party) => [front(`${party.slug}-gateway`, party), worker(party)]),
  ];
}

const health = z.object({ checks: z.record(z.string(), z.string()) });

export async function processFact({ name, url, variable }: Place, ask: Ask): Promise<ProcessFact> {
  const about = { name, url, ...(variable === undefined ? {} : { variable }) };
  const asked = Date.now();
  const answer = await ask(`${url}/readyz`);
  if (answer === undefined) return { ...about, state: 'ABSENT', failing: [] };
  const skewMs = skewOf(answer, asked);
  const checks = health.safeParse(answer.body).data?.checks ?? {};
  const failing = Object.keys(checks).filter((check) => checks[check] !== 'ok');
  const state = answer.status === 200 ? 'READY' : 'NOT_READY';
  return { ...about, state, failing, ...(skewMs === undefined ? {} : { skewMs }) };
}

const SECOND_MS = 1_000;

/** The header has whole seconds and was written between question and answer: both are forgiven. */
function skewOf({ headers }: CallAnswer, asked: number): number | undefined {
  const at = Date.parse(headers['date'] ?? '');
  if (Number.isNaN(at)) return undefined;
  if (at + SECOND_MS < asked) return at + SECOND_MS - asked;
  return Math.max(0, at - Date.now());
}

const jwks = z.object({ keys: z.array(z.looseObject({ sub: z.string(), state: z.string() })) });

async function publishedKeys(url: string, ask: Ask): Promise<Omit<KeysFact, 'activated'>> {
  const answer = await ask(`${url}/.well-known/jwks.json`);
  const { data } = jwks.safeParse(answer?.body);
  if (data === undefined) return { isReached: false, published: [] };
  return {
    isReached: true,
    published: data.keys.map(({ sub: owner, state }) => ({ owner, state })),
  };
}

/** Only reads when it ends: whether it is trusted is said by the line of its process. */
function certificateFact({ name, url }: Place): Promise<CertificateFact> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = tlsConnect({
      host: LOCALHOST.test(hostname) ? '127.0.0.1' : hostname,
      port: port === '' ? HTTPS_PORT : Number(port),
      servername: hostname,
      rejectUnauthorized: false,
      timeout: CALL_TIMEOUT_MS,
    });
    const end = (fact: CertificateFact): void => {
      socket.destroy();
      resolve(fact);
    };
    socket.once('secureConnect', () => {
      const notAfter = socket.getPeerX509Certificate()?.validToDate;
      end({ name, ...(notAfter === undefined ? {} : { notAfter }) });
    });
    socket.once('timeout', () => end({ name }));
    socket.once('error', () => end({ name }));
  });
}
