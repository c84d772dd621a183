import { readFileSync } from 'node:fs';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';

/**
 * `node stack/compose/ready.ts URL`: exit code 0 where it answers 200. A health check inside the
 * container, which has no curl: it calls 127.0.0.1 and expects the certificate of TLS_HOST. Nothing
 * but Node's own modules, because it starts every few seconds.
 */

const url = new URL(process.argv[2] ?? 'about:blank');
if (!['http:', 'https:'].includes(url.protocol)) {
  process.stderr.write('usage: TLS_HOST=… TLS_CA_FILE=… node stack/compose/ready.ts URL\n');
  process.exit(2);
}
// Readiness checks have a second each; the health checks of docker-compose.yml have five.
const TIMEOUT_MS = 4_000;

const judge = (answer: IncomingMessage): void => {
  answer.resume();
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
};
const request =
  url.protocol === 'http:'
    ? getPlain(url, { timeout: TIMEOUT_MS }, judge)
    : getTls(
        url,
        {
          timeout: TIMEOUT_MS,
          ca: readFileSync(process.env['TLS_CA_FILE'] ?? ''),
          servername: process.env['TLS_HOST'],
          agent: false,
        },
        judge,
      );
request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
request.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
