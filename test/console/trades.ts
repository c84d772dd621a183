import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { BUYER, QA_MEMBER } from '../../stack/local-data/members.ts';
import { EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { buy, changeOffer, type BuyAnswer, type ImportedOffer } from '../runbook/stage.ts';
import { assertAccessible, overflow } from './accessible.ts';
import { NARROW, signIn, type ConsoleBench } from './bench.ts';
import { breakHoldsOf, offersOf, told } from './shop.ts';

// Each takes seconds; a multiple of what the slowest took on two cores with ten programs each.
const LONG_MS = 180_000;

const PRICE_CHANGED = 'O preço desta oferta foi atualizado. Atualize a página e tente novamente.';

let bench: ConsoleBench;
let cheap: readonly ImportedOffer[];
let dear: readonly ImportedOffer[];

function offer(offers: readonly ImportedOffer[], index: number): ImportedOffer {
  const found = offers[index];
  if (found === undefined) throw new Error('the catalogue has too few offers');
  return found;
}

const bought = (of: ImportedOffer): Promise<BuyAnswer> => buy(bench, BUYER, of.offerId);
const isAt = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor();

/** The counter beside a page's name in the menu says so many. */
const counted = (page: Page, count: number): Promise<void> =>
  page
    .getByRole('navigation', { name: 'Menu' })
    .getByRole('link', { name: 'Aprovações' })
    .getByText(String(count), { exact: true })
    .waitFor();

async function openStore(): Promise<Page> {
  const page = await bench.window();
  await page.goto(`http://127.0.0.1:${bench.stack.ports[IMPORTER.ports.http]}/loja/`);
  await page.getByLabel('Conta', { exact: true }).fill(QA_MEMBER.accountId);
  await page.getByLabel('Token').fill(QA_MEMBER.token);
  return page;
}

async function buyInStore(page: Page, { title }: ImportedOffer): Promise<Locator> {
  await page.getByRole('button', { name: `Comprar ${title}`, exact: true }).click();
  return page.getByRole('dialog');
}

/** Opens the question of an action, with a reason in it. */
export async function openDialog(page: Page, place: Locator, action: string): Promise<Locator> {
  await place.getByRole('button', { name: action, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Motivo').fill('Comparado por telefone');
  return dialog;
}

export async function act(
  page: Page,
  place: Locator,
  action: string,
  outcome?: string,
): Promise<void> {
  const dialog = await openDialog(page, place, action);
  if (outcome !== undefined) await dialog.getByLabel(outcome).check();
  await dialog.getByRole('button', { name: action, exact: true }).click();
}

export async function choose(
  page: Page,
  label: string,
  option: string,
  place: Page | Locator = page,
): Promise<void> {
  await place.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

/** A buyer in the store, and what operators and support see of it. */
export function describeTrades(opened: () => ConsoleBench): void {
  describe('trades and what is done about them', () => {
    beforeAll(async () => {
      bench = opened();
      cheap = await offersOf(bench.stack, 'cheap');
      dear = await offersOf(bench.stack, 'dear');
    });

    describe('a buyer in the store, and the trades that operators see of it', () => {
      test(
        'a changed price is said with a button that reloads, a sold-out offer is said',
        async () => {
          const changed = offer(cheap, 0);
          const soldOut = offer(cheap, 1);
          const page = await openStore();
          const price = (Number(changed.originUnitPrice) + 1).toFixed(2);
          await changeOffer(bench, changed.originOfferId, { unitPrice: price });
          await changeOffer(bench, soldOut.originOfferId, { available: 0 });
          const dialog = await buyInStore(page, soldOut);
          await dialog.getByText('Oferta esgotada.').waitFor();
          expect(await dialog.getByRole('button', { name: 'Atualizar página' }).isVisible()).toBe(
            false,
          );
          await dialog.getByRole('button', { name: 'Fechar' }).click();
          await buyInStore(page, changed);
          await dialog.getByText(PRICE_CHANGED).waitFor();
          await assertAccessible(page);
          await Promise.all([
            page.waitForEvent('load'),
            dialog.getByRole('button', { name: 'Atualizar página' }).click(),
          ]);
          await page.getByText(price.replace('.', ',')).first().waitFor();
        },
        LONG_MS,
      );

      test(
        'is found by text, and its details name offer, buyer and seller in both sides’ words',
        async () => {
          const of = offer(cheap, 2);
          const { tradeId, status } = await bought(of);
          expect(status).toBe('CONFIRMED');
          await told(
            bench.stack,
            `/admin/api/trades/${tradeId}/details`,
            ({ importerStatus, exporterStatus }: Record<string, unknown>) =>
              importerStatus === 'CONFIRMED' && exporterStatus === 'CONFIRMED',
          );
          const page = await bench.signedIn('/trades');
          await isAt(page, 'Negociações');
          await page.getByLabel('Buscar').fill(tradeId.slice(0, 13));
          await page.waitForURL(/text=/);
          const table = page.getByRole('table', { name: 'Negociações' });
          await table.getByRole('row').nth(1).waitFor();
          await assertAccessible(page);
          await table.getByRole('link', { name: of.title }).click();
          await isAt(page, `Negociação: ${of.title}`);
          const sides = page.getByRole('table', { name: 'O que cada lado diz' });
          expect(await sides.getByText('CONFIRMED', { exact: true }).count()).toBe(2);
          for (const [label, value] of [
            ['Comprador', /\*/],
            ['Vendedor', /\w{3}/],
            ['Categoria', /\w/],
            ['Câmbio', /^1/],
          ] as const) {
            const fact = page.locator('dt', { hasText: new RegExp(`^${label}$`) });
            expect(await fact.locator('xpath=following-sibling::dd').textContent()).toMatch(value);
          }
          await assertAccessible(page);
          const download = page.waitForEvent('download');
          await page.getByRole('button', { name: 'Baixar evidências' }).click();
          expect((await download).suggestedFilename()).toBe(`evidence-${tradeId}.json`);
          await page.getByRole('link', { name: 'Filme', exact: true }).click();
          await isAt(page, 'Filme da negociação');
          await page.getByText('O trecho mais lento').first().waitFor();
          const lanes = page.getByRole('table', { name: 'Linha do tempo' });
          for (const what of ['preflight na exportadora', 'evento recebido: TRADER_PURCHASE']) {
            await lanes.getByText(what).first().waitFor();
          }
          await assertAccessible(page);
        },
        LONG_MS,
      );

      test(
        'a refusal is explained with the change that would have confirmed it',
        async () => {
          const of = offer(cheap, 3);
          const price = (Number(of.originUnitPrice) + 1).toFixed(2);
          await changeOffer(bench, of.originOfferId, { unitPrice: price });
          const { tradeId, reason } = await bought(of);
          expect(reason).toBe('PRICE_CHANGED');
          await told(bench.stack, `/admin/api/trades/${tradeId}`, () => true);
          const page = await bench.signedIn(`/trades/${tradeId}?importer=${IMPORTER.wlId}`);
          await page.getByRole('link', { name: 'Explicar a recusa' }).click();
          await isAt(page, 'Por que foi recusada');
          const change = page.getByRole('region', { name: 'A menor mudança que teria confirmado' });
          await change
            .getByText(price.replace('.', ','))
            .or(change.getByText(price))
            .first()
            .waitFor();
          await assertAccessible(page);
        },
        LONG_MS,
      );
    });

    test(
      'the number of approvals falls with each word, one approved and one rejected with a reason',
      async () => {
        const approved = offer(dear, 0);
        const rejected = offer(dear, 1);
        for (const one of [approved, rejected]) expect((await bought(one)).status).toBe('PENDING');
        await told(
          bench.stack,
          '/admin/api/approvals',
          ({ total }: { total: number }) => total === 2,
        );
        const page = await bench.signedIn('/approvals');
        await isAt(page, 'Aprovações');
        await counted(page, 2);
        await page.getByText('2 pendentes').waitFor();
        await page
          .getByText(/faltam 23:59:\d\d/)
          .first()
          .waitFor();
        await assertAccessible(page);
        await page.getByRole('button', { name: `Aprovar ${approved.title}` }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByText(/Aprova 1 compra/).waitFor();
        await assertAccessible(page);
        await dialog.getByRole('button', { name: 'Aprovar' }).click();
        await counted(page, 1);
        await page.getByRole('button', { name: `Rejeitar ${rejected.title}` }).click();
        await dialog.getByRole('button', { name: 'Rejeitar' }).click();
        await dialog.getByText('Informe o motivo.').waitFor();
        await dialog.getByLabel('Motivo').fill('Fora do combinado');
        await dialog.getByRole('button', { name: 'Rejeitar' }).click();
        await page.getByText('0 pendente').waitFor();
        await page.getByText('Nenhuma compra espera aprovação.').waitFor();
        await page.goto(bench.url('/trades?status=REJECTED&reason=MANUAL_REJECT'));
        await page.getByRole('link', { name: rejected.title }).waitFor();
      },
      LONG_MS,
    );

    describe('a purchase that is parked', () => {
      test(
        'is found by text and ended on the word of two; who comes late is told who was first',
        async () => {
          const of = offer(cheap, 4);
          const heal = await breakHoldsOf(bench.stack, of.originOfferId);
          try {
            const { tradeId } = await bought(of);
            await told(
              bench.stack,
              '/admin/api/attention',
              ({ counts }: { counts: { parked: number } }) => counts.parked === 1,
            );
            const page = await bench.signedIn(
              `/attention`,
              await bench.person('ana@xpory.local', ['support']),
            );
            await page.getByLabel('Buscar').fill(tradeId.slice(0, 13));
            const card = page.getByRole('listitem').filter({ hasText: of.title });
            await card.getByText('UNRESOLVED').waitFor();
            await assertAccessible(page);
            await act(page, card, 'Tentar de novo');
            await card.getByText(/Continua parada/).waitFor();
            await act(page, card, 'Resolver', 'Compensada: o comprador recebe de volta');
            await card.getByText(/segunda pessoa precisa confirmar/).waitFor();
            await act(page, card, 'Confirmar a resolução de outra pessoa');
            await card.getByText(/Quem pediu a resolução não pode confirmá-la/).waitFor();
            const other = await bench.window();
            await other.goto(bench.url(`/trades/${tradeId}?importer=${IMPORTER.wlId}`));
            await signIn(other, await bench.person('rui@xpory.local', ['support']));
            const late = await openDialog(page, card, 'Confirmar a resolução de outra pessoa');
            await act(
              other,
              other.getByRole('region', { name: 'O que fazer' }),
              'Confirmar a resolução de outra pessoa',
            );
            await other
              .getByText(/palavra de duas pessoas: COMPENSATED/)
              .first()
              .waitFor();
            await assertAccessible(other);
            await late.getByRole('button', { name: 'Confirmar a resolução' }).click();
            await page.getByText('Outra pessoa foi antes').first().waitFor();
            await page.getByText('Ninguém precisa de você agora.').waitFor();
          } finally {
            await heal();
          }
        },
        LONG_MS,
      );
    });

    test(
      'past purchases are decided again by another limit, and those that flip are listed',
      async () => {
        const page = await bench.signedIn('/whatif');
        await isAt(page, 'E se…');
        await choose(page, 'Exportadora', EXPORTER.name);
        await choose(page, 'Importadora', IMPORTER.name);
        await page.getByLabel('Limite').fill('um real');
        await page.getByRole('button', { name: 'Decidir de novo' }).click();
        await page.locator('[aria-invalid="true"]').waitFor();
        await page.getByLabel('Limite').fill('1.00');
        await page.getByRole('button', { name: 'Decidir de novo' }).click();
        const flips = page.getByRole('table', { name: 'Compras que mudariam' });
        await flips.getByText('LIMIT_EXCEEDED').first().waitFor();
        await assertAccessible(page);
      },
      LONG_MS,
    );

    test(
      'every page of trades is as wide as the window at 390 px, and accessible in the dark',
      async () => {
        const page = await bench.signedIn('/trades');
        await page.emulateMedia({ colorScheme: 'dark' });
        await page.setViewportSize(NARROW);
        for (const [path, name] of [
          ['/trades', 'Negociações'],
          ['/attention', 'Precisam de alguém'],
          ['/approvals', 'Aprovações'],
        ] as const) {
          await page.goto(bench.url(path));
          await isAt(page, name);
          await page.getByLabel('Carregando').waitFor({ state: 'detached' });
          expect([path, await overflow(page)]).toEqual([path, 0]);
          await assertAccessible(page);
        }
      },
      LONG_MS,
    );
  });
}
