import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  cancelOnceAbandoned,
  cancelOnceAsked,
  differing,
  garbled,
  reversedBehindOurBack,
  unresolved,
} from '../purchase/scenarios/parked.ts';
import { bought, boughtUntil } from '../purchase/scenarios/scenario.ts';
import { EXPORTER, IMPORTER } from '../cp/stage.ts';
import type { ParkReason } from '../../domain/purchase/trade.ts';
import type { PurchaseBench } from '../support/purchase-bench.ts';
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

interface ParkedWay {
  readonly reason: ParkReason;
  readonly park: (bench: PurchaseBench) => Promise<string>;
  readonly verb: 'retry' | 'abandon' | 'resolve';
  readonly ends: 'CONFIRMED' | 'COMPENSATED';
}

const nothingHeld = (bench: PurchaseBench): Promise<string> => garbled(bench, 'NONE');

/** Beside those above and in test/cp/desk.test.ts: docs/support.md has the whole table. */
const PARKED_WAYS: readonly ParkedWay[] = [
  { reason: 'TERMS_DIFFER', park: differing, verb: 'retry', ends: 'CONFIRMED' },
  { reason: 'TERMS_DIFFER', park: differing, verb: 'abandon', ends: 'CONFIRMED' },
  { reason: 'TERMS_DIFFER', park: differing, verb: 'resolve', ends: 'CONFIRMED' },
  { reason: 'ANSWER_INVALID', park: nothingHeld, verb: 'retry', ends: 'COMPENSATED' },
  { reason: 'ANSWER_INVALID', park: nothingHeld, verb: 'abandon', ends: 'COMPENSATED' },
  { reason: 'UNRESOLVED', park: unresolved, verb: 'retry', ends: 'COMPENSATED' },
  {
    ...{ reason: 'REVERSED_UNEXPECTEDLY', park: reversedBehindOurBack },
    ...{ verb: 'resolve', ends: 'COMPENSATED' },
  },
];

test.each(PARKED_WAYS)(
  'parked as $reason it is found, explained and finished by $verb, once',
  async ({ reason, park, verb, ends }) => {
    const tradeId = await park(desk.bench);
    await desk.carry();
    const listed = await xwl(`trade attention --text ${tradeId.slice(0, 13)}`);
    expect(listed.out).toContain(reason);
    expect(listed.out).toContain('1 parked');
    expect((await xwl(`trade attention --text ${reason}`)).out).toContain(tradeId);
    expect((await xwl(`trade explain ${tradeId}`)).out).toMatch(/NEEDS_ATTENTION\nRefused +no\n/);
    const done =
      verb === 'resolve' ? await onTheWordOfTwo(tradeId, ends) : await once(tradeId, verb);
    await ended(tradeId, ends);
    // The second click changes nothing, and says who was first.
    const late = await xwl(done);
    expect(late.code).toBe(1);
    expect(late.complaints).toMatch(/first: .+: (?:RESOLVED|OVERRIDDEN)/);
  },
  LONG_MS,
);

/** The command that did it. */
async function once(tradeId: string, verb: 'retry' | 'abandon'): Promise<string> {
  cancelOnceAsked(desk.bench, {
    tradeId,
    action: verb === 'retry' ? 'purchase.retry' : 'purchase.abandon',
  });
  const command = `trade ${verb} ${tradeId} ${REASON}${verb === 'retry' ? '' : ' --yes'}`;
  expect((await xwl(command)).out).toMatch(/^result +RESOLVED\n/);
  return command;
}

async function onTheWordOfTwo(tradeId: string, outcome: string): Promise<string> {
  const wish = `${tradeId} ${outcome.toLowerCase()} ${REASON} --yes`;
  expect(await xwl(`trade resolve ${wish}`)).toMatchObject({
    ...{ complaints: '', out: expect.stringContaining('another person confirms it') },
  });
  const confirm = `trade confirm ${tradeId} ${REASON} --yes`;
  expect((await xwl(confirm, second)).out).toContain('OVERRIDDEN');
  return confirm;
}

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
    expect((await xwl(`trade explain ${tradeId}`)).out).toMatch(/Refused +no\n/);
    const { address } = desk.bench.temporal;
    const replayed = `trade replay ${tradeId} --address ${address} --json`;
    expect(JSON.parse((await xwl(replayed)).out)).toMatchObject({ identical: true });
    const unknown = await xwl(`trade replay unknown --address ${address}`);
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(unknown.complaints).toContain('has no workflow purchase/unknown');
  },
  LONG_MS,
);

test(
  'a refused purchase is explained, asked for with other terms, and made again',
  async () => {
    const since = new Date().toISOString();
    await desk.bench.govern({ relationship: { limitAmount: '1.00' } });
    const { body } = await desk.bench.buy(await desk.bench.buyer(), await desk.bench.offer());
    await desk.bench.govern({});
    const { tradeId } = body as { tradeId: string };
    await desk.carry();
    const explained = await xwl(`trade explain ${tradeId}`);
    expect(explained.out).toMatch(/Code +LIMIT_EXCEEDED\nWho decided +Exporter\n/);
    expect(explained.out).toMatch(/Smallest change +In the relationship, change limitAmount /);
    const portuguese = await xwl(`trade explain ${tradeId}`, { env: { LANG: 'pt_BR.UTF-8' } });
    expect(portuguese.out).toMatch(/Código +LIMIT_EXCEEDED\nQuem decidiu +Exportadora\n/);
    expect(portuguese.out).toMatch(/Menor mudança +No relacionamento, mudar limitAmount /);
    // Both languages name every line.
    expect(portuguese.out).not.toMatch(/^(?:Trade|Refused|Rule|When|Smallest change|Or) /m);
    const unknown = await xwl('trade explain 00000000-0000-4000-8000-000000000000');
    expect(unknown).toMatchObject({ code: 1, out: '' });

    const { token } = await desk.cp.person('risk');
    const risk = { env: { XWL_TOKEN: token } };
    const whatif = `whatif wl-exporter wl-importer --since ${since}`;
    const raised = await xwl(`${whatif} --limit 100000000`, risk);
    expect(raised.out).toMatch(new RegExp(`${tradeId} +\\S+ +LIMIT_EXCEEDED +passed +80.00 +no\n`));
    expect(raised.out).toMatch(/gained +80\.00 XEX\navoided +0\.00 XEX\n/);

    const every = await xwl(`whatif --since ${since} --limit 100000000`, risk);
    expect(every.out).toMatch(new RegExp(`${EXPORTER} +${IMPORTER} +\\d+ +1 +80.00 XEX +0.00 XEX`));

    const rerun = `trade rerun ${tradeId} ${REASON} --yes --key rerun-${tradeId} --json`;
    const [first, again] = [await xwl(rerun), await xwl(rerun)];
    const { tradeId: other } = JSON.parse(first.out) as { tradeId: string };
    expect(other).not.toBe(tradeId);
    expect(JSON.parse(again.out)).toMatchObject({ tradeId: other });
    expect(await desk.bench.finished(other)).toMatchObject({ state: 'CONFIRMED' });

    const file = join(folder.path, 'export-policy.json');
    await writeFile(file, JSON.stringify({ exclude_categories: ['7'] }));
    const denied = await xwl(`${whatif} --export-policy ${file} --velocity none --fx 1.5`, risk);
    expect(denied.out).toMatch(
      new RegExp(`${other} +\\S+ +passed +EXPORT_POLICY_DENIED +80.00 +yes\n`),
    );
    expect(denied.out).toMatch(/avoided +80\.00 XEX\n/);
    const same = await xwl(`${whatif} --velocity 100000000.00/60 --export-policy none`, risk);
    expect(same.out).toMatch(/^nothing\n/);
    expect(await xwl(whatif, risk)).toMatchObject({ code: 2, out: '' });
  },
  LONG_MS,
);

test(
  'the film of a trade is a timeline of all parties, and is kept in a file',
  async () => {
    const tradeId = await bought(desk.bench);
    await desk.carry();
    const file = join(folder.path, 'film.json');
    const { code, out, complaints } = await xwl(`trade film ${tradeId} --download ${file}`);
    expect(code).toBe(0);
    expect(complaints).toContain(file);
    expect(out).toMatch(/slowest +importer: .+, .+ m?s, \d+ % of the time\n/);
    expect(out).toMatch(/^\+0 ms +importer +state +NEW → REQUESTED /m);
    expect(out).toMatch(/importer +message +confirm at the exporter +[\d.]+ m?s/);
    expect(out).toMatch(/exporter +state +HELD → CAPTURED /);
    expect(out).toMatch(/control-plane +event +TRADER_PURCHASE of the importer /);
    expect(out).not.toContain('not shown');
    const kept = JSON.parse(await readFile(file, 'utf8')) as { entries: unknown };
    const shown = JSON.parse((await xwl(`trade film ${tradeId} --json`)).out) as typeof kept;
    expect(shown).toMatchObject({ format: 'xpory-film/1', entries: kept.entries });
    const away = async (url: string | null) =>
      desk.cp.db.updateTable('wl').set({ peer_url: url }).where('id', '=', EXPORTER).execute();
    await away(null);
    const rest = await xwl(`trade film ${tradeId}`);
    await away(desk.bench.exporter.url);
    expect(rest.out).toMatch(/not shown +The exporter gave no answer/);
    expect(rest.out).not.toMatch(/exporter +state/);
  },
  LONG_MS,
);

test(
  'a waiting purchase is approved or rejected, and the first word counts',
  async () => {
    await desk.bench.govern({
      relationship: { approval: { mode: 'MANUAL', aboveAmount: '0.00' } },
    });
    const [wanted, refused] = [
      await boughtUntil(desk.bench, 'AWAITING_APPROVAL'),
      await boughtUntil(desk.bench, 'AWAITING_APPROVAL'),
    ];
    await desk.bench.govern({});
    await desk.carry();
    const { token } = await desk.cp.person('operator');
    const operator = { env: { XWL_TOKEN: token } };
    expect((await xwl('approval list', operator)).out).toContain('2 waiting');
    expect((await xwl(`approval approve ${wanted}`, operator)).code).toBe(2);
    expect((await xwl(`approval approve ${wanted} --yes`)).complaints).toContain('FORBIDDEN');
    const approved = await xwl(`approval approve ${wanted} --yes`, operator);
    expect(approved.out).toMatch(/decision +APPROVE\n/);
    expect((await xwl(`approval reject ${refused} --yes`, operator)).code).toBe(2);
    const rejected = await xwl(`approval reject ${refused} --reason "no stock" --yes`, operator);
    expect(rejected.out).toMatch(/decision +REJECT\n/);
    const late = await xwl(`approval reject ${wanted} --reason late --yes`, operator);
    expect(late.out).toMatch(/decision +APPROVE\n/);
    // The relay that carries them is the Control Plane's worker, which this bench has not.
    await desk.bench.decide(wanted, 'approve');
    await desk.bench.decide(refused, 'reject');
    expect(await desk.bench.finished(wanted)).toMatchObject({ state: 'CONFIRMED' });
    expect(await desk.bench.finished(refused)).toMatchObject({ state: 'COMPENSATED' });
  },
  LONG_MS,
);
