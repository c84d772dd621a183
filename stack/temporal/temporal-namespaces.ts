import { once } from 'node:events';
import { connect } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { StackError, messageOf } from '../errors.ts';

const IndexedValueType = proto.temporal.api.enums.v1.IndexedValueType;

export type SearchAttributeType =
  'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList';

/** What workflows are found by; plaintext in the engine, so ids and states only. */
export const SEARCH_ATTRIBUTES = {
  TradeStatus: 'Keyword',
  Importer: 'Keyword',
  Exporter: 'Keyword',
  Reason: 'Keyword',
  TradeId: 'Keyword',
  Parked: 'Bool',
} as const satisfies Readonly<Record<string, SearchAttributeType>>;

const INDEXED_VALUE_TYPES = {
  Text: IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  Double: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
  Bool: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
  Datetime: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
  KeywordList: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
} as const satisfies Readonly<Record<SearchAttributeType, number>>;

export type NamespaceOptions = {
  readonly address: string;
  readonly namespaces: readonly string[];
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
};

const CALL_TIMEOUT_MS = 2_000;
const POLL_MS = 100;
// A server's registry of namespaces and attributes is refreshed every few seconds.
const EXTERNAL_READY_MS = 30_000;
// It is said to run already.
const EXTERNAL_LISTENING_MS = 5_000;
// How long finished workflows stay readable; the trade rows are what counts.
const RETENTION_MS = 7 * 86_400_000;
const ALREADY_EXISTS = 6;

/**
 * A namespace answers when a query over all search attributes does: describing it reads another
 * place, and can say yes while starts are still refused.
 */
export async function waitForNamespaces(
  options: NamespaceOptions,
  signal: AbortSignal,
): Promise<void> {
  await untilListening(options.address, signal);
  const connection = Connection.lazy({ address: options.address });
  const names = Object.keys(options.searchAttributes ?? SEARCH_ATTRIBUTES);
  const query = names.map((name) => `${name} IS NULL`).join(' AND ');
  try {
    for (const namespace of options.namespaces) {
      while (!(await answers({ connection, namespace, query, signal }))) {
        await delay(POLL_MS, undefined, { signal });
      }
    }
  } finally {
    await connection.close();
  }
}

/**
 * gRPC backs off by seconds after a refused connection, and its timer outlives the connection: it
 * is asked only once somebody speaks HTTP/2 there.
 */
async function untilListening(address: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const session = connect(`http://${address}`);
    try {
      await once(session, 'remoteSettings', { signal });
      return;
    } catch {
      // Refused, cut, or told to stop: the next line tells which.
      await delay(POLL_MS, undefined, { signal });
    } finally {
      session.on('error', () => undefined);
      session.destroy();
    }
  }
}

type Question = {
  readonly connection: Connection;
  readonly namespace: string;
  readonly query: string;
  readonly signal: AbortSignal;
};

async function answers({ connection, namespace, query, signal }: Question): Promise<boolean> {
  const ask = (): Promise<unknown> =>
    connection.workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1 });
  const inTime = (): Promise<unknown> => connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, ask);
  return connection.withAbortSignal(signal, inTime).then(
    () => true,
    // Refused connection, unknown namespace or attribute: not there yet.
    () => false,
  );
}

/** For a server that is not ours (TEMPORAL_ADDRESS): makes what is missing and waits for it. */
export async function ensureNamespaces(options: NamespaceOptions): Promise<void> {
  const within = AbortSignal.timeout(EXTERNAL_READY_MS);
  const connection = Connection.lazy({ address: options.address });
  const attributes = Object.entries(options.searchAttributes ?? SEARCH_ATTRIBUTES);
  const types = attributes.map(([name, type]) => [name, INDEXED_VALUE_TYPES[type]] as const);
  try {
    await untilListening(options.address, AbortSignal.timeout(EXTERNAL_LISTENING_MS));
    for (const namespace of options.namespaces) {
      await ensureOne(connection, namespace, Object.fromEntries(types));
    }
    await waitForNamespaces(options, within);
  } catch (error) {
    throw new StackError({
      code: 'TEMPORAL_NOT_READY',
      message: `The Temporal server at TEMPORAL_ADDRESS=${options.address} can't be used.`,
      details: [messageOf(error)],
      wayOut: [
        'Check that it runs and that namespaces may be made on it, or unset TEMPORAL_ADDRESS',
        'so that the stack starts its own.',
      ],
      cause: error,
    });
  } finally {
    await connection.close();
  }
}

async function ensureOne(
  connection: Connection,
  namespace: string,
  searchAttributes: Readonly<Record<string, number>>,
): Promise<void> {
  const call = <T>(request: () => Promise<T>): Promise<T> =>
    connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, request);
  await call(() =>
    connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs(RETENTION_MS),
    }),
  ).catch(acceptExisting);
  const deadline = Date.now() + EXTERNAL_READY_MS;
  for (;;) {
    try {
      await call(() =>
        connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
      ).catch(acceptExisting);
      return;
    } catch (error) {
      // A namespace made just now is unknown to the operator service for a moment.
      if (Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}

function acceptExisting(error: { code?: unknown }): void {
  if (error.code !== ALREADY_EXISTS) throw error;
}
