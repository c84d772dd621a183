import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { callJson, createAgent, type CallAnswer } from '../../activities/clients/agent.ts';
import { loadTls } from '../../runtime/tls.ts';
import { purchaseWorkflowId } from '../../workflows/purchase/contract.ts';
import { eventually } from '../stack/setup.ts';
import { answering } from '../support/fault-proxy.ts';
import { startPurchaseBench, type PurchaseBench } from '../support/purchase-bench.ts';
import { figuresInPage } from '../support/figures.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import {
  startTraceCollector,
  type CollectedSpan,
  type TraceCollector,
} from '../support/trace-collector.ts';

const LONG_MS = 120_000;
const TIMEOUT_MS = 30_000;

let collector: TraceCollector;
let bench: PurchaseBench;
beforeAll(async () => {
  collector = await startTraceCollector();
  bench = await startPurchaseBench({ traceEndpoint: collector.endpoint });
}, LONG_MS);
afterAll(async () => {
  await bench.stop();
  await collector.stop();
}, LONG_MS);

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** By their start, which is in whole milliseconds; of one, a cause stands before its effect. */
function inOrder(spans: readonly CollectedSpan[]): CollectedSpan[] {
  const parents = new Map(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]));
  const depth = ({ spanId }: CollectedSpan): number => {
    let steps = 0;
    for (let at = parents.get(spanId); at !== undefined; at = parents.get(at)) steps += 1;
    return steps;
  };
  return spans.toSorted((a, b) => Number(a.startNs - b.startNs) || depth(a) - depth(b));
}

interface Traced {
  readonly traceId: string;
  readonly buyerSpan: string;
  readonly correlationId: string;
  readonly tradeId: string;
  readonly spans: readonly CollectedSpan[];
}

/** A buy with a trace of the buyer's own, once its spans with `names` have arrived. */
async function buyTraced(names: readonly string[]): Promise<Traced> {
  const agent = createAgent({
    tls: loadTls(bench.importer.config.listen.certificates),
    connections: 1,
    timeouts: { connectMs: TIMEOUT_MS },
  });
  const [traceId, buyerSpan, correlationId] = [hex(16), hex(8), randomUUID()];
  const { accountId, token } = await bench.buyer();
  const { offerId } = await bench.offer();
  const answer: CallAnswer = await callJson({
    agent,
    method: 'POST',
    url: `${bench.importer.url}/api/v2/checkout/imported-offer/${offerId}`,
    headers: {
      traceparent: `00-${traceId}-${buyerSpan}-01`,
      'x-correlation-id': correlationId,
      'idempotency-key': randomUUID(),
    },
    body: { accountId, token, quantity: 1 },
    timeoutMs: TIMEOUT_MS,
  });
  await agent.close();
  const { tradeId } = answer.body as { tradeId: string };
  // Each party sends its own spans when it comes to it: a name that stands twice is waited for twice.
  const missing = (): string[] => {
    const arrived = collector.spans(traceId).map(({ name }) => name);
    return names.filter((name) => {
      const at = arrived.indexOf(name);
      if (at >= 0) arrived.splice(at, 1);
      return at < 0;
    });
  };
  await eventually('the spans have arrived', async () => missing().length === 0, TIMEOUT_MS).catch(
    (cause: unknown) => {
      throw new Error(`missing: ${missing().join(', ')}`, { cause });
    },
  );
  const spans = inOrder(collector.spans(traceId));
  return { traceId, buyerSpan, correlationId, tradeId, spans };
}

const CHECKOUT = 'POST /api/v2/checkout/imported-offer/:offerId';
const PREFLIGHT = 'POST /api/v2/trader/purchase/preflight';
const CONFIRM = 'POST /api/v2/trader/purchase';
const PATH = [CHECKOUT, 'start purchase', 'purchase/reserve', PREFLIGHT, PREFLIGHT].concat([
  'purchase/fund',
  'purchase/confirm',
  CONFIRM,
  CONFIRM,
  'purchase/settle',
]);

describe('one purchase is one trace', () => {
  let bought: Traced;
  beforeAll(async () => {
    bought = await buyTraced(PATH);
  }, LONG_MS);

  test("from the buyer's own span through both white labels to the settle, in order", () => {
    const { spans, buyerSpan } = bought;
    const named = spans.filter(({ name }) => name !== 'transaction');
    expect(named.map(({ name }) => name)).toEqual(PATH);
    expect(named[0]?.parentSpanId).toBe(buyerSpan);
    expect(named.map(({ service }) => service.split('/')[0])).toEqual(
      PATH.map((name, at) => (PATH.indexOf(name) < at ? 'exporter' : 'importer')),
    );
  });

  test('each span hangs on the one that caused it', () => {
    const { spans, buyerSpan } = bought;
    const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]));
    nameOf.set(buyerSpan, 'buyer');
    const edges = spans.map(({ name, parentSpanId }) => `${nameOf.get(parentSpanId)} > ${name}`);
    expect(edges.toSorted((a, b) => a.localeCompare(b))).toEqual(
      [
        `buyer > ${CHECKOUT}`,
        `${CHECKOUT} > transaction`,
        `${CHECKOUT} > start purchase`,
        'start purchase > purchase/reserve',
        `purchase/reserve > ${PREFLIGHT}`,
        `${PREFLIGHT} > ${PREFLIGHT}`,
        `${PREFLIGHT} > transaction`,
        'start purchase > purchase/fund',
        'purchase/fund > transaction',
        'start purchase > purchase/confirm',
        `purchase/confirm > ${CONFIRM}`,
        `${CONFIRM} > ${CONFIRM}`,
        `${CONFIRM} > transaction`,
        'start purchase > purchase/settle',
        'purchase/settle > transaction',
      ].toSorted((a, b) => a.localeCompare(b)),
    );
    expect(spans.filter(({ failed }) => failed)).toEqual([]);
  });

  test('the correlation id is on both sides, the trade on its steps, and no person anywhere', () => {
    const { spans, correlationId, tradeId } = bought;
    const correlated = spans.filter(
      ({ attributes }) => attributes['xpory.correlation_id'] === correlationId,
    );
    expect(new Set(correlated.map(({ service }) => service)).size).toBe(2);
    const settle = spans.find(({ name }) => name === 'purchase/settle');
    expect(settle?.attributes).toMatchObject({
      'temporal.workflow.id': purchaseWorkflowId(tradeId),
      'temporal.activity.local': 'true',
    });
    for (const secret of ['ana@example.com', '"Ana"', 'Bearer']) {
      expect(collector.text()).not.toContain(secret);
    }
  });

  test('its history replays on the same code, and holds the trace in one header only', async () => {
    const { tradeId, traceId } = bought;
    const handle = bench.importer.temporal.client.workflow.getHandle(purchaseWorkflowId(tradeId));
    await handle.result();
    const history = await handle.fetchHistory();
    const options: ReplayWorkerOptions & { debugMode: boolean } = {
      workflowBundle: { codePath: bench.importer.environment['WORKFLOW_BUNDLE'] ?? '' },
      debugMode: false,
    };
    await Worker.runReplayHistory(options, history, purchaseWorkflowId(tradeId));
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    const header = started?.header?.fields?.['traceparent']?.data;
    expect(Buffer.from(header ?? []).toString()).toContain(traceId);
  });
});

test(
  'a call that fails is a failed span for each attempt, under the step that made it',
  async () => {
    bench.network.on('confirm', answering(503), 2);
    const { spans } = await buyTraced(['purchase/markUncertain']);
    const step = spans.find(({ name }) => name === 'purchase/confirm');
    const attempts = spans.filter(
      ({ name, parentSpanId }) => name === CONFIRM && parentSpanId === step?.spanId,
    );
    expect(attempts.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([
      '503',
      '503',
    ]);
    await bench.calm();
  },
  LONG_MS,
);

describe('a worker as a process of its own', () => {
  let worker: WorkerProcess;
  let page = '';
  beforeAll(async () => {
    const environment: Record<string, string> = {
      ...bench.importer.environment,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    };
    // The standby runs this purchase: nobody else polls, and its figures have a reason to be there.
    await bench.worker.stop();
    worker = await startWorkerProcess({ ...bench.importer, environment });
    await bench.finished(await requested());
    const answer = await fetch(`http://127.0.0.1:${environment['WORKER_HTTP_PORT']}/metrics`);
    page = await answer.text();
  }, LONG_MS);
  afterAll(() => worker.end(), LONG_MS);

  async function requested(): Promise<string> {
    const tradeId = await bench.request(await bench.buyer(), await bench.offer());
    await bench.start(tradeId);
    return tradeId;
  }

  test('serves the figures that the page says it has', () => {
    const expected = [...figuresInPage()].filter(([, { processes }]) =>
      processes.some((name) => name === 'wl-worker' || name === 'all'),
    );
    const missing = expected.filter(([name]) => !page.includes(`# TYPE ${name} `));
    expect(missing.map(([name]) => name)).toEqual([]);
    expect(page).toMatch(/^purchases_open\{state="NEEDS_ATTENTION",process="wl-worker"\} 0$/m);
    expect(page).toMatch(/^metrics_source_failures_total\{process="wl-worker"\} 0$/m);
    expect(page).toMatch(/^purchase_outcomes_total\{status="CONFIRMED",reason="none",.*\} 1$/m);
  });

  test("appends the SDK's own, those of the dashboard among them", () => {
    expect(page).toMatch(/^temporal_workflow_task_execution_latency_bucket\{/m);
    expect(page).toMatch(/^nodejs_eventloop_lag_p99_seconds\{/m);
    const names = new Set(page.match(/^temporal_\w+/gm));
    expect(names.size).toBeGreaterThan(10);
  });

  test('sends its spans under its own name', async () => {
    const isThere = async (): Promise<boolean> =>
      collector
        .spans()
        .some((span) => span.service === 'importer/wl-worker' && span.name === 'purchase/settle');
    await eventually('its spans have arrived', isThere, TIMEOUT_MS);
  });
});

test('a gateway serves the figures that the page says it has', async () => {
  const agent = createAgent({
    tls: loadTls(bench.importer.config.listen.certificates),
    connections: 1,
    timeouts: { connectMs: TIMEOUT_MS },
  });
  const url = `${bench.exporter.url}/metrics`;
  const { text } = await callJson({ agent, method: 'GET', url, timeoutMs: TIMEOUT_MS });
  await agent.close();
  const expected = [...figuresInPage()].filter(([, { processes }]) =>
    processes.some((name) => name === 'wl-gateway' || name === 'all'),
  );
  expect(expected.filter(([name]) => !text.includes(`# TYPE ${name} `))).toEqual([]);
  expect(text).toMatch(/^trader_answers_total\{call="confirm",status="CONFIRMED",/m);
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-7/);
});
