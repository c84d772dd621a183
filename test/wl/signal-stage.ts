import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Dispatcher } from 'undici';
import { callJson, type CallAnswer } from '../../activities/clients/agent.ts';
import { inTransaction } from '../../db/pool.ts';
import { saveSecret, SIGNAL_SECRET } from '../../db/wl/control-tokens.ts';
import { applyOfferSync } from '../../db/wl/imported-offers.ts';
import { continueSignal, OFFERS_AT_ONCE, unfinishedSignals } from '../../db/wl/signals.ts';
import { minor } from '../../domain/shared/money.ts';
import { saveWebhookKeys } from '../../db/wl/webhook-keys.ts';
import type { EventKey } from '../../domain/policy/pull-document.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import type { SignalReceiver } from '../conformance/signals.ts';
import { createTestPki } from '../support/certificates.ts';
import { startWlDatabases, testSealer, type TestServer, type TestWl } from './database.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { createExporter, type TestExporter } from './exporter.ts';
import { createImporter, type TestImporter } from './importer.ts';
import { identity, startNode, wlIdentity, type Identity } from './node.ts';
import { createTestIssuer } from './tokens.ts';

export const SECRET = `whsec_${Buffer.from('a secret of this test alone').toString('base64')}`;
/** A webhook key of the Control Plane. */
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
export const KEY = { kid: 'webhook-1', privateKey };
export const KNOWN_KEY: EventKey = {
  ...({ kid: KEY.kid, kty: 'OKP', crv: 'Ed25519' } as const),
  x: String(publicKey.export({ format: 'jwk' }).x),
};
export const PATH = '/api/v2/control-plane/imbalance/signals';

export interface Signal {
  readonly id: string;
  readonly sequence: string | number;
  readonly src: string;
  readonly dst: string;
  readonly action: string;
  readonly reason: string;
  readonly exposure: string;
  readonly limit: string;
  readonly createdAt: string;
}

/** A signal of the pair exporter to importer; each pair of a test has numbers of its own. */
export function signalOf(
  sequence: number,
  action: string,
  change: Partial<Signal> & Readonly<Record<string, unknown>> = {},
): Signal {
  return {
    ...{ id: randomUUID(), sequence: String(sequence), src: EXPORTER, dst: IMPORTER, action },
    ...{ reason: 'LIMIT_EXCEEDED', exposure: '100.01', limit: '100.00' },
    createdAt: '2026-07-01T12:00:00.000Z',
    ...change,
  };
}

export interface Sending {
  readonly as?: Identity;
  readonly secret?: string;
  /** Seconds from now. */
  readonly at?: number;
  /** What is sent in place of the signed body. */
  readonly instead?: Signal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Signatures of other kinds that stand beside the right one. */
  readonly beside?: string;
  readonly plain?: boolean;
}

export type Role = 'exporter' | 'importer';

export interface SignalStage {
  readonly exporter: TestExporter;
  readonly importer: TestImporter;
  readonly certificates: Readonly<Record<'controlPlane' | 'importer' | 'foreign', Identity>>;
  wl(role: Role): TestWl;
  /** Signals that were answered with 202: the rest of them was asked for. */
  readonly pending: readonly string[];
  /** In place of writing it down, where the test has an engine. */
  onPending(start: (signalId: string) => Promise<void>): void;
  /** How often a signal has made a WL pull. */
  pulls(): number;
  /** Both have pulled a document with these webhook keys. */
  knowKeys(keys: readonly EventKey[]): Promise<unknown>;
  send(role: Role, signal: Signal, sending?: Sending): Promise<CallAnswer>;
  /** Its listeners go and come back on the same database. */
  restart(role: Role): Promise<void>;
  stop(): Promise<void>;
}

const IDS = { exporter: EXPORTER, importer: IMPORTER } as const;
const CURRENCIES = { exporter: 'XEX', importer: 'XIM' } as const;

/** Both sides of a pair with their real routes, and whoever holds the Control Plane's certificate. */
export async function startSignalStage(): Promise<SignalStage> {
  const pki = await createTestPki();
  const server: TestServer = await startWlDatabases(['exporter', 'importer']);
  const wls = { exporter: server.open('exporter'), importer: server.open('importer') };
  const own = {
    exporter: await wlIdentity(pki, EXPORTER),
    importer: await wlIdentity(pki, IMPORTER),
  };
  const certificates = {
    controlPlane: await identity(pki, CP_SUBJECT_URI),
    importer: own.importer,
    foreign: await identity(pki, CP_SUBJECT_URI, { foreign: true }),
  };
  const { keysFor } = createTestIssuer(['control-plane']);
  let pulls = 0;
  const startPolicySync = (): Promise<void> => {
    pulls += 1;
    return Promise.resolve();
  };
  const pending: string[] = [];
  const startSignalApply = (signalId: string): Promise<void> => {
    pending.push(signalId);
    return startRest(signalId);
  };
  let startRest = (_signalId: string): Promise<void> => Promise.resolve();
  const syncs = { startPolicySync, importNow: never, startSignalApply };
  const open = (role: Role) =>
    startNode({
      ...{ wl: wls[role], wlId: IDS[role], currency: CURRENCIES[role] },
      ...{ keysFor, tls: own[role].tls, syncs },
    });
  const nodes = { exporter: await open('exporter'), importer: await open('importer') };
  for (const wl of Object.values(wls)) {
    await saveSecret(wl.db, testSealer('k1'), SIGNAL_SECRET, SECRET);
  }
  return {
    exporter: await createExporter(wls.exporter),
    importer: await createImporter(wls.importer),
    certificates,
    wl: (role) => wls[role],
    pulls: () => pulls,
    pending,
    onPending: (start) => void (startRest = start),
    knowKeys: (keys) =>
      Promise.all(
        Object.values(wls).map(({ db }) => inTransaction(db, (tx) => saveWebhookKeys(tx, keys))),
      ),
    send: (role, signal, { as = certificates.controlPlane, plain, ...sending } = {}) => {
      const { tlsUrl, plainUrl } = nodes[role];
      const url = `${plain === true ? plainUrl : tlsUrl}${PATH}`;
      return post(as.agent, url, signal, sending);
    },
    async restart(role) {
      await nodes[role].listeners.close();
      nodes[role] = await open(role);
    },
    async stop() {
      await Promise.all(Object.values(nodes).map(({ listeners }) => listeners.close()));
      const agents = [own.exporter, ...Object.values(certificates)];
      await Promise.all(agents.map(({ agent }) => agent.close()));
      await server.stop();
    },
  };
}

/** So many offers of the partner that may be bought here. */
export async function importMany(stage: SignalStage, role: Role, count: number): Promise<void> {
  const [wlId, partner] = role === 'importer' ? [IMPORTER, EXPORTER] : [EXPORTER, IMPORTER];
  const listed = Array.from({ length: count }, (_, index) => ({
    ...{ originOfferId: `many-${index}`, title: `Oferta ${index}`, available: 5 },
    ...{ currency: role === 'importer' ? 'XEX' : 'XIM', unitPrice: minor(80_00n) },
    ...{ category: { id: '7', name: 'Moda' }, entity: { id: 'e1', name: 'Loja' } },
  }));
  await applyOfferSync(stage.wl(role).db, { wlId, currency: CURRENCIES[role] }, partner, listed);
}

/** One of the two behind the door of the conformance suite. */
export function receiverOf(stage: SignalStage, role: Role): SignalReceiver {
  const { controlPlane, importer } = stage.certificates;
  const wlId = IDS[role];
  const { db: ownDb } = stage.wl(role);
  const own = { wlId, currency: CURRENCIES[role] };
  const exporter = wlId === EXPORTER ? IMPORTER : EXPORTER;
  return {
    later: {
      begin: () => importMany(stage, role, OFFERS_AT_ONCE + 1),
      finish: async () => {
        for (const id of await unfinishedSignals(ownDb, OFFERS_AT_ONCE)) {
          let step = await continueSignal(ownDb, own, id);
          while (step.kind === 'MORE') step = await continueSignal(ownDb, own, id);
        }
      },
      end: async () => {
        await ownDb.deleteFrom('imported_offer').where('exporter', '=', exporter).execute();
      },
    },
    ...{ wlId, partnerId: wlId === EXPORTER ? IMPORTER : EXPORTER, secret: SECRET, key: KEY },
    send: ({ as, body, headers }) =>
      stage.send(role, JSON.parse(body) as Signal, {
        ...{ as: as === 'PARTNER' ? importer : controlPlane, headers },
      }),
    async isDisabled({ src, dst }) {
      const { db } = stage.wl(role);
      const pairs = db.selectFrom('signal_pair').select('disabled').where('src', '=', src);
      const pair = await pairs.where('dst', '=', dst).executeTakeFirst();
      if (src !== wlId) return pair?.disabled ?? false;
      const partners = db.selectFrom('pair').select('signal_disabled').where('partner', '=', dst);
      const partner = await partners.executeTakeFirst();
      if ((partner?.signal_disabled ?? false) !== (pair?.disabled ?? false)) {
        throw new Error('holds and offers disagree about what was signalled');
      }
      return partner?.signal_disabled ?? false;
    },
  };
}

function never(): never {
  throw new Error('no signal makes a WL sync');
}

const MS_PER_SECOND = 1_000;

async function post(
  agent: Dispatcher,
  url: string,
  signal: Signal,
  { secret = SECRET, at = 0, instead, headers, beside = '' }: Sending,
): Promise<CallAnswer> {
  const id = `${signal.id}/delivery`;
  const time = new Date(Date.now() + at * MS_PER_SECOND);
  const signature = new Webhook(secret).sign(id, time, JSON.stringify(signal));
  return callJson({
    ...{ agent, method: 'POST', url, body: instead ?? signal, timeoutMs: 5_000 },
    headers: headers ?? {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(time.getTime() / MS_PER_SECOND)),
      'webhook-signature': `${beside} ${signature}`.trim(),
    },
  });
}
