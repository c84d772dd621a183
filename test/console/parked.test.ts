import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { CONSOLE_FOLDER, serveConsole } from '../../api/cp/console/files.ts';
import type { ParkReason } from '../../domain/purchase/trade.ts';
import { ensureConsole } from '../../stack/console/console.ts';
import { auditOf, EXPORTER, IMPORTER } from '../cp/stage.ts';
import {
  cancelOnceAsked,
  differing,
  garbled,
  reversedBehindOurBack,
} from '../purchase/scenarios/parked.ts';
import { startBrowser } from '../support/browser.ts';
import { startDeskBench, type DeskBench } from '../support/desk-bench.ts';
import type { PurchaseBench } from '../support/purchase-bench.ts';
import { assertAccessible } from './accessible.ts';
import { enter } from './bench.ts';
import { act, openDialog } from './trades.ts';

/**
 * The ways to be parked that a whole stack can't be brought into: an exporter that answers wrongly.
 * UNRESOLVED is in trades.ts and rescue.ts.
 */

const LONG_MS = 180_000;

let desk: DeskBench;
let browser: Browser;
let profile: BrowserContext;
let people: readonly { readonly email: string }[];

beforeAll(async () => {
  await ensureConsole();
  desk = await startDeskBench({ mount: (app) => serveConsole(app, CONSOLE_FOLDER) });
  people = await Promise.all(Array.from({ length: 3 }, () => desk.cp.person('support')));
  browser = await startBrowser();
  profile = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: 'reduce' });
}, LONG_MS);
afterAll(async () => {
  await browser?.close();
  await desk?.stop();
}, LONG_MS);
afterEach(() => Promise.all(profile.pages().map((page) => page.close())));

async function open(path: string, person: number): Promise<Page> {
  const { body } = await desk.cp.login(people[person]?.email ?? '');
  const page = await profile.newPage();
  await enter(page, `${desk.cp.origin}/admin${path}`, body);
  return page;
}

const openTrade = (tradeId: string, person: number): Promise<Page> =>
  open(`/trades/${tradeId}?importer=${IMPORTER}`, person);
const whatToDo = (page: Page): Locator => page.getByRole('region', { name: 'O que fazer' });

const nothingHeld = (bench: PurchaseBench): Promise<string> => garbled(bench, 'NONE');

const CONFIRMED = { state: 'CONFIRMED', outcome: 'Confirmada: o vendedor recebe' } as const;
const COMPENSATED = {
  ...{ state: 'COMPENSATED', outcome: 'Compensada: o comprador recebe de volta' },
} as const;
interface Way {
  readonly reason: ParkReason;
  readonly means: string;
  readonly park: (bench: PurchaseBench) => Promise<string>;
  readonly ends: { readonly state: string; readonly outcome: string };
}

interface ParkedWay extends Way {
  readonly verb: 'retry' | 'abandon' | 'resolve';
}

const TERMS: Way = {
  ...{ reason: 'TERMS_DIFFER', park: differing, ends: CONFIRMED },
  means: 'A exportadora confirma outros termos.',
};
const GARBAGE: Way = {
  ...{ reason: 'ANSWER_INVALID', park: nothingHeld, ends: COMPENSATED },
  means: 'O que a exportadora responde não se entende.',
};
const REVERSED: Way = {
  ...{ reason: 'REVERSED_UNEXPECTEDLY', park: reversedBehindOurBack, ends: COMPENSATED },
  means: 'A exportadora capturou e estornou antes de sabermos.',
};

// Nothing to ask again where the exporter has reversed: it stays reversed.
const WAYS: readonly ParkedWay[] = [
  { ...TERMS, verb: 'retry' },
  { ...TERMS, verb: 'abandon' },
  { ...TERMS, verb: 'resolve' },
  { ...GARBAGE, verb: 'retry' },
  { ...GARBAGE, verb: 'abandon' },
  { ...GARBAGE, verb: 'resolve' },
  { ...REVERSED, verb: 'resolve' },
];

test.each(WAYS)(
  'parked as $reason it is found by text, explained, and finished by $verb; who is late is told',
  async (way) => {
    const tradeId = await way.park(desk.bench);
    await desk.carry();
    await findByText(tradeId, way);
    const actions = way.verb === 'resolve' ? await byTwo(tradeId, way) : await byOne(tradeId, way);
    desk.bench.network.heal();
    expect(await desk.bench.finished(tradeId)).toMatchObject({ state: way.ends.state });
    await desk.carry();
    const list = await open('/attention', 0);
    await list.getByText('Ninguém precisa de você agora.').waitFor();
    const rows = await auditOf(desk.cp, `trade/${IMPORTER}/${EXPORTER}/${tradeId}`);
    const answers = rows.flatMap(({ after }) => (after?.['answer'] as string | undefined) ?? []);
    // Of two at once the late one is refused by the white label, which is written down, or before
    // anybody is asked, while the other's request is under way.
    const isCounted = (answer: string): boolean => way.verb !== 'resolve' || answer !== 'CONFLICT';
    expect(answers.filter(isCounted).toSorted()).toEqual(actions.toSorted());
    expect(await desk.bench.calm()).toEqual([]);
  },
  LONG_MS,
);

async function findByText(tradeId: string, { reason, means }: ParkedWay): Promise<void> {
  const page = await open('/attention', 0);
  for (const text of [tradeId.slice(0, 13), reason]) {
    await page.getByLabel('Buscar').fill(text);
    const card = page.getByRole('listitem').filter({ hasText: `purchase/${tradeId}` });
    await card.getByText(reason).waitFor();
    await card.getByText(means).waitFor();
  }
  await assertAccessible(page);
}

/** One acts; the other, who had the question open, is told who was first. Answers as audited. */
async function byOne(tradeId: string, { verb, ends }: ParkedWay): Promise<readonly string[]> {
  const name = verb === 'retry' ? 'Tentar de novo' : 'Abandonar';
  const [first, second] = [await openTrade(tradeId, 0), await openTrade(tradeId, 1)];
  const late = await openDialog(second, whatToDo(second), name);
  const action = verb === 'retry' ? 'purchase.retry' : 'purchase.abandon';
  cancelOnceAsked(desk.bench, { tradeId, action });
  await act(first, whatToDo(first), name);
  await whatToDo(first).getByText(`Resolvida: ${ends.state}.`).waitFor();
  await late.getByRole('button', { name, exact: true }).click();
  await whatToDo(second).getByText('Outra pessoa foi antes').waitFor();
  return ['RESOLVED', 'CONFLICT'];
}

/** One asks, and of two who confirm it at once one is second person. */
async function byTwo(tradeId: string, { ends }: ParkedWay): Promise<readonly string[]> {
  const asker = await openTrade(tradeId, 0);
  await act(asker, whatToDo(asker), 'Resolver', ends.outcome);
  await whatToDo(asker)
    .getByText(/segunda pessoa precisa confirmar/)
    .waitFor();
  const pages = [await openTrade(tradeId, 1), await openTrade(tradeId, 2)] as const;
  const name = 'Confirmar a resolução de outra pessoa';
  const dialogs = await Promise.all(pages.map((page) => openDialog(page, whatToDo(page), name)));
  await Promise.all(
    dialogs.map((dialog) => dialog.getByRole('button', { name: 'Confirmar a resolução' }).click()),
  );
  const ended = `Encerrada pela palavra de duas pessoas: ${ends.state}.`;
  const said = await Promise.all(
    pages.map((page) =>
      whatToDo(page)
        .getByText(new RegExp(`^(?:${ended.replaceAll('.', '\\.')}|Outra pessoa foi antes)$`))
        .first()
        .textContent(),
    ),
  );
  expect(new Set(said)).toEqual(new Set([ended, 'Outra pessoa foi antes']));
  return ['NEEDS_SECOND_PERSON', 'OVERRIDDEN'];
}
