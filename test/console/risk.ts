import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { BUYER } from '../../stack/local-data/members.ts';
import { EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { logIn, putRelationship } from '../../stack/register.ts';
import { buy } from '../runbook/stage.ts';
import { assertAccessible, overflow } from './accessible.ts';
import { NARROW, type ConsoleBench } from './bench.ts';
import { offersOf, told } from './shop.ts';

// Each takes seconds; a multiple of what the slowest took on two cores with ten programs each.
const LONG_MS = 180_000;
const PAIR = 'wl-exporter → wl-importer';

interface Listed<T> {
  readonly items: readonly T[];
}

let bench: ConsoleBench;

const isAt = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

async function api<T>(path: string): Promise<T> {
  const { cp, token: bearer } = await logIn(bench.stack);
  return cp.need<T>(path, { bearer });
}

/** A limit is cut below what is owed: there is a signal, a plan and what people are told. */
async function crossTheLimit(): Promise<void> {
  const { stack } = bench;
  const [offer] = await offersOf(stack, 'cheap');
  const { status } = await buy(bench, BUYER, offer?.offerId ?? '');
  expect(status).toBe('CONFIRMED');
  const session = await logIn(stack);
  const fields = { limitMode: 'SOFT', limitAmount: '1.00' };
  await putRelationship(session, { src: EXPORTER, dst: IMPORTER }, fields);
  await told<Listed<unknown>>(stack, '/admin/api/plans', ({ items }) => items.length > 0);
  await told<Listed<unknown>>(
    stack,
    '/imbalance/signals?state=ACKED',
    ({ items }) => items.length > 0,
  );
}

/** Debts, signals, plans and what puts them right; the limit that it sets refuses nothing. */
export function describeRisk(opened: () => ConsoleBench): void {
  describe('debts and what puts them right', () => {
    beforeAll(async () => {
      bench = opened();
      await crossTheLimit();
    }, LONG_MS);

    describe('a limit that was crossed, as the console tells it', () => {
      test(
        'the balance says what the pair owes against its limit, and hands it over as CSV',
        async () => {
          const page = await bench.signedIn('/balance');
          await isAt(page, 'Saldos');
          const row = page
            .getByRole('table', { name: 'Saldo por par' })
            .getByRole('row')
            .filter({ hasText: PAIR });
          await row.getByText('1,00 SOFT').waitFor();
          await row.getByText('desligado por sinal').waitFor();
          await page.getByText('Números do gráfico').click();
          await page.getByRole('table', { name: 'Números do gráfico' }).waitFor();
          await assertAccessible(page);
          const [file] = await Promise.all([
            page.waitForEvent('download'),
            page.getByRole('button', { name: 'Baixar CSV' }).click(),
          ]);
          expect(file.suggestedFilename()).toBe('trade-balance.csv');
        },
        LONG_MS,
      );

      test(
        'a signal shows its attempts and hops, and is sent again only after it was counted',
        async () => {
          const page = await bench.signedIn('/signals');
          await page.getByRole('link', { name: `DISABLE ${PAIR}` }).click();
          await isAt(page, `DISABLE ${PAIR}`);
          const attempts = page.getByRole('table', { name: 'Tentativas a wl-importer' });
          await attempts.getByText('200').first().waitFor();
          await page.getByRole('table', { name: 'Tempo até cada etapa' }).waitFor();
          await assertAccessible(page);
          await page.getByRole('button', { name: 'Reenviar' }).click();
          const question = page.getByRole('dialog', { name: 'Reenviar os sinais?' });
          await question.getByText('Entregas encerradas que voltam a sair: 2.').waitFor();
          await question.getByRole('button', { name: 'Reenviar' }).click();
          await page.getByText('Reabertas 2, tentadas agora 0.').waitFor();
        },
        LONG_MS,
      );

      test(
        'a gateway is tested without effect',
        async () => {
          const page = await bench.signedIn('/signals');
          const part = page.getByRole('region', { name: 'Testar o gateway' });
          await part.getByLabel('Destinatária').first().click();
          await page.getByRole('option', { name: 'wl-importer' }).click();
          await part.getByRole('button', { name: 'Testar' }).click();
          await part.getByText(/wl-importer aceitou em/).waitFor();
        },
        LONG_MS,
      );

      test(
        'a notification leads to what it is about, and is read then',
        async () => {
          const path = '/admin/api/notifications?kind=IMBALANCE';
          const [told] = (await api<Listed<{ details: { percent: number } }>>(path)).items;
          const title = `A exposição chegou a ${told?.details.percent} % do limite`;
          const page = await bench.signedIn('/notifications?kind=IMBALANCE');
          await isAt(page, 'Avisos');
          const menu = page.getByRole('navigation', { name: 'Menu' });
          await menu.getByRole('link', { name: 'Avisos' }).getByText(/^\d+$/).waitFor();
          await assertAccessible(page);
          await page.getByRole('link', { name: title }).first().click();
          await isAt(page, 'Saldos');
          expect(new URL(page.url()).searchParams.get('wlId')).toBe(EXPORTER.wlId);
          await page.goto(bench.url('/notifications?kind=IMBALANCE'));
          const row = page.getByRole('row').filter({ hasText: title });
          await row.getByText(/^Lido /).waitFor();
        },
        LONG_MS,
      );
    });

    describe('what puts it right', () => {
      test(
        'one records a settlement, another confirms it, and the plan closes',
        async () => {
          const [plan] = (await api<Listed<{ needed: string }>>('/admin/api/plans')).items;
          const page = await bench.signedIn('/plans');
          const section = page.getByRole('region', { name: `Plano 1: ${PAIR}` });
          await section.getByText('OPEN', { exact: true }).waitFor();
          await section
            .getByText(/^faltam /)
            .first()
            .waitFor();
          await assertAccessible(page);
          await section.getByRole('link', { name: 'Registrar acerto' }).click();
          await isAt(page, 'Acertos');
          await page.getByRole('textbox', { name: 'Valor' }).fill(plan?.needed ?? '');
          await page.getByRole('textbox', { name: 'Referência' }).fill('TED 4711');
          await page.getByRole('button', { name: 'Registrar acerto' }).click();
          const row = (at: Page) => at.getByRole('row').filter({ hasText: 'TED 4711' });
          await row(page).getByText('espera outra pessoa').waitFor();
          await assertAccessible(page);
          const checker = await bench.person('risco@xpory.local', ['risk']);
          const second = await bench.signedIn('/settlements', checker);
          await row(second).getByRole('button', { name: 'Confirmar' }).click();
          const question = second.getByRole('dialog', { name: 'Confirmar o acerto?' });
          await question.getByText('wl-importer pagou').waitFor();
          await question.getByRole('button', { name: 'Confirmar' }).click();
          await row(second).getByText('CONFIRMED').waitFor();
          await second.goto(bench.url('/plans'));
          await second.getByText('CLOSED', { exact: true }).first().waitFor();
        },
        LONG_MS,
      );

      test(
        'the statement of the period has the purchase and the settlement',
        async () => {
          const day = 86_400_000;
          const [from, to] = [-day, day].map((ms) => new Date(Date.now() + ms).toISOString());
          const search = { src: EXPORTER.wlId, dst: IMPORTER.wlId, from: from ?? '', to: to ?? '' };
          const page = await bench.signedIn(`/statement?${new URLSearchParams(search).toString()}`);
          const lines = page.getByRole('table', { name: 'Extrato do par' });
          await lines.getByText('Exportação').first().waitFor();
          await lines.getByText('Acerto recebido').waitFor();
          await assertAccessible(page);
        },
        LONG_MS,
      );

      test(
        'an auditor verifies the chain and sees who changed what',
        async () => {
          const auditor = await bench.person('auditor@xpory.local', ['auditor']);
          const page = await bench.signedIn('/audit', auditor);
          await page.getByRole('button', { name: 'Verificar a corrente' }).click();
          await page.getByText('A corrente está inteira').waitFor();
          await page.getByText('Antes e depois').first().click();
          await assertAccessible(page);
          await page.getByLabel('Assunto').fill('nothing-of-that-name');
          await page.getByText('Nenhuma linha com estes filtros.').waitFor();
          expect(await page.getByRole('link', { name: 'Acertos' }).count()).toBe(0);
        },
        LONG_MS,
      );

      test(
        'a target is added with a secret that is shown once, and removed after a question',
        async () => {
          const page = await bench.signedIn('/alert-targets');
          await page.getByLabel('URL (https)').fill('https://alerts.example.com/xpory');
          await page.getByRole('button', { name: 'Adicionar' }).click();
          await page.getByText('É mostrado só agora.').waitFor();
          await page.getByText(/^whsec_/).waitFor();
          await assertAccessible(page);
          await page.getByRole('button', { name: /^Remover https:/ }).click();
          const question = page.getByRole('dialog', { name: 'Remover o destino?' });
          await question.getByRole('button', { name: 'Remover' }).click();
          await page.getByText('Nenhum destino').waitFor();
        },
        LONG_MS,
      );

      test(
        'every page fits 390 px',
        async () => {
          const page = await bench.signedIn();
          await page.setViewportSize(NARROW);
          for (const [path, heading] of [
            ['/balance', 'Saldos'],
            ['/signals', 'Sinais'],
            ['/notifications', 'Avisos'],
            ['/settlements', 'Acertos'],
            ['/statement', 'Extrato do par'],
            ['/plans', 'Planos de compensação'],
            ['/audit', 'Auditoria'],
            ['/alert-targets', 'Destinos de avisos'],
          ] as const) {
            await page.goto(bench.url(path));
            await isAt(page, heading);
            await page.getByLabel('Carregando').waitFor({ state: 'detached' });
            // The others were looked at in their stories, at full width.
            if (path === '/signals') await assertAccessible(page);
            expect([path, await overflow(page)]).toEqual([path, 0]);
          }
        },
        LONG_MS,
      );
    });
  });
}
