import { expect, test } from '@jest/globals';
import type { CallAnswer } from '../../activities/clients/agent.ts';
import { QA_MEMBER } from '../../stack/local-data/members.ts';
import { CP, EXPORTER, IMPORTER } from '../../stack/parties.ts';
import type { WlParty } from '../../stack/parties.ts';
import { askToBuy, buy, outcomeOf, type Buyer, type Stage } from './stage.ts';
import { spareOffers } from './trades.ts';

const AT_ONCE = 20;
// Well above both limits of the stage.
const MOST_ROUNDS = 30;

/** Who asks too often waits, and nobody else does. */
export function rateLimits(stage: () => Stage): void {
  test('an account over its limit is told when to come back; another one buys', async () => {
    const eager = await openAccount(stage());
    const over = await useUp(() => askToBuy(stage(), eager, 'no-such-offer'));
    expect(outcomeOf(over)).toBe('429 RATE_LIMITED');
    expect(Number(over.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const [offer] = await spareOffers(stage(), 11);
    const bought = await buy(stage(), QA_MEMBER, offer?.offerId ?? '');
    expect(bought).toMatchObject({ status: 'CONFIRMED' });
  });

  test('a white label over its limit takes nothing from another one', async () => {
    const secrets = ({ wlId, slug }: WlParty): Promise<CallAnswer> =>
      stage().stack.web(CP, slug).ask(`/wls/${wlId}/secrets`, { method: 'POST' });
    const over = await useUp(() => secrets(EXPORTER));
    const retryAfter = Number(over.headers['retry-after']);
    expect(outcomeOf(over)).toBe('429 RATE_LIMITED');
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect((await secrets(IMPORTER)).status).toBe(200);
  });
}

async function useUp(ask: () => Promise<CallAnswer>): Promise<CallAnswer> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, ask));
    const over = answers.find(({ status }) => status === 429);
    if (over !== undefined) return over;
  }
  throw new Error('the limit was never reached');
}

function openAccount({ stack }: Stage): Promise<Buyer> {
  const path = '/api/v2/backoffice/accounts';
  const body = { name: 'Apressada', buyOffer: true };
  return stack.web(IMPORTER).need(path, { method: 'POST', bearer: 'backoffice-importer', body });
}

/** The buyer page, without a browser: it is there with its files, and the offers are its data. */
export function storePage(stage: () => Stage): void {
  test('/loja/ is a page of its own files, readable without a login', async () => {
    const web = stage().stack.web(IMPORTER);
    const page = await web.ask('/loja/');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const files = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file = '']) => file);
    const kinds = files.map((file) => file.split('.').at(-1));
    expect(new Set(kinds)).toEqual(new Set(['css', 'js']));
    const answers = await Promise.all(files.map((file) => web.ask(file)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.some(({ text }) => text.includes('/api/v2/imported-offers'))).toBe(true);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  });
}
