import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url);

describe('the image', () => {
  test.each(['cp-api', 'cp-worker', 'wl-gateway', 'wl-worker'])(
    'workers/%s.ts says what it has to be told',
    async (entry) => {
      const failure = await run(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', `workers/${entry}.ts`],
        { cwd: ROOT, env: { PATH: process.env['PATH'] } },
      ).catch((error: { code: number; stderr: string }) => error);
      expect(failure).toMatchObject({ code: 1 });
      expect(failure.stderr).toMatch(/DATABASE_URL: is missing/);
      expect(failure.stderr).toMatch(/TLS_CERT_FILE: is missing/);
    },
    30_000,
  );

  test('stack/postgres/migrate.ts says how it is used', async () => {
    const failure = await run(process.execPath, ['stack/postgres/migrate.ts'], { cwd: ROOT }).catch(
      (error: { code: number; stderr: string }) => error,
    );
    expect(failure).toMatchObject({ code: 2 });
    expect(failure.stderr).toMatch(/DATABASE_URL=/);
  });

  test('names only entry points that are there', async () => {
    const dockerfile = await readFile(new URL('Dockerfile', ROOT), 'utf8');
    const named = dockerfile.match(/(?:workers|stack)\/[\w/-]+\.ts/g) ?? [];
    expect(new Set(named)).toEqual(
      new Set(
        ['workers/cp-api.ts', 'workers/wl-gateway.ts'].concat([
          'stack/postgres/migrate.ts',
          'stack/bundles/build-bundle.ts',
        ]),
      ),
    );
    for (const path of named) await access(new URL(path, ROOT));
  });
});
