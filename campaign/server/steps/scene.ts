import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { Kysely } from 'kysely';
import type { CpSchema } from '../../../db/cp/schema.ts';
import { openCheckout, type CheckoutDesk } from '../../../stack/drill/buyers.ts';
import { openControlPlane, until } from '../../../stack/drill/control-plane.ts';
import {
  openAccounts,
  putUpOffers,
  type Buyer,
  type DrillOffer,
} from '../../../stack/drill/market.ts';
import { openPerson, type Person } from '../../../stack/drill/officers.ts';
import { widenLimit } from '../../../stack/drill/relationship.ts';
import { openStage, type Stage } from '../../../stack/drill/stage.ts';
import { CP, PARTIES, type PartySlug } from '../../../stack/parties.ts';
import type { SupervisedProcess } from '../../../stack/supervision/supervisor.ts';
import type { WebCall } from '../../../stack/web.ts';
import { openListener, type Listener } from './listener.ts';
import { Executioner } from './executioner.ts';
import { NEVER, POLLS } from './worker.ts';
import { Workers } from './workers.ts';
import { openWire } from '../wire.ts';

/** The product's stack, with its workers in the campaign's hands. */
export interface Scene {
  readonly stage: Stage;
  readonly cp: Kysely<CpSchema>;
  readonly maker: Person;
  readonly checker: Person;
  readonly buyer: Buyer;
  readonly cheap: DrillOffer;
  /** Above the amount from which a person has to approve. */
  readonly dear: DrillOffer;
  /** Somebody else's server, which takes alerts. */
  readonly listener: Listener;
  readonly engines: Readonly<Record<PartySlug, Client>>;
  readonly workers: Readonly<Record<PartySlug, Workers>>;
  readonly executioners: Readonly<Record<PartySlug, Executioner>>;
  /** Asks the Control Plane as a person. */
  need<T>(person: Person, path: string, call?: WebCall): Promise<T>;
  /** Buys until there is a trade; its id. */
  buy(offer: DrillOffer): Promise<string>;
  /** One at a time: what sells, and what stops the pair from selling. */
  market<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const MANY = '1000000/60';
/** Shorter than the product's where a run would wait for them; the order stays. */
const ENV = {
  ...{ RATE_LIMIT_BUY: MANY, RATE_LIMIT_BACKOFFICE: MANY, RATE_LIMIT_ADMIN: MANY },
  ...{ RATE_LIMIT_WL: MANY, RATE_LIMIT_TRADER: MANY, RATE_LIMIT_CONTROL: MANY },
  ...{ RATE_LIMIT_TELEMETRY: MANY, RATE_LIMIT_REFUSED: MANY, RATE_LIMIT_SUPPORT: MANY },
  ...{ ORPHAN_SWEEP_SECONDS: '3', WORK_SWEEP_SECONDS: '3', COOL_DOWN_SECONDS: '0' },
  ...{ LEARN_BACKOFF_MAX_MS: '2000', CP_OPERATOR_TOKEN_TTL_SECONDS: '36000' },
};
const NAME = 'steps';
const SLUGS = ['cp', 'exporter', 'importer'] as const;
export const WIDE = '90000000.00';
const DEEP_STOCK = 1_000_000;
const BOUGHT_WITHIN_MS = 30_000;

export interface SceneOptions {
  /** Of an engine's server that has the parties' namespaces. */
  readonly address: string;
  readonly log: (line: string) => void;
}

export async function openScene({ address, log }: SceneOptions): Promise<Scene> {
  const executioners = {
    ...{ cp: new Executioner(), exporter: new Executioner(), importer: new Executioner() },
  };
  const hired = new Map<PartySlug, Workers>();
  const hire = async (process: SupervisedProcess): Promise<void> => {
    const slug = SLUGS.find((one) => process.name === `${one}-worker`) ?? 'cp';
    const trusting = { ...process.env, NODE_EXTRA_CA_CERTS: process.env?.['TLS_CA_FILE'] };
    const workers = new Workers({
      ...{ address, log, overseer: executioners[slug] },
      process: { ...process, env: trusting },
    });
    hired.set(slug, workers);
    await workers.ready();
  };
  const gates: Gate[] = [];
  const close = async (): Promise<void> => {
    await Promise.all([...hired.values(), ...gates].map((one) => one.close()));
  };
  try {
    const stage = await openStage({
      name: NAME,
      env: { ...ENV, TEMPORAL_ADDRESS: address },
      async wire(processes) {
        const gated = await Promise.all(processes.map((process) => gate(process, gates)));
        const isWorker = ({ name }: SupervisedProcess) => name.endsWith('-worker');
        await Promise.all(processes.filter(isWorker).map(hire));
        return gated.filter((process) => !isWorker(process));
      },
    });
    for (const { shut } of gates) shut();
    const found = (slug: PartySlug): Workers => {
      const workers = hired.get(slug);
      if (workers === undefined) throw new Error(`${slug} has no workers`);
      return workers;
    };
    const workers = { cp: found('cp'), exporter: found('exporter'), importer: found('importer') };
    return await furnish({ stage, executioners, workers, address }, close);
  } catch (error) {
    await close();
    throw error;
  }
}

interface Gate {
  /** Its process gets no more work: that is left to the worker. */
  shut(): void;
  close(): Promise<void>;
}

/** The exporter sells: its gateway's second place for purchases would only take the worker's work. */
async function gate(process: SupervisedProcess, gates: Gate[]): Promise<SupervisedProcess> {
  if (process.name !== 'exporter-gateway') return process;
  let isShut = false;
  const wire = await openWire({
    address: process.env?.['TEMPORAL_ADDRESS'] ?? '',
    onAsk: ({ method }) => (isShut && POLLS.has(method) ? NEVER : Promise.resolve()),
  });
  gates.push({
    shut() {
      isShut = true;
      // A poll that stands already would still be answered with work.
      wire.cut();
    },
    close: () => wire.close(),
  });
  return { ...process, env: { ...process.env, TEMPORAL_ADDRESS: wire.address } };
}

interface Bare extends Pick<Scene, 'stage' | 'executioners' | 'workers'> {
  readonly address: string;
}

async function furnish(bare: Bare, closeWorkers: () => Promise<void>): Promise<Scene> {
  const { stage, address } = bare;
  const connection = await Connection.connect({ address });
  const engineOf = (slug: PartySlug): Client => {
    const { namespace = '' } = PARTIES.find((party) => party.slug === slug) ?? {};
    return new Client({ connection, namespace });
  };
  const desk = openCheckout(stage);
  const cp = openControlPlane(stage);
  const listener = await openListener(stage.stack.pki.authority);
  const web = stage.stack.web(CP);
  const [buyer] = await openAccounts(stage, 1);
  await widenLimit(stage, WIDE);
  const [cheap, dear, large] = await putUpOffers(stage, [
    { unitPrice: '12.34', available: DEEP_STOCK, count: 1 },
    { unitPrice: '1200.00', available: DEEP_STOCK, count: 1 },
    { unitPrice: '900.00', available: DEEP_STOCK, count: 1 },
  ]);
  if (buyer === undefined || cheap === undefined || dear === undefined || large === undefined) {
    throw new Error('there is nobody to buy, or nothing');
  }
  // What settlements pay, and what a cut limit is below of.
  await buy(desk, { buyer, offerId: large.offerId, key: randomUUID() });
  return {
    ...{ ...bare, cp, buyer, cheap, dear, listener, market: oneAtATime() },
    maker: await openPerson(stage, 'maker'),
    checker: await openPerson(stage, 'checker'),
    engines: { cp: engineOf('cp'), exporter: engineOf('exporter'), importer: engineOf('importer') },
    need: (person, path, call = {}) => web.need(path, { ...call, bearer: person.token }),
    buy: ({ offerId }) => buy(desk, { buyer, offerId, key: randomUUID() }),
    async close() {
      await Promise.all([desk.close(), cp.destroy(), listener.close()]);
      await connection.close();
      await closeWorkers();
      await stage.close();
    },
  };
}

async function buy(
  { checkout }: CheckoutDesk,
  order: Parameters<CheckoutDesk['checkout']>[0],
): Promise<string> {
  return until('a purchase was taken', BOUGHT_WITHIN_MS, async () => {
    const { tradeId, status } = await checkout(order);
    if (status === 'REJECTED') throw new Error(`the purchase ${tradeId} was refused`);
    return tradeId;
  });
}

function oneAtATime(): Scene['market'] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
