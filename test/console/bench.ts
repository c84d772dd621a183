import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CP } from '../../stack/parties.ts';
import { logIn, register } from '../../stack/register.ts';
import { startBrowser } from '../support/browser.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

export const MASTER = { email: 'master@xpory.local', password: 'changeit' };
export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

// A page waits for figures of a machine with several suites on two cores.
const PAGE_TIMEOUT_MS = 30_000;

export interface ConsoleBench {
  readonly stack: TestStack;
  readonly browser: Browser;
  /** Address of a page, `/wls`. */
  url(path: string): string;
  /** A browser window of its own, with no session and nothing cached. */
  window(options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
  /** A tab with somebody signed in, at a page; all tabs share one cache, none shares its session. */
  signedIn(path?: string, person?: Person): Promise<Page>;
  /** Adds somebody with these roles. */
  person(email: string, roles: readonly string[]): Promise<Person>;
  /** After each test: an open page asks for news every few seconds. */
  closeWindows(): Promise<void>;
  close(): Promise<void>;
}

export interface Person {
  readonly email: string;
  readonly password: string;
}

/** A whole local stack with registered parties, its console built, and a browser: once a file. */
export async function openConsole(
  env: Readonly<Record<string, string>> = {},
): Promise<ConsoleBench> {
  const stack = await startTestStack({ env, console: true });
  const opened: BrowserContext[] = [];
  let browser: Browser;
  let profile: BrowserContext;
  const view = { viewport: WIDE, reducedMotion: 'reduce' } as const;
  try {
    await register(stack, () => undefined);
    browser = await startBrowser();
    profile = await browser.newContext(view);
  } catch (error) {
    await stack.close();
    throw error;
  }
  profile.setDefaultTimeout(PAGE_TIMEOUT_MS);
  const url = (path: string): string =>
    `http://127.0.0.1:${stack.ports[CP.ports.http]}/admin${path}`;
  const window = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
    const context = await browser.newContext({ ...view, ...options });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    opened.push(context);
    return context.newPage();
  };
  return {
    ...{ stack, browser, url, window },
    async signedIn(path = '/', person = MASTER) {
      const login = { method: 'POST', body: person } as const;
      const session = await stack.web(CP).need('/admin/api/auth/login', login);
      const page = await profile.newPage();
      await enter(page, url(path), session);
      return page;
    },
    person: (email, roles) => addPerson(stack, email, roles),
    async closeWindows() {
      await Promise.all(profile.pages().map((page) => page.close()));
      await Promise.all(opened.splice(0).map((context) => context.close()));
    },
    async close() {
      await browser.close();
      await stack.close();
    },
  };
}

export async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Senha', { exact: false }).first().fill(password);
  await page.getByRole('button', { name: 'Entrar' }).click();
  await page.getByRole('navigation', { name: 'Menu' }).waitFor({ state: 'attached' });
}

/** Opens a page of the console with a session that the API has given. */
export async function enter(page: Page, url: string, session: unknown): Promise<void> {
  // A session is of its tab, and any address of the origin reaches the tab's store.
  await page.goto(new URL('/healthz', url).href);
  const text = JSON.stringify(JSON.stringify(session));
  await page.evaluate(`sessionStorage.setItem('xpory.session', ${text})`);
  await page.goto(url);
  await page.getByRole('navigation', { name: 'Menu' }).waitFor({ state: 'attached' });
}

async function addPerson(
  stack: TestStack,
  email: string,
  roles: readonly string[],
): Promise<Person> {
  const { cp, token } = await logIn(stack);
  const password = 'a-long-enough-password';
  await cp.need('/admin/api/users', {
    method: 'POST',
    bearer: token,
    body: { email, password, roles },
  });
  return { email, password };
}
