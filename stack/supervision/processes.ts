import { fileURLToPath } from 'node:url';
import type { Dispatcher } from 'undici';
import { callJson } from '../../activities/clients/agent.ts';
import type { Bundles } from '../bundles/bundles.ts';
import type { LineColor } from './log-lines.ts';
import { CP, WL_PARTIES, tlsUrl } from '../parties.ts';
import type { Party, PartySlug, WlParty } from '../parties.ts';
import type { Pki } from '../certificates/pki.ts';
import { PORT_TABLE } from '../ports.ts';
import type { Environment, Ports } from '../ports.ts';
import type { Secrets } from '../certificates/secrets.ts';
import { SANDBOX_PRELOAD } from './sandbox-preload.ts';
import type { SupervisedProcess } from './supervisor.ts';

/** What the six processes are told; the first start and every restart tell them the same. */
export interface ProcessSetting {
  readonly env: Environment;
  readonly ports: Ports;
  readonly pki: Pki;
  readonly secrets: Secrets;
  readonly bundles: Bundles;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string;
  databaseUrl(party: Party): string;
  /** Trusts the stack's authority, shows no certificate. */
  readonly agent: Dispatcher;
}

/** Stop order: the processes, then the engine, then the database. */
export const GROUPS = { process: 2, temporal: 1, postgres: 0 } as const;

const WORKERS = new URL('../../workers/', import.meta.url);
// Six Node processes and a first bundle on two cores; usually each is there in 2 to 4 s.
const READY_TIMEOUT_MS = 90_000;
const READY_POLL_MS = 150;
const READY_CALL_MS = 2_000;

const COLORS: Readonly<Record<string, LineColor>> = {
  'cp-api': 'magenta',
  'cp-worker': 'magenta',
  'exporter-gateway': 'green',
  'exporter-worker': 'green',
  'importer-gateway': 'cyan',
  'importer-worker': 'cyan',
};

export type ProcessName = `${PartySlug}-${'api' | 'gateway' | 'worker'}`;

export function stackProcesses(setting: ProcessSetting): SupervisedProcess[] {
  return [
    supervised(setting, { name: 'cp-api', entry: 'cp-api', party: CP }),
    supervised(setting, { name: 'cp-worker', entry: 'cp-worker', party: CP }),
    ...WL_PARTIES.flatMap((party) => [
      supervised(setting, { name: `${party.slug}-gateway`, entry: 'wl-gateway', party }),
      supervised(setting, { name: `${party.slug}-worker`, entry: 'wl-worker', party }),
    ]),
  ];
}

interface ProcessFacts {
  readonly name: ProcessName;
  readonly entry: 'cp-api' | 'cp-worker' | 'wl-gateway' | 'wl-worker';
  readonly party: Party | WlParty;
}

function supervised(setting: ProcessSetting, facts: ProcessFacts): SupervisedProcess {
  const { name, entry, party } = facts;
  const isWorker = entry.endsWith('-worker');
  const color = COLORS[name];
  return {
    name,
    // The Node that runs the stack: another one on PATH may not run TypeScript.
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      ...(entry === 'cp-api' ? [] : SANDBOX_PRELOAD),
      fileURLToPath(new URL(`${entry}.ts`, WORKERS)),
    ],
    env: { ...environmentOf(setting, party), ...(entry === 'cp-api' ? ownOfCpApi(setting) : {}) },
    group: GROUPS.process,
    readyTimeoutMs: READY_TIMEOUT_MS,
    ...(color === undefined ? {} : { color }),
    ...(isWorker
      ? { readyUrl: `http://127.0.0.1:${setting.ports[party.ports.workerHttp]}/readyz` }
      : { ready: (signal) => untilReady(setting.agent, tlsUrl(party, setting.ports), signal) }),
  };
}

/** Of all processes only cp-api signs certificates and serves people. */
function ownOfCpApi({ pki, temporalUiUrl }: ProcessSetting): Environment {
  return {
    CA_CERT_FILE: pki.caPath,
    CA_KEY_FILE: pki.caKeyPath,
    CONSOLE_TEMPORAL_UI_URL: temporalUiUrl,
    CONSOLE_NAMESPACES: WL_PARTIES.map(({ wlId, namespace }) => `${wlId}=${namespace}`).join(),
  };
}

async function untilReady(agent: Dispatcher, url: string, signal: AbortSignal): Promise<void> {
  const call = { agent, method: 'GET', url: `${url}/readyz`, timeoutMs: READY_CALL_MS } as const;
  for (;;) {
    signal.throwIfAborted();
    const isReady = await callJson({ ...call, signal }).then(
      ({ status }) => status === 200,
      // Not listening yet: asked again until the time-out.
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

// Set by the stack for each process, or meant for another program: never handed on as they are.
const NOT_HANDED_ON = /^(?:CP|EXPORTER|IMPORTER|DATABASE|TEMPORAL|TLS|CA|SEAL|npm)_/;
const OWN_VARIABLES: ReadonlySet<string> = new Set([
  ...PORT_TABLE.map(({ variable }) => variable),
  ...['DATA_DIR', 'HTTP_PORT', 'WORKER_HTTP_PORT', 'WORKFLOW_BUNDLE', 'PLAIN_LISTENERS'],
  ...['WL_ID', 'WL_SLUG', 'WL_CURRENCY', 'XPORY_PROFILE', 'BACKOFFICE_KEY', 'NODE_OPTIONS'],
]);

/**
 * Constants are handed on by their own name to all parties, and as `EXPORTER_…`, `IMPORTER_…` or
 * `CP_…` to that party alone; addresses and identities are the stack's to tell.
 */
export function environmentOf(setting: ProcessSetting, party: Party | WlParty): Environment {
  const { env, ports, pki, secrets } = setting;
  const handedOn = Object.entries(env).filter(
    ([name]) => !NOT_HANDED_ON.test(name) && !OWN_VARIABLES.has(name),
  );
  const prefix = `${party.slug.toUpperCase()}_`;
  const forThisParty = Object.entries(env)
    .filter(([name]) => name.startsWith(prefix) && !OWN_VARIABLES.has(name))
    .map(([name, value]) => [name.slice(prefix.length), value] as const);
  const files = pki.parties[party.slug];
  const { sealKeys, indexKey } = secrets[party.slug];
  return {
    ...Object.fromEntries(handedOn),
    SEAL_KEYS: sealKeys,
    ...Object.fromEntries(forThisParty),
    XPORY_PROFILE: 'local',
    DATABASE_URL: setting.databaseUrl(party),
    TEMPORAL_ADDRESS: setting.temporalAddress,
    TEMPORAL_NAMESPACE: party.namespace,
    TLS_HOST: party.host,
    TLS_PORT: String(ports[party.ports.tls]),
    ...(arePlainListenersOn(env) ? { HTTP_PORT: String(ports[party.ports.http]) } : {}),
    WORKER_HTTP_PORT: String(ports[party.ports.workerHttp]),
    TLS_CA_FILE: pki.caPath,
    TLS_CERT_FILE: files?.certPath,
    TLS_KEY_FILE: files?.keyPath,
    CP_URL: tlsUrl(CP, ports),
    SEAL_INDEX_KEY: indexKey,
    WORKFLOW_BUNDLE: party.slug === 'cp' ? setting.bundles.cp : setting.bundles.wl,
    ...('wlId' in party
      ? { WL_ID: party.wlId, WL_SLUG: party.slug, WL_CURRENCY: party.currency }
      : {}),
  };
}

/** `PLAIN_LISTENERS=off` leaves the TLS listeners alone, as outside the local profile. */
export function arePlainListenersOn(env: Environment): boolean {
  return env['PLAIN_LISTENERS'] !== 'off';
}
