import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { GovernanceDeps } from '../../activities/governance/deps.ts';
import { pullPolicies } from '../../activities/governance/pull-policies.ts';
import { refreshTokens } from '../../activities/governance/refresh-tokens.ts';
import { register } from '../../activities/governance/register.ts';
import { need } from '../cp/signals-stage.ts';
import { pairPath, startControlPlane, type Stage } from '../cp/stage.ts';
import { openEventDays } from '../../db/cp/telemetry/intake.ts';
import { freePort } from '../stack/setup.ts';
import { EXPORTER, IMPORTER, pulledPolicy, pulledRelationship } from '../wl/documents.ts';
import { createSignalCarrier, relayAll } from './carriers.ts';
import { createTestPki } from './certificates.ts';
import type { Governance, Parties, Terms } from './governance.ts';
import { startPurchaseBench, type PurchaseBench } from './purchase-bench.ts';
import type { WhiteLabel } from './white-label.ts';

/** Two white labels that pull what people put in force at a real Control Plane. */
export interface GovernedBench {
  readonly cp: Stage;
  readonly bench: PurchaseBench;
  /** As a person with the roles for it, by the route's PUT; both white labels pull it. */
  change(path: string, body: object): Promise<void>;
  /** Signals of the pair by the route for people, delivered to those that are named. */
  signal(action: 'DISABLE' | 'ENABLE', wlIds: readonly string[]): Promise<void>;
  /** Recorded by one risk officer and confirmed by another; both white labels apply it. */
  settle(amount: string): Promise<void>;
  /** What both have to report is at the Control Plane. */
  tell(): Promise<void>;
  stop(): Promise<void>;
}

export const policyPath = (wlId: string): string => `/admin/api/wls/${wlId}/policies`;
export const RELATIONSHIP_PATH = pairPath(EXPORTER, IMPORTER);

type Put = (path: string, body: object) => Promise<void>;

/** Starts all of it; the Control Plane and the white labels at the same time. */
export async function startGovernedBench(): Promise<GovernedBench> {
  const tlsPort = await freePort();
  const issuer = `https://cp.localhost:${tlsPort}`;
  const pki = await createTestPki();
  // Asked at their own addresses: the network between them is the purchases'.
  const urls = new Map<string, string>();
  const starting = startControlPlane({ issuer, tlsPort, pki, reach: (wlId) => urls.get(wlId) });
  const carrying = starting.then((cp) => createSignalCarrier(cp, urls));
  const putting = starting.then((cp) => putAs(cp));
  let pulls: readonly (() => Promise<unknown>)[] = [];
  const bench = await startPurchaseBench({
    pki,
    environment: { CP_URL: issuer },
    async introduce(parties) {
      for (const { config, url } of [parties.exporter, parties.importer]) {
        urls.set(config.wl.id, url);
      }
      const [cp, put] = [await starting, await putting];
      const pulling = await meet(cp, put, parties);
      // The importer first: it pays, and the exporter's pull brings what it has reported.
      pulls = [...pulling.values()].toReversed();
      return governanceOf(put, pulling);
    },
  });
  const [cp, put, carrier] = [await starting, await putting, await carrying];
  await openEventDays(cp.db, new Date());
  const pull = async (): Promise<void> => {
    for (const one of pulls) await one();
  };
  return {
    ...{ cp, bench },
    async change(path, body) {
      await put(path, body);
      await pull();
    },
    async signal(action, wlIds) {
      const signalId = await postSignal(cp, action);
      await carrier.prepare();
      await pull();
      for (const wlId of wlIds) await carrier.deliver(signalId, wlId);
    },
    async settle(amount) {
      await postSettlement(cp, amount);
      await pull();
    },
    tell: async () => void (await Promise.all([bench.importer, bench.exporter].map(relayAll))),
    async stop() {
      await carrier.close();
      await bench.stop();
      await cp.stop();
    },
  };
}

const PAIR = { src: EXPORTER, dst: IMPORTER };

async function postSignal(cp: Stage, action: 'DISABLE' | 'ENABLE'): Promise<string> {
  const { token } = await cp.person('risk');
  const body = { ...PAIR, action, reason: 'test' };
  const headers = { 'idempotency-key': randomUUID() };
  const path = '/imbalance/signals';
  return ((await need(cp, { method: 'POST', path, body, headers, token })) as { id: string }).id;
}

async function postSettlement(cp: Stage, amount: string): Promise<void> {
  const [maker, checker] = [await cp.person('risk'), await cp.person('risk')];
  const path = '/admin/api/settlements';
  const body = { ...PAIR, amount, note: 'test' };
  const headers = { 'idempotency-key': randomUUID() };
  const recording = { method: 'POST', path, body, headers, token: maker.token } as const;
  const { id } = (await need(cp, recording)) as { id: string };
  await need(cp, { method: 'POST', path: `${path}/${id}/confirm`, token: checker.token });
}

async function putAs(cp: Stage): Promise<Put> {
  const { token } = await cp.person('operator', 'risk');
  return async (path, body) => {
    const { status, text } = await cp.ask({ method: 'PUT', path, body, token });
    if (status !== 200) throw new Error(`not put: ${status} ${text}`);
  };
}

type Pulling = ReadonlyMap<WhiteLabel, () => Promise<unknown>>;

/** An operator creates both and their relationship; they register, and pull for the first time. */
async function meet(cp: Stage, put: Put, { exporter, importer, network }: Parties) {
  for (const { config } of [exporter, importer]) {
    const { id, slug: name } = config.wl;
    const body = { id, name };
    const path = '/admin/api/wls';
    const { status, text } = await cp.ask({ method: 'POST', path, body, token: cp.master });
    if (status !== 201) throw new Error(`not created: ${status} ${text}`);
    await put(policyPath(id), policyBody());
  }
  await put(RELATIONSHIP_PATH, relationshipBody(0));
  const pulling = new Map<WhiteLabel, () => Promise<unknown>>();
  for (const own of [exporter, importer]) {
    // What the importer believes to be the exporter is the network between them.
    const peerUrl =
      own === exporter ? `https://${exporter.config.listen.tlsHost}:${network.port}` : own.url;
    const deps = governanceDeps(own, peerUrl);
    const pull = () => pullPolicies(deps, randomUUID());
    await register(deps, randomUUID());
    await deps.keys.refresh();
    await refreshTokens(deps);
    await pull();
    // Now it knows its partners, and gets the tokens for them.
    await refreshTokens(deps);
    pulling.set(own, pull);
  }
  return pulling;
}

function governanceDeps({ config, node }: WhiteLabel, peerUrl: string): GovernanceDeps {
  const { db, sealer } = node.database;
  const { id: wlId, currency } = config.wl;
  return {
    ...{ db, sealer, peerUrl, cpUrl: config.cpUrl, own: { wlId, currency } },
    ...{ controlPlane: node.controlPlane, keys: node.keys, thumbprint: node.thumbprint },
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
    onHeadRefused: ({ refusal }) => {
      throw new Error(`a head of the audit was refused: ${refusal}`);
    },
  };
}

/** Only the party that is named pulls: the other one does not know yet. */
function governanceOf(put: Put, pulling: Pulling): Governance {
  let revision = 0;
  return {
    async govern(own, { relationship, policy }) {
      revision += 1;
      await put(RELATIONSHIP_PATH, { ...relationshipBody(revision), ...relationship });
      await put(policyPath(own.config.wl.id), policyBody(policy));
      await pulling.get(own)?.();
    },
  };
}

function policyBody(change: Terms['policy'] = {}): object {
  const { revision: _, ...terms } = pulledPolicy(change);
  return terms;
}

/** Out of everybody's way, and a new revision each time: a cent more. */
function relationshipBody(revision: number): object {
  const { src: _src, dst: _dst, revision: _, ...terms } = pulledRelationship();
  const limitAmount = `10000000.${String(revision % 100).padStart(2, '0')}`;
  return { ...terms, limitAmount, velocity: null, export_policy: null };
}
