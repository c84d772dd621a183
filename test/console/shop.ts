import pg from 'pg';
import { EXPORTER } from '../../stack/parties.ts';
import { logIn } from '../../stack/register.ts';
import { importedOffers, type ImportedOffer } from '../runbook/stage.ts';
import { eventually } from '../stack/setup.ts';
import type { TestStack } from '../support/stack.ts';

// Events travel within a second or two; not on a machine with several suites on two cores.
const KNOWN_WITHIN_MS = 60_000;
/** Above this a person approves, unless the relationship says otherwise (DESIGN.md 4). */
const APPROVAL_ABOVE = 1_000;
const CHEAP_AT_MOST = 500;
const DEAR_AT_MOST = 3_000;

/** Offers that may be bought: the cheap ones confirm at once, the dear ones wait for a person. */
export async function offersOf(
  stack: TestStack,
  kind: 'cheap' | 'dear',
): Promise<readonly ImportedOffer[]> {
  const offers = await importedOffers({ stack });
  return offers.filter(({ eligible, available, unitPrice }) => {
    const price = Number(unitPrice);
    const fits =
      kind === 'cheap' ? price < CHEAP_AT_MOST : price > APPROVAL_ABOVE && price < DEAR_AT_MOST;
    return eligible && available > 2 && fits;
  });
}

/** Waits until the Control Plane tells at an address what is expected of it. */
export async function told<T>(
  stack: TestStack,
  path: string,
  expected: (body: T) => boolean,
): Promise<void> {
  const { cp, token: bearer } = await logIn(stack);
  await eventually(
    `the Control Plane tells of ${path}`,
    async () => {
      const { status, body } = await cp.ask(path, { bearer });
      return status === 200 && expected(body as T);
    },
    KNOWN_WITHIN_MS,
  );
}

/** The exporter can take a hold of this offer and then do nothing with it: every move fails. */
export async function breakHoldsOf(
  stack: TestStack,
  offerId: string,
): Promise<() => Promise<void>> {
  // An offer's id comes from the catalogue; a trigger's condition takes no parameters.
  if (!/^\d+$/.test(offerId)) throw new Error(`not an id of the catalogue: ${offerId}`);
  const run = async (...statements: readonly string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: stack.databaseUrl(EXPORTER) });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(
    `CREATE FUNCTION test_broken() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'broken for a test'; END $$`,
    `CREATE TRIGGER test_broken BEFORE UPDATE ON hold FOR EACH ROW
       WHEN (OLD.offer_id = '${offerId}') EXECUTE FUNCTION test_broken()`,
  );
  return () =>
    run('DROP TRIGGER IF EXISTS test_broken ON hold', 'DROP FUNCTION IF EXISTS test_broken');
}
