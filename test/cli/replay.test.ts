import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Parting } from '../../cli/replay/parting.ts';
import { HISTORIES } from '../replay/histories.ts';
import { testFolder, type TestFolder } from '../stack/setup.ts';
import { createXwl } from './xwl.ts';

const LONG_MS = 120_000;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CONFIRMED = join(HISTORIES, 'purchase/v1/CONFIRMED.none.json');

const xwl = createXwl({});
let folder: TestFolder;

beforeAll(async () => {
  folder = await testFolder();
});
afterAll(() => folder.remove());

/** The workflow code with one piece of the purchase changed on purpose; its entry file. */
async function changedCode(name: string, [from, to]: readonly [string, string]): Promise<string> {
  const copy = join(folder.path, name);
  for (const part of ['workflows', 'domain']) {
    await cp(join(ROOT, part), join(copy, part), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  await writeFile(join(copy, 'package.json'), '{"type":"module"}');
  const file = join(copy, 'workflows/purchase/workflow.ts');
  const text = await readFile(file, 'utf8');
  if (!text.includes(from)) throw new Error(`the workflow no longer says: ${from}`);
  await writeFile(
    file,
    text.replace(from, () => to),
  );
  return join(copy, 'workflows/wl.ts');
}

async function partingWith(name: string, change: readonly [string, string]) {
  const entry = await changedCode(name, change);
  const { code, out } = await xwl(`trade replay --file ${CONFIRMED} --entry ${entry} --json`);
  const { identical, parting } = JSON.parse(out) as { identical: boolean; parting: Parting };
  return { code, identical, parting };
}

test(
  'a history of this build is identical, of a white label as of the Control Plane',
  async () => {
    const purchase = await xwl(`trade replay --file ${CONFIRMED}`);
    expect(purchase).toEqual({
      code: 0,
      out: 'identical: 10 events of purchase\n',
      complaints: '',
    });
    const signal = join(HISTORIES, 'signal-dispatch/v1/ACKED.after-a-pause.json');
    const dispatched = await xwl(`trade replay --file ${signal} --json`);
    expect(JSON.parse(dispatched.out)).toMatchObject({ identical: true });
  },
  LONG_MS,
);

test(
  'a step that was taken out is named with its event, and what the code asked for instead',
  async () => {
    const found = await partingWith('without-fund', [
      "this.trade = await this.do('fund', () => steps.fund({ ...this.ref, holdId }));",
      "this.trade = { ...this.trade, state: holdId === '' ? 'REQUESTED' : 'FUNDED' };",
    ]);
    expect(found).toMatchObject({
      code: 1,
      identical: false,
      parting: {
        eventId: 6,
        eventType: 'MarkerRecorded',
        recorded: { kind: 'local activity', name: 'fund' },
        wanted: { kind: 'local activity', name: 'confirm' },
      },
    });
  },
  LONG_MS,
);

test(
  'a step that was exchanged, one that was added, and code that throws are told apart',
  async () => {
    const end = '    this.publish();\n    if (this.trade.cancelDue)';
    const exchanged = await partingWith('exchanged', [
      'steps.confirm(this.ref)',
      'steps.learn(this.ref as never) as never',
    ]);
    expect(exchanged.parting).toMatchObject({
      ...{ eventId: 7, recorded: { name: 'confirm' }, wanted: { name: 'learn' } },
    });
    const added = await partingWith('added', [
      end,
      `    await steps.askForPull(undefined);\n${end}`,
    ]);
    expect(added.parting).toMatchObject({ eventId: 9, wanted: { name: 'askForPull' } });
    const throwing = await partingWith('throwing', [end, `    throw new Error('boom');\n${end}`]);
    expect(throwing.parting).toMatchObject({ eventId: 9, why: 'boom' });
  },
  LONG_MS,
);

test('what is no history, and an engine that is not there, are told', async () => {
  const file = join(folder.path, 'no-history.json');
  await writeFile(file, '{"events":[]}');
  expect((await xwl(`trade replay --file ${file}`)).code).toBe(2);
  expect((await xwl('trade replay')).code).toBe(2);
  const nobody = await xwl('trade replay some-trade --address 127.0.0.1:1');
  expect(nobody.code).toBe(3);
  expect(nobody.complaints).toContain('no engine answers at 127.0.0.1:1');
});
