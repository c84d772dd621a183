import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { sql } from 'kysely';
import { pino } from 'pino';
import { callJson, createAgent, type CallAnswer } from '../../activities/clients/agent.ts';
import { createAccount, creditAccount } from '../../db/wl/accounts.ts';
import { applyOfferSync, type ListedOffer } from '../../db/wl/imported-offers.ts';
import { createOffer } from '../../db/wl/offers.ts';
import { requestPurchase, type PurchaseRequest } from '../../db/wl/trades/request.ts';
import { readTrade, type TradeRow } from '../../db/wl/trades/row.ts';
import { minor } from '../../domain/shared/money.ts';
import { checkInvariants, type InvariantRow } from '../../invariants/index.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import { CP_SUBJECT_URI, loadTls } from '../../runtime/tls.ts';
import type { TemporalHandle } from '../../stack/temporal/temporal.ts';
import { testBundle } from './bundles.ts';
import {
  PURCHASE_QUEUE,
  PURCHASE_WORKFLOW,
  purchaseWorkflowId,
  type PurchaseInput,
} from '../../workflows/purchase/contract.ts';
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { eventually, freePort, testFolder } from '../stack/setup.ts';
import { startWlDatabases } from '../wl/database.ts';
import { EXPORTER, IMPORTER } from '../wl/documents.ts';
import { createTestPki, type TestPki } from './certificates.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { introduce, type Governance, type Parties, type Terms } from './governance.ts';
export type { Terms } from './governance.ts';
import { startTestTemporal } from './temporal.ts';
import { startWhiteLabel, type RunningWorker, type WhiteLabel } from './white-label.ts';

export interface BenchOffer {
  /** The importer's own id of it. */
  readonly offerId: string;
  readonly originOfferId: string;
}

export interface OfferWish {
  readonly stock?: number;
  readonly unitPriceMinor?: bigint;
  readonly createdAt?: Date;
}

export interface Buyer {
  readonly accountId: string;
  readonly token: string;
}

/** Two white labels with everything real between them, and a network that does as it is told. */
export interface PurchaseBench extends Parties {
  readonly temporal: TemporalHandle;
  /** The importer's purchase worker in this process; it runs from the start. */
  readonly worker: { start(): Promise<void>; stop(): Promise<void> };
  offer(wish?: OfferWish): Promise<BenchOffer>;
  /** A new member with so much of each currency, minor units. */
  buyer(fundsMinor?: bigint): Promise<Buyer>;
  /** Puts terms in force at the exporter; what is not named is as at the start. */
  govern(terms: Terms): Promise<void>;
  /** The same at the importer. */
  governImporter(terms: Terms): Promise<void>;
  /** A committed request without a workflow; anything but REQUESTED fails the test. */
  request(buyer: Buyer, offer: BenchOffer, change?: Partial<PurchaseRequest>): Promise<string>;
  start(tradeId: string): Promise<void>;
  /** Timers of this purchase pass at once; it parks after the quarter of an hour of production. */
  startSkipping(tradeId: string): Promise<void>;
  /** Through the importer's API, as the buyer's browser does. */
  buy(buyer: Buyer, offer: BenchOffer, change?: BuyChange): Promise<CallAnswer>;
  trade(tradeId: string): Promise<TradeRow>;
  until(tradeId: string, state: TradeRow['state'], withinMs?: number): Promise<TradeRow>;
  /** Waits for the end of its workflow, and answers the row. */
  finished(tradeId: string): Promise<TradeRow>;
  /** The word of an operator on a purchase that waits at the exporter, as the relay brings it. */
  decide(tradeId: string, decision: 'approve' | 'reject'): Promise<CallAnswer>;
  moveClock(party: WhiteLabel, seconds: number): Promise<void>;
  /** Ends all faults, waits until nothing is open, and answers what the books contradict. */
  calm(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface BuyChange {
  readonly key?: string;
  readonly quantity?: number;
  readonly holdId?: string;
  readonly expectedUnitPrice?: string;
}

export interface BenchOptions {
  /** Variables of both white labels. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where other parties take part; else one of its own. */
  readonly pki?: TestPki;
  /** A collector for the traces of both. */
  readonly traceEndpoint?: string;
  /** By a Control Plane of the test's; else what it would say is written down. */
  readonly introduce?: (parties: Parties) => Promise<Governance>;
}

const CONTEXT = { actor: 'test', source: 'test', correlationId: 'test' };
/** 80.00 XEX, what an offer costs unless told. */
export const PRICE = 80_00n;
const FUNDS = 1_000_000_00n;
const CREATED_AT = new Date('2026-01-01T00:00:00.000Z');
const HTTP_TIMEOUT_MS = 30_000;
const CALM_MS = 60_000;
/** Learning soon, so that tests are quick; time for calls, because tests share the machine. */
const ENVIRONMENT = {
  LEARN_BACKOFF_MS: '100',
  LEARN_BACKOFF_MAX_MS: '1000',
  PREFLIGHT_TIMEOUT_MS: '2000',
  CONFIRM_TIMEOUT_MS: '2000',
  BUY_DEADLINE_MS: '8000',
};

/** Starts a database server, an engine, both white labels and the network between them. */
export async function startPurchaseBench(options: BenchOptions = {}): Promise<PurchaseBench> {
  const silent = pino({ level: 'silent' });
  installRuntime(silent);
  const folder = await testFolder();
  const [databases, temporal, pki, { codePath: bundlePath }] = await Promise.all([
    startWlDatabases(['exporter', 'importer']),
    startTestTemporal(folder.path, ['wl-exporter', 'wl-importer']),
    options.pki ?? createTestPki(),
    testBundle('wl'),
  ]);
  const party = (slug: string, wlId: string, currency: string): Promise<WhiteLabel> =>
    startWhiteLabel({
      ...{ slug, wlId, currency, pki, bundlePath, traceEndpoint: options.traceEndpoint },
      folder: folder.path,
      databaseUrl: databases.urlFor(slug),
      temporalAddress: temporal.address,
      environment: { ...ENVIRONMENT, ...options.environment },
    });
  const exporter = await party('exporter', EXPORTER, 'XEX');
  const importer = await party('importer', IMPORTER, 'XIM');
  const agent = createAgent({
    tls: loadTls(importer.config.listen.certificates),
    connections: 64,
    timeouts: { connectMs: HTTP_TIMEOUT_MS },
  });
  const controlPlane = await pki.issue({ sanUri: CP_SUBJECT_URI, dnsNames: ['cp.localhost'] });
  const relay = createAgent({ tls: controlPlane, connections: 4 });
  const network = await startFaultProxy({
    port: await freePort(),
    tls: loadTls(exporter.config.listen.certificates),
    agent,
    target: exporter.url,
  });
  const parties = { exporter, importer, network };
  const governance = await (options.introduce ?? introduce)(parties);
  const background = [
    await exporter.startBackgroundWorker(),
    await importer.startBackgroundWorker(),
  ];
  const worker = purchaseWorkerOf(importer);
  await worker.start();
  const bench: PurchaseBench = {
    ...{ ...parties, temporal, worker },
    ...marketOf(parties, governance),
    ...purchasesOf(parties, agent),
    decide: (tradeId, decision) =>
      callJson({
        agent: relay,
        method: 'POST',
        url: `${exporter.url}/api/v2/trader/purchases/${tradeId}/${decision}`,
        ...(decision === 'reject' && { body: { reason: 'not this time' } }),
        timeoutMs: HTTP_TIMEOUT_MS,
      }),
    calm: () => calm(parties, governance),
    async stop() {
      await Promise.all([worker, ...background].map((running) => running.stop()));
      await network.stop();
      await importer.stop();
      await exporter.stop();
      await Promise.all([agent.close(), relay.close()]);
      await temporal.stop();
      await databases.stop();
      await folder.remove();
    },
  };
  // The first purchase pays for cold code and handshakes; no test's times are about that.
  await bench.buy(await bench.buyer(), await bench.offer());
  return bench;
}

function purchaseWorkerOf(importer: WhiteLabel): PurchaseBench['worker'] {
  let running: RunningWorker | undefined;
  return {
    async start() {
      running ??= await importer.startPurchaseWorker();
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
}

type Market = Pick<
  PurchaseBench,
  'offer' | 'buyer' | 'govern' | 'governImporter' | 'request' | 'moveClock'
>;

function marketOf(parties: Parties, { govern }: Governance): Market {
  const { exporter, importer } = parties;
  const { db, sealer } = importer.node.database;
  const listed: ListedOffer[] = [];
  return {
    async offer({ stock = 1_000, unitPriceMinor = PRICE, createdAt = CREATED_AT } = {}) {
      const category = { id: '7', name: 'Turismo' };
      const entity = { id: 'e1', name: 'Hotel da Serra' };
      const title = 'Diária em hotel na serra';
      const made = await createOffer(
        exporter.node.database.db,
        {
          ...{ title, category, entity, unitPriceMinor, createdAt },
          currency: 'XEX',
          available: stock,
          status: 'ENABLED',
        },
        CONTEXT,
      );
      if (!made.ok) throw new Error(made.code);
      const originOfferId = made.value.offer_id;
      const unitPrice = minor(unitPriceMinor);
      listed.push({
        ...{ originOfferId, title, category, entity, unitPrice },
        currency: 'XEX',
        available: stock,
      });
      await applyOfferSync(db, { wlId: IMPORTER, currency: 'XIM' }, EXPORTER, listed);
      const row = await db
        .selectFrom('imported_offer')
        .select('offer_id')
        .where('origin_offer_id', '=', originOfferId)
        .executeTakeFirstOrThrow();
      return { offerId: row.offer_id, originOfferId };
    },
    async buyer(fundsMinor = FUNDS) {
      const account = { name: 'Ana', email: 'ana@example.com', buyOffer: true };
      const made = await createAccount(db, sealer, account, CONTEXT);
      for (const currency of ['XIM', 'BRL']) {
        const credit = { accountId: made.accountId, currency, amountMinor: fundsMinor };
        const key = { note: 'test', key: currency, fingerprint: currency };
        await creditAccount(db, { ...credit, ...key }, CONTEXT);
      }
      return made;
    },
    govern: (terms) => govern(exporter, terms),
    governImporter: (terms) => govern(importer, terms),
    async request({ accountId }, { offerId }, change = {}) {
      const outcome = await requestPurchase(db, {
        ...{ wlId: IMPORTER, tradeId: randomUUIDv7(), accountId, offerId, quantity: 1 },
        ...{ route: 'test', coolDownSeconds: 0, correlationId: randomUUID() },
        ...change,
      });
      if (outcome.kind !== 'REQUESTED') throw new Error(JSON.stringify(outcome.kind));
      return outcome.trade.trade_id;
    },
    async moveClock({ node }, seconds) {
      await sql`UPDATE clock_offset SET offset_ms = offset_ms + ${seconds * 1_000}::bigint`.execute(
        node.database.db,
      );
    },
  };
}

type Purchases = Pick<
  PurchaseBench,
  'start' | 'startSkipping' | 'buy' | 'trade' | 'until' | 'finished'
>;

/** For a machine that is busy with other tests. */
const UNTIL_MS = 60_000;

function purchasesOf({ importer }: Parties, agent: ReturnType<typeof createAgent>): Purchases {
  const { node, temporal } = importer;
  const trade = async (tradeId: string): Promise<TradeRow> => {
    const row = await readTrade(node.database.db, tradeId);
    if (row === undefined) throw new Error(`no trade ${tradeId}`);
    return row;
  };
  return {
    trade,
    async start(tradeId) {
      await node.starter.startPurchase({ tradeId, exporter: EXPORTER });
    },
    async startSkipping(tradeId) {
      const input: PurchaseInput = {
        ...{ tradeId, importer: IMPORTER, exporter: EXPORTER },
        // Each skip takes the server up to a second: few long waits instead of many short ones.
        timing: { learnBackoffMs: 60_000, learnBackoffMaxMs: 240_000, parkAfterMs: 900_000 },
      };
      await temporal.connection.workflowService.startWorkflowExecution({
        namespace: temporal.namespace,
        workflowId: purchaseWorkflowId(tradeId),
        workflowType: { name: PURCHASE_WORKFLOW },
        taskQueue: { name: PURCHASE_QUEUE },
        input: { payloads: [defaultPayloadConverter.toPayload(input)] },
        requestId: randomUUID(),
        timeSkippingConfig: { enabled: true },
      });
    },
    buy: ({ accountId, token }, { offerId }, change = {}) => {
      const { key = randomUUID(), quantity = 1, ...rest } = change;
      return callJson({
        agent,
        method: 'POST',
        url: `${importer.url}/api/v2/checkout/imported-offer/${offerId}`,
        headers: { 'idempotency-key': key },
        body: { accountId, token, quantity, ...rest },
        timeoutMs: HTTP_TIMEOUT_MS,
      });
    },
    async until(tradeId, state, withinMs = UNTIL_MS) {
      let row = await trade(tradeId);
      const look = async (): Promise<boolean> => (row = await trade(tradeId)).state === state;
      await eventually(`trade ${tradeId} is ${state}`, look, withinMs).catch((error: unknown) => {
        throw new Error(`it is ${row.state} ${row.reason ?? row.parked_reason ?? ''}`, {
          cause: error,
        });
      });
      return row;
    },
    async finished(tradeId) {
      const handle = temporal.client.workflow.getHandle(purchaseWorkflowId(tradeId));
      // A start that was late for its buyer may be on its way still.
      await eventually(`purchase ${tradeId} is known to the engine`, () => isKnown(handle));
      await handle.result();
      return trade(tradeId);
    },
  };
}

async function calm(parties: Parties, { govern }: Governance): Promise<readonly string[]> {
  const { exporter, importer, network } = parties;
  network.heal();
  await network.up();
  await govern(exporter, {});
  await govern(importer, {});
  const { db } = importer.node.database;
  const open = async (): Promise<boolean> => {
    const { rows } = await sql<{ count: bigint }>`
      SELECT count(*) AS count FROM trade
       WHERE cancel_due
          OR state NOT IN ('CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSED')`.execute(db);
    return rows[0]?.count !== 0n;
  };
  await eventually('nothing is open', async () => !(await open()), CALM_MS);
  const rows = await checkInvariants({
    quiet: true,
    parties: [exporter, importer].map(({ config, node }) => ({
      wlId: config.wl.id,
      slug: config.wl.slug,
      db: node.database.db,
    })),
  });
  return rows.flatMap(described);
}

function described({ number, violations }: InvariantRow): string[] {
  return violations.map(({ subject, detail }) => `${number} ${subject}: ${detail}`);
}

async function isKnown(handle: WorkflowHandle): Promise<boolean> {
  try {
    await handle.describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
