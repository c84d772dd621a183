import { describe, expect, test } from '@jest/globals';
import {
  correlationFrom,
  correlationHeaders,
  currentCorrelation,
  makeTraceparent,
  parseTraceparent,
  withCorrelation,
} from '../../runtime/correlation.ts';
import { createHealth } from '../../runtime/health.ts';
import { createLogger } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { connectTemporal } from '../../runtime/temporal.ts';
import { certificateFacts, wlIdOf, wlSubjectUri } from '../../runtime/tls.ts';
import { createTestPki } from '../support/certificates.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const WL_ID = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
const log = createLogger({ name: 'test', level: 'silent' });

describe('correlation', () => {
  test('continues a well-formed trace with a span of its own', () => {
    const { correlationId, traceparent } = correlationFrom('order:1', TRACE);
    expect(correlationId).toBe('order:1');
    expect(traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(traceparent).not.toBe(TRACE);
  });

  test.each([
    undefined,
    '',
    TRACE.toUpperCase(),
    TRACE.replace('00-', 'ff-'),
    `${TRACE}-x`,
    TRACE.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
    TRACE.replace('00f067aa0ba902b7', '0'.repeat(16)),
  ])('starts a new trace instead of %s', (value) => {
    expect(parseTraceparent(value)).toBeUndefined();
    expect(parseTraceparent(correlationFrom(undefined, value).traceparent)).toBeDefined();
  });

  test('keeps the choice not to sample', () => {
    const parent = parseTraceparent(TRACE.replace(/01$/, '00'));
    expect(parseTraceparent(makeTraceparent(parent))?.sampled).toBe(false);
  });

  test('is carried through asynchronous work and into headers', async () => {
    const correlation = { correlationId: 'c-1', traceparent: TRACE };
    const headers = await withCorrelation(correlation, async () => {
      await Promise.resolve();
      return correlationHeaders();
    });
    expect(headers).toEqual({ 'x-correlation-id': 'c-1', traceparent: TRACE });
    expect(currentCorrelation()).toBeUndefined();
    expect(correlationHeaders()).toEqual({});
  });
});

describe('health', () => {
  test('is ready when every check passes, and not any more once draining', async () => {
    const health = createHealth({ log });
    health.add('database', () => Promise.resolve());
    expect(await health.report()).toEqual({ ready: true, checks: { database: 'ok' } });
    health.drain();
    expect((await health.report()).ready).toBe(false);
  });

  test('counts a check that does not answer as failed', async () => {
    const health = createHealth({ log });
    health.add('engine', () => new Promise(() => undefined));
    expect(await health.report()).toEqual({ ready: false, checks: { engine: 'failed' } });
  });

  test('asks once for many probes', async () => {
    const health = createHealth({ log });
    let asked = 0;
    health.add('database', () => void (asked += 1));
    await Promise.all([health.report(), health.report(), health.report()]);
    expect(asked).toBe(1);
  });
});

test('metrics survive a source that can not be read', async () => {
  const metrics = createMetrics({ process: 'wl-gateway', nodeFigures: false });
  metrics
    .counter({ name: 'holds_total', help: 'Holds', labelNames: ['status'] })
    .inc({ status: 'x' });
  metrics.addSource(() => Promise.resolve('temporal_requests 7'));
  metrics.addSource(() => Promise.reject(new Error('gone')));
  const { text, contentType } = await metrics.render();
  expect(contentType).toContain('text/plain');
  expect(text).toContain('holds_total{status="x",process="wl-gateway"} 1');
  expect(text).toContain('temporal_requests 7');
  expect(text).toContain('metrics_source_failures_total{process="wl-gateway"} 1');
});

test('a certificate tells its party, thumbprint and serial', async () => {
  const pki = await createTestPki();
  const { cert } = await pki.issue({ sanUri: wlSubjectUri(WL_ID), dnsNames: ['a.localhost'] });
  const facts = certificateFacts(cert);
  expect(facts.subjectUri).toBe(`urn:xpory:wl:${WL_ID}`);
  expect(wlIdOf(facts)).toBe(WL_ID);
  expect(facts.serial).toMatch(/^[0-9A-F]+$/);
  expect(facts.notAfter.getTime()).toBeGreaterThan(Date.now());
  const cp = certificateFacts((await pki.issue({ sanUri: 'urn:xpory:cp' })).cert);
  expect(wlIdOf(cp)).toBeUndefined();
  expect(wlIdOf(undefined)).toBeUndefined();
});

test('a Temporal server that is not there is an error that names its variable', async () => {
  const options = { address: '127.0.0.1:1', namespace: 'wl-exporter', log, patienceMs: 1 };
  await expect(connectTemporal(options)).rejects.toThrow(/127\.0\.0\.1:1 \(TEMPORAL_ADDRESS\)/);
});
