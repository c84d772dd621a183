import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../cli/program.ts';
import { registerBoth, startControlPlane, EXPORTER, MASTER, type Stage } from '../cp/stage.ts';
import { eventOf, purchase, send, sender } from '../cp/telemetry/events.ts';
import type { Json } from '../../domain/shared/canonical.ts';
import { testFolder, type TestFolder } from '../stack/setup.ts';

const LONG_MS = 60_000;
const TRADE = 'a0000000-0000-4000-8000-000000000001';

let stage: Stage;
let folder: TestFolder;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await testFolder();
  stage = await startControlPlane();
  await registerBoth(stage);
  const exporter = await sender(stage, EXPORTER);
  const data = purchase({ tradeId: TRADE }) as unknown as Json;
  await send(stage, exporter, [eventOf(exporter, { data })]);
  const ca = join(folder.path, 'ca.crt');
  await writeFile(ca, stage.pki.ca);
  const { email, password } = MASTER;
  env = { XWL_CA: ca, XWL_EMAIL: email, XWL_PASSWORD: password, XWL_URL: stage.origin };
}, LONG_MS);
afterAll(async () => {
  await stage.stop();
  await folder.remove();
});

async function xwl(line: string, change: Record<string, string | undefined> = {}) {
  let out = '';
  let complaints = '';
  const code = await runCommand(line.split(' '), {
    env: { ...env, ...change },
    write: (text) => (out += text),
    complain: (text) => (complaints += text),
  });
  return { code, out, complaints };
}

test('evidence is fetched and verified, and one changed byte is told with exit code 1', async () => {
  const file = join(folder.path, 'bundle.json');
  expect(await xwl(`trade evidence ${TRADE} -o ${file}`)).toMatchObject({ code: 0 });
  const good = await xwl(`verify ${file}`);
  expect(good).toMatchObject({ code: 0, out: expect.stringContaining('\nverified\n') });
  expect(good.out).toContain('was taken from the bundle itself');
  const { kid } = JSON.parse((await xwl(`verify ${file} --json`)).out) as { kid: string };
  const pinned = await xwl(`verify ${file} --cp-key ${kid}`);
  expect(pinned).toMatchObject({ code: 0, out: expect.not.stringContaining('note') });
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('"quantity":3', '"quantity":4'));
  const bad = await xwl(`verify ${file}`);
  expect(bad.code).toBe(1);
  expect(bad.out).toContain('WRONG     hash: part events is not what the manifest names');
});

test('a JWKS that does not hold the key is told', async () => {
  const bundle = join(folder.path, 'other.json');
  await xwl(`trade evidence ${TRADE} -o ${bundle}`);
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'other', sub: 'control-plane' }];
  const file = join(folder.path, 'jwks.json');
  await writeFile(file, JSON.stringify({ keys }));
  const answer = await xwl(`verify ${bundle} --jwks ${file} --json`);
  expect(answer.code).toBe(1);
  expect(JSON.parse(answer.out)).toMatchObject({
    verified: false,
    trust: 'PINNED',
    findings: [{ check: 'signature', subject: 'manifest' }],
  });
});

test('the chain is verified by asking the Control Plane', async () => {
  const answer = await xwl('audit verify --remote --json');
  expect(answer.code).toBe(0);
  expect(JSON.parse(answer.out)).toMatchObject({ verified: true, chains: [{ verified: true }] });
});

test('exit codes tell what to do: 1 refused, 2 the call is wrong, 3 nobody is there', async () => {
  expect((await xwl('trade evidence unknown -o nowhere')).code).toBe(1);
  expect((await xwl('audit verify --remote', { XWL_PASSWORD: 'wrong' })).code).toBe(1);
  for (const line of ['bogus', 'verify', 'verify no-such-file', 'trade evidence x']) {
    const { code, complaints } = await xwl(line);
    expect([line, code, complaints === '']).toEqual([line, 2, false]);
  }
  const nobody = { XWL_EMAIL: undefined };
  expect((await xwl('audit verify --remote', nobody)).code).toBe(2);
  expect((await xwl(`audit verify --data-dir ${folder.path}`)).code).toBe(2);
  const away = { XWL_URL: 'https://cp.localhost:1' };
  expect((await xwl('audit verify --remote', away)).code).toBe(3);
  const url = 'postgres://nobody:x@127.0.0.1:1/none';
  const databases = {
    DATABASE_URL_CP: url,
    DATABASE_URL_EXPORTER: url,
    DATABASE_URL_IMPORTER: url,
  };
  expect((await xwl('audit verify', databases)).code).toBe(3);
  expect((await xwl('--help')).code).toBe(0);
});
