import * as restate from '@restatedev/restate-sdk';
import { Pool } from 'undici';
import { createSaga, need } from '../saga.ts';
import { serveApp } from './serve.ts';

/** One handler, a ctx.run a call; the buyer is answered when the row commits, as for ours. */
const saga = createSaga('restate');
const port = Number(need('RESTATE_SERVICE_PORT'));
/** Its ingress speaks HTTP/1.1; more connections than the largest cell has clients. */
const CONNECTIONS = 96;

const purchase = restate.service({
  name: 'purchase',
  handlers: {
    buy: async (ctx: restate.Context, { id }: { id: string }): Promise<void> => {
      await ctx.run('hold', () => saga.hold(id));
      await ctx.run('debit', () => saga.debit(id));
      await ctx.run('confirm', () => saga.confirm(id));
      await ctx.run('settle', () => saga.settle(id));
    },
  },
});

async function register(): Promise<void> {
  const answer = await fetch(`${need('RESTATE_ADMIN_URL')}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}`, force: false }),
  });
  // Registered before, by the process that this one replaces.
  if (!answer.ok && answer.status !== 409) throw new Error(await answer.text());
}

await restate.serve({ services: [purchase], port });
await register();
const ingress = new Pool(need('RESTATE_INGRESS_URL'), { connections: CONNECTIONS });
serveApp(async (id) => {
  const settled = saga.settled(id);
  const { statusCode, body } = await ingress.request({
    method: 'POST',
    path: '/purchase/buy/send',
    headers: { 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify({ id }),
  });
  const text = await body.text();
  if (statusCode >= 300) throw new Error(`the ingress answered ${statusCode}: ${text}`);
  await settled;
});
