import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { sql } from 'kysely';
import { certificateFacts } from '../../../runtime/tls.ts';
import { EXPORTER, IMPORTER, type Stage } from '../stage.ts';

interface Double {
  /** What its row says of a trade; a person there may decide by setting it. */
  readonly rows: Map<string, { status: string; reason?: string }>;
  /** Statuses with which the next calls are answered instead; 0 breaks the connection. */
  readonly failures: number[];
  readonly calls: { readonly path: string; readonly body: unknown; readonly by: string }[];
  /** Trades in the order in which calls have decided them. */
  readonly decisions: string[];
}

/** An exporter that decides a purchase once, as the real one does, and may be out of order. */
export interface DecidingExporter extends Double {
  readonly url: string;
  /**
   * Until then calls have their effect and get no answer; afterwards they are answered again.
   * Resolves when the first one has had its effect.
   */
  holdAnswers(until: Promise<void>): Promise<void>;
  close(): void;
}

const DECISION_PATH = /^\/api\/v2\/trader\/purchases\/([^/]+)\/(approve|reject)$/;

/** Answers as EXPORTER, over mTLS. */
export async function startDecidingExporter(cp: Stage): Promise<DecidingExporter> {
  const tls = await cp.pki.issue({
    sanUri: `urn:xpory:wl:${EXPORTER}`,
    dnsNames: ['wl-exporter.localhost'],
  });
  const double: Double = { rows: new Map(), failures: [], calls: [], decisions: [] };
  const held = Promise.withResolvers<void>();
  let hold: Promise<void> | undefined;
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
    if (hold !== undefined) {
      held.resolve();
      await hold;
      return void request.socket.destroy();
    }
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
    holdAnswers(until) {
      hold = until.finally(() => (hold = undefined));
      return held.promise;
    },
    url: `https://wl-exporter.localhost:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The first decision counts; a second one gets its answer. */
function decide({ rows, decisions }: Double, path: string) {
  const [, tradeId = '', verb] = DECISION_PATH.exec(path) ?? [];
  const row = rows.get(tradeId);
  if (row === undefined) return undefined;
  if (row.status === 'PENDING') {
    const decided =
      verb === 'approve'
        ? { status: 'CONFIRMED' }
        : { status: 'REJECTED', reason: 'MANUAL_REJECT' };
    rows.set(tradeId, decided);
    decisions.push(tradeId);
    return decided;
  }
  return row;
}

/** A purchase that waits at the exporter, as its event tells; half of its time may be over. */
export async function addWaiting(
  { db }: Stage,
  { rows }: Pick<Double, 'rows'>,
  { isHalfOver = false }: { readonly isHalfOver?: boolean } = {},
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
