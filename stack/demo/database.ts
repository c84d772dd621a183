import pg from 'pg';
import type { Party } from '../parties.ts';
import type { Stack } from '../stack.ts';

/** For the little that the demo reads or locks behind a party's back; close it with `end()`. */
export async function connectTo(stack: Stack, party: Party): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: stack.databaseUrl(party) });
  await client.connect();
  return client;
}
