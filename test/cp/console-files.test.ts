import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { serveConsole } from '../../api/cp/console/files.ts';
import { testFolder, type TestFolder } from '../stack/setup.ts';

const SCRIPT = 'export const words = "words and words and words";\n'.repeat(50);
let folder: TestFolder;
let server: Server;
let origin: string;

beforeAll(async () => {
  folder = await testFolder();
  await mkdir(`${folder.path}/assets`);
  await writeFile(`${folder.path}/assets/page-Ab1.js`, SCRIPT);
  await writeFile(`${folder.path}/index.html`, '<!doctype html>');
  const app = express();
  serveConsole(app, folder.path);
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/admin`;
});
afterAll(async () => {
  server.close();
  await folder.remove();
});

const ask = (path: string, encodings: string) =>
  fetch(`${origin}${path}`, { headers: { 'accept-encoding': encodings } });

test('a script comes compressed to who takes that, and is the same script', async () => {
  for (const time of ['first', 'second']) {
    const answer = await ask('/assets/page-Ab1.js', 'gzip, br');
    expect([time, answer.headers.get('content-encoding')]).toEqual([time, 'gzip']);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(answer.headers.get('content-type')).toContain('text/javascript');
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(SCRIPT.length / 4);
    expect(await answer.text()).toBe(SCRIPT);
  }
});

test('who takes no compression gets it as it is', async () => {
  const answer = await ask('/assets/page-Ab1.js', 'identity');
  expect(answer.headers.get('content-encoding')).toBeNull();
  expect(await answer.text()).toBe(SCRIPT);
});

test('what is not there is not found, now and once it is there', async () => {
  expect((await ask('/assets/later-Cd2.js', 'gzip')).ok).toBe(false);
  await writeFile(`${folder.path}/assets/later-Cd2.js`, SCRIPT);
  expect(await (await ask('/assets/later-Cd2.js', 'gzip')).text()).toBe(SCRIPT);
});

test.each(['/../../etc/passwd', '/%2e%2e/%2E%2e/etc/passwd', '/..', '/./x'])(
  '%s is no page, though any other address is the first one',
  async (path) => {
    const statusOf = (wanted: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        // As it stands: fetch would resolve the dots before it sends.
        get({ ...addressOf(server), path: `/admin${wanted}` }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).on('error', reject);
      });
    expect(await statusOf('/trades/..x')).toBe(200);
    expect(await statusOf(path)).not.toBe(200);
  },
);

function addressOf(listening: Server): { readonly host: string; readonly port: number } {
  return { host: '127.0.0.1', port: (listening.address() as AddressInfo).port };
}
