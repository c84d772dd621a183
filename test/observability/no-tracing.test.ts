import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { openTracing } from '../../runtime/tracing.ts';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url);

/** What a process has loaded of OpenTelemetry after its parts were composed. */
const PROBE = `
  import Module from 'node:module';
  const { createParts } = await import('./workers/compose/process.ts');
  await import('./workers/compose/engine-link.ts');
  await import('./workers/compose/wl-node.ts');
  const endpoint = process.argv[1];
  const parts = await createParts('probe', {
    logLevel: 'silent', shutdownGraceMs: 100, traceEndpoint: endpoint === '' ? undefined : endpoint,
  });
  // The interface alone comes with prom-client, which asks it for exemplars.
  const sdk = /@opentelemetry.(?!api.)/;
  const loaded = Object.keys(Module._cache).some((path) => sdk.test(path));
  process.stdout.write(JSON.stringify({ loaded, on: parts.tracing !== undefined }));
  process.exit(0);
`;

async function probe(endpoint: string): Promise<unknown> {
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', PROBE, endpoint],
    { cwd: ROOT },
  );
  return JSON.parse(stdout);
}

test('without a collector nothing of the OpenTelemetry SDK is loaded', async () => {
  expect(await probe('')).toEqual({ loaded: false, on: false });
}, 60_000);

test('with one it is', async () => {
  expect(await probe('http://127.0.0.1:1')).toEqual({ loaded: true, on: true });
}, 60_000);

test('a collector that is away costs nothing but its spans', async () => {
  const tracing = await openTracing('http://127.0.0.1:1', 'test');
  const span = tracing?.start({ name: 'lost' });
  span?.end();
  await tracing?.close().catch(() => undefined);
  expect(span?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});
