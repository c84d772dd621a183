import { expect, test } from '@jest/globals';
import { HOLD_STATES, moveHold, type HoldState } from '../../domain/purchase/hold.ts';
import { isLegalMove, TRADE_STATES, TRADE_STEPS } from '../../domain/purchase/trade.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/architecture.md');
const ARROW = /^ {2}(\S+) --> (\S+): (.+)$/;

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

function arrowsOf(name: string): Arrow[] {
  const [, after = ''] = page.split(`<!-- ${name} -->\n\`\`\`mermaid\nstateDiagram-v2\n`);
  const lines = after.slice(0, after.indexOf('```')).trimEnd().split('\n');
  return lines.map((text) => {
    const match = ARROW.exec(text);
    if (match === null) throw new Error(`no arrow: ${text}`);
    const [, from = '', to = '', label = ''] = match;
    return { from, to, label };
  });
}

test('the drawing of a trade has exactly the moves of the table', () => {
  const moves = TRADE_STATES.flatMap((from) =>
    TRADE_STEPS.flatMap((step) =>
      TRADE_STATES.filter((to) => isLegalMove(from, step, to)).map((to) => `${from} ${step} ${to}`),
    ),
  );
  const drawn = arrowsOf('trade-states')
    .filter(({ from }) => from !== '[*]')
    .map(({ from, to, label }) => `${from} ${label} ${to}`);
  expect(drawn.sort()).toEqual(moves.sort());
});

test('the drawing of a hold has exactly the moves of the table', () => {
  const sources: readonly (HoldState | 'NEW')[] = ['NEW', ...HOLD_STATES];
  const moves = sources.flatMap((from) =>
    HOLD_STATES.filter((to) => moveHold(from, to).ok).map((to) => `${from} ${to}`),
  );
  const drawn = arrowsOf('hold-states').map(
    ({ from, to }) => `${from === '[*]' ? 'NEW' : from} ${to}`,
  );
  expect(drawn.sort()).toEqual(moves.sort());
});
