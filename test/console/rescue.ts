import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { BUYER } from '../../stack/local-data/members.ts';
import { CP, EXPORTER, IMPORTER, tlsUrl } from '../../stack/parties.ts';
import { buy, changeOffer, type ImportedOffer } from '../runbook/stage.ts';
import { assertAccessible } from './accessible.ts';
import { MASTER, signIn, type ConsoleBench, type Person } from './bench.ts';
import { breakHoldsOf, offersOf, told } from './shop.ts';
import { act, choose, openDialog } from './trades.ts';

// Each takes seconds; a multiple of what the slowest took on two cores with ten programs each.
const LONG_MS = 180_000;

let bench: ConsoleBench;
let cheap: readonly ImportedOffer[];
let support: readonly [Person, Person];

/** What support finishes from the console, and what it undoes or repeats. */
export function describeRescue(opened: () => ConsoleBench): void {
  describe('what support does about a trade', () => {
    beforeAll(async () => {
      bench = opened();
      // The first offers belong to the tests of trades, which change their prices.
      cheap = (await offersOf(bench.stack, 'cheap')).slice(6);
      support = [
        await bench.person('bia@xpory.local', ['support']),
        await bench.person('leo@xpory.local', ['support']),
      ];
    }, LONG_MS);
    test('a retry finishes a parked purchase once the exporter is well', finishByRetry, LONG_MS);
    test('of two who abandon it at once one wins, and the other is told who', twoAbandon, LONG_MS);
    test('a confirmed purchase is reversed at both parties', reverse, LONG_MS);
    test('a rejected purchase is run again at today’s price', rerun, LONG_MS);
    test('the console is there on the TLS listener too', overTls, LONG_MS);
  });
}

async function finishByRetry(): Promise<void> {
  const { tradeId, heal } = await park(0);
  const page = await openTrade(tradeId, support[0]);
  const place = whatToDo(page);
  // Asked again just now, the workflow itself will not ask for some seconds: the person finishes it.
  await act(page, place, 'Tentar de novo');
  await place.getByText(/Continua parada/).waitFor();
  await heal();
  await act(page, place, 'Tentar de novo');
  await place.getByText('Resolvida: COMPENSATED.').waitFor();
  await isKnown(tradeId, 'REJECTED');
}

async function twoAbandon(): Promise<void> {
  const { tradeId, heal } = await park(1);
  const pages = [
    await openTrade(tradeId, support[0]),
    await openTrade(tradeId, support[1]),
  ] as const;
  const [first] = pages;
  await act(first, whatToDo(first), 'Tentar de novo');
  await whatToDo(first)
    .getByText(/Continua parada/)
    .waitFor();
  const dialogs = await Promise.all(
    pages.map((page) => openDialog(page, whatToDo(page), 'Abandonar')),
  );
  await heal();
  await Promise.all(
    dialogs.map((dialog) => dialog.getByRole('button', { name: 'Abandonar' }).click()),
  );
  const said = await Promise.all(
    pages.map((page) => {
      const answered = whatToDo(page).getByText(/^Resolvida: COMPENSATED|xpory\.local \(support\)/);
      return answered.first().textContent();
    }),
  );
  expect(said.filter((text) => text?.startsWith('Resolvida') === true)).toHaveLength(1);
  const winner = said[0]?.startsWith('Resolvida') === true ? support[0] : support[1];
  expect(said.some((text) => text?.startsWith(`${winner.email} (support)`) === true)).toBe(true);
  await isKnown(tradeId, 'REJECTED');
}

async function reverse(): Promise<void> {
  const { tradeId, status } = await buy(bench, BUYER, offer(2).offerId);
  expect(status).toBe('CONFIRMED');
  await isKnown(tradeId, 'CONFIRMED');
  const page = await openTrade(tradeId, support[0]);
  await act(page, whatToDo(page), 'Estornar');
  await whatToDo(page)
    .getByText(/O estorno começou/)
    .waitFor();
  const sides = page.getByRole('table', { name: 'O que cada lado diz' });
  await sides.getByText('REVERSED', { exact: true }).nth(1).waitFor();
}

async function rerun(): Promise<void> {
  const of = offer(3);
  const unitPrice = (Number(of.originUnitPrice) + 1).toFixed(2);
  await changeOffer(bench, of.originOfferId, { unitPrice });
  const { tradeId, reason } = await buy(bench, BUYER, of.offerId);
  expect(reason).toBe('PRICE_CHANGED');
  await isKnown(tradeId, 'REJECTED');
  const page = await openTrade(tradeId, support[0]);
  await act(page, whatToDo(page), 'Refazer');
  await whatToDo(page).getByText('Nova compra: CONFIRMED.').waitFor();
  await assertAccessible(page);
}

async function overTls(): Promise<void> {
  const page = await bench.window({ ignoreHTTPSErrors: true });
  await page.goto(`${tlsUrl(CP, bench.stack.ports)}/admin/wls`);
  await signIn(page, MASTER);
  await page.getByRole('heading', { level: 1, name: 'White labels' }).waitFor();
  await page.getByRole('link', { name: EXPORTER.name }).first().waitFor();
}

/** A signal by a person says what it will do before it is sent; at the end, for it moves a pair. */
export function describeSignalByHand(opened: () => ConsoleBench): void {
  test(
    'a signal by hand says what it will do and to whom, and names who sent it',
    async () => {
      bench = opened();
      const page = await bench.signedIn('/signals');
      const part = page.getByRole('region', { name: 'Sinalizar à mão' });
      await part.getByText('Religar').click();
      await choose(page, 'Exportadora', EXPORTER.name, part);
      await choose(page, 'Importadora', IMPORTER.name, part);
      await part.getByLabel('Motivo').fill('Conferido com as duas');
      await part.getByRole('button', { name: 'Ver o que fará' }).click();
      const question = page.getByRole('dialog', { name: 'Religar este sentido?' });
      await question.getByText(`a ${EXPORTER.name} e a ${IMPORTER.name}`).waitFor();
      await question.getByText(`Membros de ${IMPORTER.name} voltam a comprar`).waitFor();
      await assertAccessible(page);
      await question.getByRole('button', { name: 'Sinalizar' }).click();
      const row = page.getByRole('row').filter({ hasText: 'Conferido com as duas' });
      await row.getByRole('link').click();
      await page.getByText(`${MASTER.email} (master)`).waitFor();
    },
    LONG_MS,
  );
}

function offer(index: number): ImportedOffer {
  const found = cheap[index];
  if (found === undefined) throw new Error('the catalogue has too few offers');
  return found;
}

/** A purchase whose exporter can not say what became of it, until `heal` is called. */
async function park(
  index: number,
): Promise<{ readonly tradeId: string; readonly heal: () => Promise<void> }> {
  const of = offer(index);
  const heal = await breakHoldsOf(bench.stack, of.originOfferId);
  const { tradeId } = await buy(bench, BUYER, of.offerId);
  await told(
    bench.stack,
    `/admin/api/trades/${tradeId}`,
    ({ parked }: { parked: boolean }) => parked,
  );
  return { tradeId, heal };
}

async function openTrade(tradeId: string, person: Person): Promise<Page> {
  return bench.signedIn(`/trades/${tradeId}?importer=${IMPORTER.wlId}`, person);
}

const whatToDo = (page: Page): Locator => page.getByRole('region', { name: 'O que fazer' });

/** Both sides have told of the trade, and agree on its status. */
const isKnown = (tradeId: string, status: string): Promise<void> =>
  told(
    bench.stack,
    `/admin/api/trades/${tradeId}/details`,
    (trade: { status: string }) => trade.status === status,
  );
