import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { pino } from 'pino';
import { createAgent } from '../../../activities/clients/agent.ts';
import { createApprovalRelayActivities } from '../../../activities/approval-relay/activities.ts';
import { certificateFacts } from '../../../runtime/tls.ts';
import { installRuntime } from '../../../runtime/temporal.ts';
import { testBundle } from '../../support/bundles.ts';
import { CP_TASK_QUEUE } from '../../../workflows/policy-revision/contract.ts';
import { testFolder } from '../../stack/setup.ts';
import { startTestTemporal } from '../../support/temporal.ts';
import { EXPORTER, IMPORTER, startControlPlane, type Stage } from '../stage.ts';

/** An exporter that decides a purchase once, as the real one does, and may be out of order. */
export interface ExporterDouble {
  /** What its row says of a trade; a person there may decide by setting it. */
  readonly rows: Map<string, { status: string; reason?: string }>;
  /** Statuses with which the next calls are answered instead; 0 breaks the connection. */
  readonly failures: number[];
  readonly calls: { readonly path: string; readonly body: unknown; readonly by: string }[];
}

export interface ApprovalBench {
  readonly cp: Stage;
  readonly client: Client;
  readonly exporter: ExporterDouble;
  /** A purchase that waits at the exporter, as its event tells; half of its time may be over. */
  waiting(options?: { readonly isHalfOver?: boolean }): Promise<string>;
  start(workflowId: string): Promise<void>;
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

const NAMESPACE = 'cp';
const SILENT = pino({ level: 'silent' });

/** Control Plane, engine, a worker with the steps of approvals, and an exporter that is a double. */
export async function startApprovalBench(): Promise<ApprovalBench> {
  installRuntime(SILENT);
  const folder = await testFolder();
  const temporal = await startTestTemporal(folder.path, [NAMESPACE]);
  const connection = await NativeConnection.connect({ address: temporal.address });
  const cp = await startControlPlane();
  const exporter = await startExporter(cp);
  const agent = createAgent({
    tls: await cp.pki.issue({ sanUri: 'urn:xpory:cp' }),
    connections: 2,
  });
  const bundle = await testBundle('cp');
  let running: { readonly worker: Worker; readonly done: Promise<void> } | undefined;
  const startWorker = async (): Promise<void> => {
    const worker = await Worker.create({
      ...{ connection, namespace: NAMESPACE, taskQueue: CP_TASK_QUEUE, workflowBundle: bundle },
      activities: createApprovalRelayActivities({
        ...{ db: cp.db, agent },
        peerUrlOf: () => Promise.resolve(exporter.url),
      }),
    });
    running = { worker, done: worker.run() };
  };
  const stopWorker = async (): Promise<void> => {
    running?.worker.shutdown();
    await running?.done;
    running = undefined;
  };
  await startWorker();
  return {
    ...{ cp, exporter, startWorker, stopWorker },
    client: new Client({ connection, namespace: NAMESPACE }),
    waiting: ({ isHalfOver = false } = {}) => addWaiting(cp, exporter, isHalfOver),
    async start(workflowId) {
      const order = await cp.db
        .selectFrom('work_order')
        .selectAll()
        .where('workflow_id', '=', workflowId)
        .executeTakeFirstOrThrow();
      await connection.workflowService.startWorkflowExecution({
        ...{ namespace: NAMESPACE, workflowId, requestId: randomUUID() },
        workflowType: { name: order.workflow },
        taskQueue: { name: CP_TASK_QUEUE },
        input: { payloads: [defaultPayloadConverter.toPayload(order.input)] },
        timeSkippingConfig: { enabled: true },
      });
    },
    async stop() {
      await stopWorker();
      await connection.close();
      await agent.close();
      exporter.close();
      await cp.stop();
      await temporal.stop();
      await folder.remove();
    },
  };
}

const DECISION_PATH = /^\/api\/v2\/trader\/purchases\/([^/]+)\/(approve|reject)$/;

async function startExporter(cp: Stage) {
  const tls = await cp.pki.issue({
    sanUri: `urn:xpory:wl:${EXPORTER}`,
    dnsNames: ['wl-exporter.localhost'],
  });
  const double: ExporterDouble = { rows: new Map(), failures: [], calls: [] };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const certificate = (request.socket as TLSSocket).getPeerX509Certificate();
    const by = (certificate && certificateFacts(certificate).subjectUri) ?? 'nobody';
    const path = request.url ?? '';
    double.calls.push({ path, body, by });
    const failure = double.failures.shift();
    if (failure === 0) return void request.socket.destroy();
    const answer = failure === undefined ? decide(double, path) : undefined;
    const status = failure ?? (answer === undefined ? 404 : 200);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { code: status === 404 ? 'NOT_FOUND' : 'INTERNAL' }));
  };
  const server = createServer({ ...tls, requestCert: true }, (request, response) => {
    respond(request, response).catch((error: Error) => request.socket.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...double,
    url: `https://wl-exporter.localhost:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The first decision counts; a second one gets its answer. */
function decide({ rows }: ExporterDouble, path: string) {
  const [, tradeId = '', verb] = DECISION_PATH.exec(path) ?? [];
  const row = rows.get(tradeId);
  if (row === undefined) return undefined;
  if (row.status === 'PENDING') {
    const decided =
      verb === 'approve'
        ? { status: 'CONFIRMED' }
        : { status: 'REJECTED', reason: 'MANUAL_REJECT' };
    rows.set(tradeId, decided);
    return decided;
  }
  return row;
}

async function addWaiting(
  { db }: Stage,
  { rows }: ExporterDouble,
  isHalfOver: boolean,
): Promise<string> {
  const tradeId = randomUUID();
  rows.set(tradeId, { status: 'PENDING' });
  const since = new Date(Date.now() - (isHalfOver ? 13 : 1) * 3_600_000);
  const document = {
    ...{ tradeId, offer: { id: 'offer-1', title: 'Rede de descanso', category: 'Casa' } },
    ...{ quantity: 2, unitPrice: '800.00', amount: '1600.00', currency: 'XEX' },
    buyerMasked: 'qa***@xpory.local',
    approvalDeadline: new Date(since.getTime() + 24 * 3_600_000).toISOString(),
  };
  await sql`INSERT INTO trade (importer, exporter, trade_id, exporter_version, exporter_status,
      exporter_document, exporter_event_id, exporter_occurred_at, status, search, started_at)
    VALUES (${IMPORTER}, ${EXPORTER}, ${tradeId}, 2, 'PENDING', ${JSON.stringify(document)},
      ${randomUUID()}, ${since}, 'PENDING', '', ${since})`.execute(db);
  return tradeId;
}
