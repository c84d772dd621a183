import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { CP, IMPORTER, type Party } from '../../stack/parties.ts';
import { readPage } from '../docs/pages.ts';
import { documentOf, operationsOf, type Documented } from '../docs/openapi-examples.ts';
import { importedOffers, outcomeOf, type Stage } from './stage.ts';

const run = promisify(execFile);
const LONG_MS = 120_000;
const CHEAP = 500;

/** What pages and OpenAPI documents show is done as it stands. */
export function documentedCalls(stage: () => Stage): void {
  test(
    'docs/for-engineers.md: the blocks in curl and in TypeScript buy',
    () => engineersBuy(stage()),
    LONG_MS,
  );
  test.each([
    ['cp', CP],
    ['wl', IMPORTER],
  ] as const)('docs/openapi/%s.json: each executable example is answered by its schema', callAll);

  async function callAll(name: 'cp' | 'wl', party: Party): Promise<void> {
    const document = documentOf(name);
    const operations = operationsOf(document).filter(({ executable }) => executable);
    expect(operations.length).toBeGreaterThan(3);
    for (const operation of operations) {
      const answer = await call(stage(), party, operation);
      const [status] = Object.keys(operation.answers).filter((code) => code.startsWith('2'));
      expect(`${operation.name} ${outcomeOf(answer)}`).toMatch(`${operation.name} ${status}`);
      expect([operation.name, operation.check(String(answer.status), answer.body)]).toEqual([
        operation.name,
        [],
      ]);
    }
  }
}

function call(stage: Stage, party: Party, operation: Documented) {
  const { security, method, path, request, headers } = operation;
  const web = stage.stack.web(party, security.includes('mutualTLS') ? 'importer' : undefined);
  const bearer = security.includes('backofficeKey')
    ? 'backoffice-importer'
    : security.includes('bearer')
      ? stage.masterToken
      : undefined;
  return web.ask(path, {
    method: method.toUpperCase() as 'GET',
    headers,
    ...(bearer === undefined ? {} : { bearer }),
    ...(request === undefined ? {} : { body: request }),
  });
}

async function engineersBuy(stage: Stage): Promise<void> {
  const { ports, pki } = stage.stack;
  const page = readPage('docs/for-engineers.md');
  const [shell = '', script = ''] = ['bash', 'ts'].map(
    (language) => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '',
  );
  const env = {
    ...process.env,
    IMPORTER: `https://localhost:${ports[IMPORTER.ports.tls]}`,
    CA: pki.caPath,
    NODE_EXTRA_CA_CERTS: pki.caPath,
  };
  // What the block leaves in its shell is what the second block is called with.
  const { stdout } = await run('bash', ['-euc', `${shell}\necho "$ID $TOKEN"`], { env });
  const [, own = '{}', account = ''] = stdout.trim().split('\n');
  expect(JSON.parse(stdout.split('\n')[0] ?? '{}')).toMatchObject({
    ok: true,
    status: 'CONFIRMED',
  });
  expect(JSON.parse(own)).toMatchObject({ status: 'CONFIRMED', state: 'CONFIRMED', quantity: 1 });

  const bought = await stage.rows<{ offer_id: string }>(
    IMPORTER,
    'SELECT offer_id FROM trade WHERE trade_id = $1',
    [(JSON.parse(own) as { tradeId: string }).tradeId],
  );
  const other = (await importedOffers(stage)).find(
    ({ offerId, eligible, available, unitPrice }) =>
      eligible && available > 3 && Number(unitPrice) < CHEAP && offerId !== bought[0]?.offer_id,
  );
  const folder = await mkdtemp(join(tmpdir(), 'xpory-page-'));
  try {
    const file = join(folder, 'buy.ts');
    await writeFile(file, script);
    const args = [...account.split(' '), other?.offerId ?? ''];
    const done = await run(process.execPath, [file, ...args], { env, cwd: folder });
    expect(done.stdout).toMatch(/^CONFIRMED [0-9a-f-]{36}/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
