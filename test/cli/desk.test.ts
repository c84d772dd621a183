import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelOnceAbandoned, differing, garbled, unresolved } from '../purchase/scenarios/parked.ts';
import { bought } from '../purchase/scenarios/scenario.ts';
import { startDeskBench, type DeskBench } from '../support/desk-bench.ts';
import { testFolder, type TestFolder } from '../stack/setup.ts';
import { createXwl } from './xwl.ts';

const LONG_MS = 120_000;
const REASON = '--reason "the books were compared"';

let desk: DeskBench;
let folder: TestFolder;
let xwl: ReturnType<typeof createXwl>;
let second: { readonly env: { readonly XWL_TOKEN: string } };

beforeAll(async () => {
  folder = await testFolder();
  desk = await startDeskBench();
  const ca = join(folder.path, 'ca.crt');
  await writeFile(ca, desk.cp.pki.ca);
  const { token } = await desk.cp.person('support');
  second = { env: { XWL_TOKEN: (await desk.cp.person('support')).token } };
  xwl = createXwl({ XWL_CA: ca, XWL_URL: desk.cp.origin, XWL_TOKEN: token });
}, LONG_MS);
afterAll(async () => {
  await desk.stop();
  await folder.remove();
}, LONG_MS);

async function ended(tradeId: string, state: string): Promise<void> {
  desk.bench.network.heal();
  expect(await desk.bench.finished(tradeId)).toMatchObject({ state });
  await desk.carry();
  expect((await xwl(`trade attention --text ${tradeId}`)).out).toMatch(/^nothing\n/);
}

test(
  'a parked purchase is found by what somebody types, and abandoned',
  async () => {
    const tradeId = await unresolved(desk.bench);
    await desk.carry();
    const listed = await xwl(`trade attention --text ${tradeId.slice(0, 13)}`);
    expect(listed.out).toContain('UNRESOLVED');
    expect(listed.out).toContain('1 parked');
    cancelOnceAbandoned(desk.bench, tradeId);
    const unasked = await xwl(`trade abandon ${tradeId} ${REASON}`);
    expect(unasked).toMatchObject({ code: 2, out: '' });
    const done = await xwl(`trade abandon ${tradeId} ${REASON} --yes`);
    expect(done).toMatchObject({ code: 0, complaints: '' });
    expect(done.out).toMatch(/^result +RESOLVED\nstate +COMPENSATED\n$/);
    await ended(tradeId, 'COMPENSATED');
  },
  LONG_MS,
);

test(
  'a retry says that it is still parked, and a second person confirms a resolution',
  async () => {
    const differs = await differing(desk.bench);
    await desk.carry();
    expect((await xwl(`trade retry ${differs} ${REASON}`)).out).toContain('STILL_PARKED');
    await ended(differs, 'CONFIRMED');
    const tradeId = await garbled(desk.bench, 'CAPTURED');
    await desk.carry();
    const resolve = await xwl(`trade resolve ${tradeId} confirmed ${REASON} --yes`);
    expect(resolve.out).toContain('another person confirms it');
    const confirm = `trade confirm ${tradeId} ${REASON} --yes`;
    expect((await xwl(confirm)).complaints).toContain('SAME_PERSON');
    expect((await xwl(confirm, second)).out).toContain('OVERRIDDEN');
    const late = await xwl(confirm, second);
    expect(late.code).toBe(1);
    expect(late.complaints).toMatch(/first: .+, resolve\/confirm: OVERRIDDEN/);
    await ended(tradeId, 'CONFIRMED');
  },
  LONG_MS,
);

test(
  'a confirmed purchase is reversed once by its key, and its history is that of this build',
  async () => {
    const tradeId = await bought(desk.bench);
    await desk.carry();
    const reverse = `trade reverse ${tradeId} ${REASON} --yes --key reverse-${tradeId} --json`;
    for (const { code, out } of [await xwl(reverse), await xwl(reverse)]) {
      expect([code, (JSON.parse(out) as { tradeId: string }).tradeId]).toEqual([0, tradeId]);
    }
    await desk.bench.until(tradeId, 'REVERSED');
    expect((await xwl(`trade explain ${tradeId}`)).out).toContain(tradeId);
    const { address } = desk.bench.temporal;
    const replayed = `trade replay ${tradeId} --address ${address} --json`;
    expect(JSON.parse((await xwl(replayed)).out)).toMatchObject({ identical: true });
    const unknown = await xwl(`trade replay unknown --address ${address}`);
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(unknown.complaints).toContain('has no workflow purchase/unknown');
  },
  LONG_MS,
);
