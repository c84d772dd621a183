import { beforeAll, describe, expect, test } from '@jest/globals';
import { CP, EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { logIn } from '../../stack/register.ts';
import { assertAccessible, overflow } from './accessible.ts';
import { MASTER, NARROW, signIn, type ConsoleBench } from './bench.ts';

// Each takes seconds; three times what the slowest took on two cores with ten programs each.
const PAGE_TIMEOUT_MS = 210_000;

let bench: ConsoleBench;

interface Category {
  readonly id: string;
  readonly name: string;
  readonly activeOffers: number;
}

/** As the API tells them, after the exporter was read. */
async function categoriesOf({ stack }: ConsoleBench): Promise<readonly Category[]> {
  const { cp, token: bearer } = await logIn(stack);
  const path = `/admin/api/wls/${EXPORTER.wlId}/offer-categories`;
  await cp.need(`${path}/sync`, { method: 'POST', bearer });
  const { items } = await cp.need<{ items: Category[] }>(path, { bearer });
  expect(items.length).toBeGreaterThan(1);
  return items;
}

/** Sessions and the pages that set terms. */
export function describeGovernance(opened: () => ConsoleBench): void {
  describe('sessions and terms', () => {
    beforeAll(() => {
      bench = opened();
    });

    describe('the console', () => {
      test(
        'keeps the address wanted through a refused and an accepted login, and ends the session',
        async () => {
          const page = await bench.window();
          await page.goto(bench.url('/nowhere-yet?tab=1'));
          await page.getByRole('main').waitFor();
          await page.goto(bench.url('/'));
          await page.getByLabel('E-mail').fill(MASTER.email);
          await page.getByLabel('Senha').first().fill('not-the-password');
          await page.getByRole('button', { name: 'Entrar' }).click();
          await page.getByText('E-mail ou senha incorretos.').waitFor();
          await assertAccessible(page);
          await signIn(page, MASTER);
          await page.getByRole('heading', { level: 1, name: 'Visão geral' }).waitFor();
          await page.getByRole('button', { name: 'Conta e preferências' }).click();
          await page.getByRole('button', { name: 'Sair', exact: true }).click();
          await page.getByRole('button', { name: 'Entrar' }).waitFor();
          expect(await page.evaluate("sessionStorage.getItem('xpory.session')")).toBeNull();
        },
        PAGE_TIMEOUT_MS,
      );

      test(
        'is accessible in light and dark, in both languages, at 1280 and 390 px',
        async () => {
          // A window of its own: the language is kept for all tabs of one.
          const page = await bench.window();
          await page.goto(bench.url('/'));
          await signIn(page, MASTER);
          await page.getByRole('heading', { level: 1, name: 'Visão geral' }).waitFor();
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme });
            await assertAccessible(page);
          }
          await page.getByRole('button', { name: 'Conta e preferências' }).click();
          await assertAccessible(page);
          await page.getByText('English').click();
          expect(await page.locator('html').getAttribute('lang')).toBe('en');
          await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
          await page.keyboard.press('Escape');
          await page.setViewportSize(NARROW);
          await page.getByRole('button', { name: 'Open the menu' }).click();
          await page.getByRole('link', { name: 'Overview' }).waitFor();
          await assertAccessible(page);
          expect(await overflow(page)).toBe(0);
        },
        PAGE_TIMEOUT_MS,
      );

      test(
        'is served with a policy that admits its own files only, and logs no violation of it',
        async () => {
          const page = await bench.window();
          const said: string[] = [];
          page.on('console', (message) => void said.push(`${message.type()}: ${message.text()}`));
          page.on('pageerror', (error) => void said.push(String(error)));
          const answer = await page.goto(bench.url('/'));
          expect(answer?.headers()).toMatchObject({
            'cache-control': 'no-cache',
            'content-security-policy': expect.stringMatching(/style-src 'self' 'nonce-[\w+/=]+'/),
          });
          await signIn(page, MASTER);
          await page.getByRole('heading', { level: 1, name: 'Visão geral' }).waitFor();
          expect(said.filter((line) => !/^(?:info|debug|log): /.test(line))).toEqual([]);
        },
        PAGE_TIMEOUT_MS,
      );

      test('leaves the API and missing files their own answers', async () => {
        const cp = bench.stack.web(CP);
        const codes = await Promise.all(
          ['/admin/api/nothing', '/admin/assets/nothing.js'].map(async (path) => {
            const { status, body } = await cp.ask(path);
            return [status, (body as { code?: string }).code];
          }),
        );
        expect(codes).toEqual([
          [404, 'NOT_FOUND'],
          [404, 'NOT_FOUND'],
        ]);
      });
    });

    describe('the pages of governance', () => {
      test(
        'a relationship is edited with active offers by category, and a finding stands at its field',
        async () => {
          const page = await bench.signedIn(`/relationships/${EXPORTER.wlId}/${IMPORTER.wlId}`);
          await page
            .getByRole('heading', { level: 1, name: 'wl-exporter → wl-importer' })
            .waitFor();
          await page.getByRole('button', { name: 'Ler do exportador agora' }).click();
          const categories = page.getByRole('table', { name: 'Categorias do exportador' });
          const known = await categoriesOf(bench);
          for (const { name, activeOffers } of known) {
            const row = categories.getByRole('row').filter({ hasText: name });
            await row.filter({ hasText: String(activeOffers) }).waitFor();
          }
          const excluded = known.find(({ id }) => id === '15');
          const all = known.reduce((sum, { activeOffers }) => sum + activeOffers, 0);
          const left = all - (excluded?.activeOffers ?? 0);
          await page
            .getByText(`${left} ofertas ativas nas categorias exportadas, de ${all}`)
            .waitFor();
          await page.getByLabel('Alerta em (%)').fill('5000');
          await page.getByRole('button', { name: 'Salvar' }).click();
          const field = page.getByLabel('Alerta em (%)');
          await page.locator('[aria-invalid="true"]').waitFor();
          expect(await field.getAttribute('aria-invalid')).toBe('true');
          await assertAccessible(page);
          await field.fill('81');
          await page.getByRole('button', { name: 'Salvar' }).click();
          const diff = page.getByRole('table', { name: 'O que mudou' }).first();
          await diff.getByText('{"alert":81').waitFor();
        },
        PAGE_TIMEOUT_MS,
      );

      test(
        'a support user reads the terms and is shown neither forms nor users',
        async () => {
          const support = await bench.person('support@xpory.local', ['support']);
          const page = await bench.signedIn(
            `/relationships/${EXPORTER.wlId}/${IMPORTER.wlId}`,
            support,
          );
          await page
            .getByRole('region', { name: 'Condições' })
            .getByText('Limite')
            .first()
            .waitFor();
          expect(await page.getByRole('textbox').count()).toBe(0);
          expect(await page.getByRole('button', { name: 'Salvar' }).count()).toBe(0);
          expect(await page.getByRole('link', { name: 'Usuários e funções' }).count()).toBe(0);
          await page.goto(bench.url('/users'));
          await page.getByText('Sua função não permite esta página.').waitFor();
        },
        PAGE_TIMEOUT_MS,
      );

      test(
        'people are added with roles, and disabled after being told what that does',
        async () => {
          const page = await bench.signedIn('/users');
          await page.getByRole('button', { name: 'Novo usuário' }).click();
          const form = page.getByRole('dialog', { name: 'Novo usuário' });
          await form.getByLabel('E-mail').fill('risk@xpory.local');
          await form.getByLabel('Senha').first().fill('short');
          await form.getByLabel('risk:', { exact: false }).check();
          await form.getByRole('button', { name: 'Salvar' }).click();
          await form.locator('input[aria-invalid="true"]').waitFor();
          await assertAccessible(page);
          await form.getByLabel('Senha').first().fill('a-long-enough-password');
          await form.getByRole('button', { name: 'Salvar' }).click();
          const row = page.getByRole('row').filter({ hasText: 'risk@xpory.local' });
          await row.getByRole('button', { name: 'Desativar' }).click();
          const question = page.getByRole('dialog', { name: 'Desativar o usuário?' });
          await question.getByText('sessões de 1 pessoa (risk@xpory.local)').waitFor();
          await question.getByRole('button', { name: 'Desativar' }).click();
          await row.getByText('DISABLED').waitFor();
        },
        PAGE_TIMEOUT_MS,
      );

      test(
        "another person's change in between is told, and nothing is overwritten",
        async () => {
          const path = `/wls/${EXPORTER.wlId}/policy`;
          const [first, second] = await Promise.all([bench.signedIn(path), bench.signedIn(path)]);
          for (const [page, label] of [
            [first, 'first'],
            [second, 'second'],
          ] as const) {
            await page.getByLabel('Rótulo da revisão').fill(label);
          }
          await first.getByRole('button', { name: 'Salvar' }).click();
          await first.getByText('"first"').waitFor();
          await second.getByRole('button', { name: 'Salvar' }).click();
          await second.getByText('Alguém mudou isto enquanto você editava.').waitFor();
        },
        PAGE_TIMEOUT_MS,
      );

      test(
        'every page is accessible and fits 390 px',
        async () => {
          const page = await bench.signedIn();
          await page.setViewportSize(NARROW);
          for (const [path, heading] of [
            ['/wls', 'White labels'],
            ['/wls/new', 'Nova white label'],
            [`/wls/${EXPORTER.wlId}`, 'wl-exporter'],
            [`/wls/${EXPORTER.wlId}/policy`, 'Política de wl-exporter'],
            ['/relationships', 'Relações'],
            ['/relationships/new', 'Nova relação'],
            ['/users', 'Usuários e funções'],
          ] as const) {
            await page.goto(bench.url(path));
            await page.getByRole('heading', { level: 1, name: heading }).waitFor();
            await page.getByLabel('Carregando').waitFor({ state: 'detached' });
            await assertAccessible(page);
            expect([path, await overflow(page)]).toEqual([path, 0]);
          }
        },
        PAGE_TIMEOUT_MS,
      );
    });
  });
}
