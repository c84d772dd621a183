import { sql } from 'kysely';
import type { Ground } from '../ground.ts';
import { runSeed, type Outcome } from '../run-seed.ts';
import type { Operation, Script } from '../script.ts';
import type { Lane } from './lane-world.ts';

/** What the double and the server made of one script without faults. */
export interface Comparison {
  readonly seed: number;
  readonly trades: number;
  /** Empty where both came to the same. */
  readonly differences: readonly string[];
}

/** In a comparison nothing but the script decides: no deadline passes and nothing cools down. */
export const COMPARED: Readonly<Record<string, string>> = {
  HOLD_TTL_SECONDS: '90',
  APPROVAL_TTL_SECONDS: '86400',
  PARK_AFTER_SECONDS: '900',
  REQUESTED_MAX_SECONDS: '60',
  COOL_DOWN_SECONDS: '0',
};

/** One operation is over before the next begins, on a busy machine too. */
const GAP_MS = 60_000;
const DETERMINED: ReadonlySet<Operation['kind']> = new Set([
  ...(['buy', 'repeat', 'reverse', 'decide', 'limit', 'status', 'rate', 'reprice'] as const),
]);

/** The script without what chance or the machine decides, and with the approvals decided. */
export function determined(script: Script): Script {
  const operations: Operation[] = script.operations.map((operation, index) => ({
    ...(DETERMINED.has(operation.kind) ? operation : { kind: 'nothing' }),
    atMs: index * GAP_MS,
  }));
  const bought = operations.filter(({ kind }) => kind === 'buy').length;
  for (let left = bought; left > 0; left -= 1) {
    operations.push({ kind: 'decide', decision: 'approve', atMs: operations.length * GAP_MS });
  }
  // The server's seeds are not governed.
  return { ...script, isGoverned: false, operations, faults: [] };
}

/** Runs the same script on the double and on the server, and tells where they differ. */
export async function compare(double: Ground, lane: Lane, script: Script): Promise<Comparison> {
  const same = determined(script);
  const onDouble = await standing(double, await runSeed(double, same));
  const onServer = await standing(lane.ground, await lane.run(same));
  const differences: string[] = [];
  for (let at = 0; at < Math.max(onDouble.length, onServer.length); at += 1) {
    const [one = 'nothing', other = 'nothing'] = [onDouble[at], onServer[at]];
    if (one !== other) differences.push(`${at + 1}: double ${one}, server ${other}`);
  }
  return { seed: script.seed, trades: onServer.length, differences };
}

/** In the order of their requests, with what broke. */
async function standing({ databases }: Ground, { broken }: Outcome): Promise<string[]> {
  const { rows } = await sql<{ text: string }>`
    SELECT concat_ws(' ', state, reason, quantity, amount_minor) AS text
      FROM trade ORDER BY created_at, trade_id`.execute(databases.importer.db);
  return [...rows.map(({ text }) => text), ...broken];
}
