import { randomUUID } from 'node:crypto';
import { IMPORTER } from '../parties.ts';
import type { Progress } from '../progress.ts';
import { importOffers, logIn } from '../register.ts';
import type { Stack } from '../stack.ts';
import { renderTable } from '../table.ts';
import { EXPORTER_KILLED } from './exporter-killed.ts';
import { isAsExpected } from './purchases.ts';
import type { Buyer, DemoRun, PurchaseLine } from './purchases.ts';
import { LIMIT_CROSSED } from './governed.ts';
import { SCENES_AFTER_THE_KILL, SCENES_BEFORE_THE_KILL } from './scenes.ts';
import { openCatalogue } from './store.ts';
import { prepareTerms } from './terms.ts';

const SCENES = [
  ...SCENES_BEFORE_THE_KILL,
  EXPORTER_KILLED,
  ...SCENES_AFTER_THE_KILL,
  LIMIT_CROSSED,
];

// More than a run spends; a buyer of its own keeps one run out of another one's cool-down.
const FUNDS = { XIM: '25000.00', BRL: '2500.00' };

/** Real purchases over HTTP, of every outcome; false where one did not come out as it has to. */
export async function runDemo(stack: Stack, progress: Progress): Promise<boolean> {
  progress.print('\nDemo: purchases at the importer of offers of the exporter');
  const session = await logIn(stack);
  await prepareTerms({ stack, session });
  const run: DemoRun = {
    ...{ stack, progress, session },
    importer: stack.web(IMPORTER),
    buyer: await openAccount(stack),
    catalogue: await openCatalogue(stack),
    lines: [],
  };
  for (const scene of SCENES) {
    progress.print(`\n${scene.title}`);
    await scene.play(run);
  }
  // Prices and stock that scenes put back are seen by the store again.
  await importOffers(stack, IMPORTER);
  progress.print(`\n${renderSummary(run.lines)}`);
  return run.lines.every(isAsExpected);
}

async function openAccount(stack: Stack): Promise<Buyer> {
  const importer = stack.web(IMPORTER);
  const bearer = stack.env['IMPORTER_BACKOFFICE_KEY'] ?? 'backoffice-importer';
  const buyer = await importer.need<Buyer>('/api/v2/backoffice/accounts', {
    method: 'POST',
    bearer,
    body: { name: 'Comprador da demonstração', email: 'demo@xpory.local', buyOffer: true },
  });
  for (const [currency, amount] of Object.entries(FUNDS)) {
    await importer.need(`/api/v2/backoffice/accounts/${buyer.accountId}/credits`, {
      method: 'POST',
      bearer,
      body: { amount, currency, note: 'Saldo da demonstração' },
      headers: { 'Idempotency-Key': randomUUID() },
    });
  }
  return buyer;
}

function renderSummary(lines: readonly PurchaseLine[]): string {
  const outcomes = [...new Set(lines.map(({ outcome }) => outcome))].sort();
  const rows = outcomes.map((outcome) => {
    const same = lines.filter((line) => line.outcome === outcome);
    const times = same.map(({ ms }) => ms).sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)] ?? 0;
    return [outcome, String(same.length).padStart(5), `${median} ms`, `${times.at(-1) ?? 0} ms`];
  });
  const unexpected = lines
    .filter((line) => !isAsExpected(line))
    .map(({ number, expected, outcome }) => `  ${number}: ${outcome} instead of ${expected}`);
  return [
    renderTable(['outcome', 'count', 'median', 'longest'], rows),
    '',
    `${lines.length} purchases, ${lines.length - unexpected.length} as expected`,
    ...unexpected,
  ].join('\n');
}
