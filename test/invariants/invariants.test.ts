import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  checkInvariants,
  INVARIANTS,
  isHolding,
  renderInvariants,
  type CheckRun,
  type InvariantRow,
} from '../../invariants/index.ts';
import { EXPORTER, IMPORTER } from '../wl/documents.ts';
import { govern } from './control-plane.ts';
import { startMarketDatabases, type MarketDatabases } from './databases.ts';
import { trade, TRADES } from './market.ts';
import { CONTROL_PLANE_PLANTS } from './control-plane-plants.ts';
import { PLANTS as WL_PLANTS, type Plant } from './plants.ts';
import { exchangeSignals, SIGNALLED_PAIR, SIGNAL_PLANTS } from './signals.ts';

const PLANTS = [...WL_PLANTS, ...SIGNAL_PLANTS, ...CONTROL_PLANE_PLANTS].toSorted(
  (a, b) => a.number - b.number,
);
const START_MS = 60_000;
const NO_WORKFLOWS = async (): Promise<Set<string>> => new Set();

let server: MarketDatabases;

beforeAll(async () => {
  server = await startMarketDatabases(['exporter', 'importer', 'untraded']);
  await server.use('exporter', (exporter) =>
    server.use('importer', async (importer) => {
      await trade({ exporter, importer });
      await server.useControlPlane('cp', (cp) => govern(cp, [exporter, importer]));
      await server.tamper('cp', SIGNALLED_PAIR);
      await server.useControlPlane('cp', (cp) => exchangeSignals(cp, { exporter, importer }));
    }),
  );
}, START_MS);
afterAll(() => server.stop());

type Run = Partial<CheckRun> & { readonly openWorkflows?: () => Promise<ReadonlySet<string>> };

async function check(
  names: { readonly exporter?: string; readonly importer?: string; readonly cp?: string } = {},
  { openWorkflows = NO_WORKFLOWS, ...run }: Run = {},
): Promise<InvariantRow[]> {
  return server.use(names.exporter ?? 'exporter', (exporter) =>
    server.use(names.importer ?? 'importer', (importer) =>
      server.useControlPlane(names.cp ?? 'cp', (cp) =>
        checkInvariants({
          quiet: true,
          cp,
          parties: [
            { wlId: EXPORTER, slug: 'exporter', db: exporter, openWorkflows },
            { wlId: IMPORTER, slug: 'importer', db: importer, openWorkflows },
          ],
          ...run,
        }),
      ),
    ),
  );
}

async function withPlant<T>(plant: Omit<Plant, 'reports'>, work: () => Promise<T>): Promise<T> {
  await server.clone('planted', plant.party);
  try {
    await server.tamper('planted', plant.sql);
    return await work();
  } finally {
    await server.drop('planted');
  }
}

const foundBy = (rows: readonly InvariantRow[], number: number): string[] =>
  (rows.find((row) => row.number === number)?.violations ?? []).map(
    ({ subject, detail }) => `${subject}: ${detail}`,
  );

describe('a market that traded in every way', () => {
  test('holds, and each invariant looked at rows', async () => {
    const rows = await check();
    expect(rows.flatMap((row) => row.violations)).toEqual([]);
    expect(rows.map((row) => row.number)).toEqual([
      1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 18, 19,
    ]);
    for (const { scanned, applies } of rows) {
      expect(applies).toBe(true);
      expect(scanned).toBeGreaterThan(0);
    }
    expect(isHolding(rows, { traded: true })).toBe(true);
  });

  test('has its overridden trade counted apart', async () => {
    const rows = await check();
    const apart = rows.filter((row) => row.overridden > 0).map((row) => row.number);
    expect(apart).toEqual([2, 4, 5, 14]);
    expect(renderInvariants(rows)).toMatch(/ 2 {2}postings of a trade .* 8 +1 {2}holds/);
  });

  test('that is not quiet is not asked whether both books agree yet', async () => {
    const rows = await check({}, { quiet: false });
    expect(rows.find((row) => row.number === 4)).toMatchObject({ applies: false, scanned: 0 });
    expect(isHolding(rows, { traded: true })).toBe(true);
  });

  test('without an engine to ask says that open trades were not judged', async () => {
    const rows = await server.use('importer', (db) =>
      checkInvariants({ quiet: true, parties: [{ wlId: IMPORTER, slug: 'importer', db }] }),
    );
    expect(rows.find((row) => row.number === 9)).toMatchObject({ applies: false, scanned: 8 });
    expect(rows.find((row) => row.number === 12)).toMatchObject({ applies: false });
    expect(renderInvariants(rows)).toMatch(/ 9 {2}.* not judged/);
  });
});

describe('a planted violation is reported', () => {
  test('of every invariant', () => {
    const planted = new Set(PLANTS.map((plant) => plant.number));
    expect(planted).toEqual(new Set(INVARIANTS.map(({ number }) => number)));
  });

  test.each(PLANTS)('$number: $name', async (plant) => {
    const rows = await withPlant(plant, () => check({ [plant.party]: 'planted' }));
    expect(foundBy(rows, plant.number).join('\n')).toContain(plant.reports);
    expect(isHolding(rows, { traded: true })).toBe(false);
    expect(renderInvariants(rows)).toContain('BROKEN');
  });
});

describe('an open trade', () => {
  const open = (idle: string): Omit<Plant, 'reports'> => ({
    number: 9,
    name: 'open',
    party: 'importer',
    sql: `UPDATE trade SET state = 'FUNDED', updated_at = clock() - interval '${idle}'
           WHERE trade_id = '${TRADES.confirmed}'`,
  });

  test('may go without a workflow for two sweeps', async () => {
    const rows = await withPlant(open('25 seconds'), () => check({ importer: 'planted' }));
    expect(foundBy(rows, 9)).toEqual([]);
  });

  test('that a workflow takes up between two looks is not abandoned', async () => {
    const looks = [new Set<string>(), new Set([`purchase/${TRADES.confirmed}`])];
    const openWorkflows = async (): Promise<Set<string>> => looks.shift() ?? new Set();
    const rows = await withPlant(open('1 hour'), () =>
      server.use('planted', (db) =>
        checkInvariants({
          quiet: false,
          parties: [{ wlId: IMPORTER, slug: 'importer', db, openWorkflows }],
        }),
      ),
    );
    expect(looks).toEqual([]);
    expect(foundBy(rows, 9)).toEqual([]);
  });

  test('counts from the given moment, where there is one', async () => {
    const rows = await withPlant(open('1 hour'), () =>
      check({ importer: 'planted' }, { now: new Date(0) }),
    );
    expect(foundBy(rows, 9)).toEqual([]);
  });
});

test('nothing to look at is a failure in a run that traded, and none in one that did not', async () => {
  const rows = await server.use('untraded', (db) =>
    checkInvariants({
      quiet: true,
      parties: [{ wlId: IMPORTER, slug: 'untraded', db, openWorkflows: NO_WORKFLOWS }],
    }),
  );
  expect(isHolding(rows, { traded: true })).toBe(false);
  expect(isHolding(rows, { traded: false })).toBe(true);
  expect(renderInvariants(rows)).toContain('nothing to check');
});
