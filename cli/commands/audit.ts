import type { Command } from 'commander';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import { z } from 'zod';
import { verifyAudit, type AuditVerdict } from '../../db/audit.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { verifyAgainst, verifyTrail, type TrailVerdict } from '../../db/cp/signed-heads.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { headsSeen } from '../../db/wl/audit-heads.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { CP, WL_PARTIES, type Party } from '../../stack/parties.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { DATA_DIR, databasesOf, type PlaceOptions } from '../place.ts';
import type { Column } from '../output/table.ts';
import type { Surroundings } from '../surroundings.ts';
import { withWeb } from '../web.ts';
import { addList, JSON_OUTPUT, type Run } from './command.ts';

interface Options extends PlaceOptions {
  readonly remote?: boolean;
  readonly json?: boolean;
}

/** One chain, looked at from one side. */
interface Row {
  readonly chain: string;
  readonly verified: boolean;
  readonly scanned: number;
  readonly headsMet: number;
  readonly brokenAt?: string | undefined;
  readonly problem?: string | undefined;
  readonly forgedHeads?: readonly string[] | undefined;
}

const LISTED: readonly Column[] = [
  ['seq', 'seq'],
  ['at', 'at'],
  ['actor', 'actor'],
  ['source', 'source'],
  ['action', 'action'],
  ['subject', 'subject'],
  ['correlation id', 'correlationId'],
];

/** `xwl audit …` */
export function addAudit(program: Command, run: Run): void {
  const audit = program.command('audit').description('the audit chains');
  addList(audit.command('list').description("the Control Plane's rows, newest first"), run, {
    ...{ path: '/admin/api/audit', paging: 'cursor', columns: LISTED },
    filters: [
      { flag: '--subject <subject>', about: 'what was changed', name: 'subject' },
      { flag: '--actor <actor>', about: 'who changed it', name: 'actor' },
      { flag: '--action <action>', about: 'what was done', name: 'action' },
    ],
  });
  audit
    .command('verify')
    .description(
      "recomputes every party's chain and compares the Control Plane's with signed heads",
    )
    .option(...DATA_DIR)
    .option('--remote', 'asks the Control Plane, which knows only its own chain and heads')
    .option(...JSON_OUTPUT)
    .action(run(auditVerify));
}

/** `xwl audit verify` */
async function auditVerify(around: Surroundings, options: Options): Promise<ExitCode> {
  const rows = options.remote === true ? [await asked(around)] : await read(around, options);
  const verified = rows.every((row) => row.verified);
  around.write(
    options.json === true
      ? `${JSON.stringify({ verified, chains: rows }, null, 2)}\n`
      : `${rows.map(render).join('\n')}\n`,
  );
  return verified ? EXIT.ok : EXIT.failed;
}

const remoteVerdict = z.object({
  verified: z.boolean(),
  scanned: z.number(),
  signedHeads: z.object({ met: z.number(), forged: z.array(z.string()) }),
  brokenAt: z.string().optional(),
  problem: z.string().optional(),
});

async function asked(around: Surroundings): Promise<Row> {
  const { body } = await withWeb(around, (web) => web.get('/admin/api/audit/verify'));
  const { signedHeads, ...verdict } = remoteVerdict.parse(body);
  const { met: headsMet, forged: forgedHeads } = signedHeads;
  return { chain: 'control plane', ...verdict, headsMet, forgedHeads };
}

// Nobody waits behind it; the pages are short all the same.
const STATEMENT_TIMEOUT_MS = 60_000;
const POOL_SIZE = 2;

async function read(around: Surroundings, options: Options): Promise<Row[]> {
  const databaseUrl = await databasesOf(around, options);
  const pools: pg.Pool[] = [];
  const open = <S>(party: Party): Kysely<S> => {
    const pool = createPool({
      url: databaseUrl(party),
      size: POOL_SIZE,
      applicationName: 'xwl',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      // The failed query tells.
      onError: () => undefined,
    });
    pools.push(pool);
    return createDatabase<S>(pool);
  };
  try {
    const cp = open<CpSchema>(CP);
    const rows = [trailRow('control plane', await verifyTrail(cp))];
    for (const party of WL_PARTIES) {
      const wl = open<WlTables>(party);
      const seen = await verifyAgainst(cp, await headsSeen(wl));
      rows.push(trailRow(`control plane by the heads of ${party.slug}`, seen));
      rows.push(rowOf(party.slug, await verifyAudit(wl)));
    }
    return rows;
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

function rowOf(chain: string, verdict: AuditVerdict): Row {
  const { scanned, headsMet, brokenAt, problem } = verdict;
  const fault = brokenAt === undefined ? {} : { brokenAt: String(brokenAt), problem };
  return { chain, verified: brokenAt === undefined, scanned, headsMet, ...fault };
}

function trailRow(chain: string, verdict: TrailVerdict): Row {
  const row = rowOf(chain, verdict);
  const forgedHeads = verdict.signedHeads.forged.map(String);
  return { ...row, forgedHeads, verified: row.verified && forgedHeads.length === 0 };
}

function render({ chain, scanned, headsMet, brokenAt, problem, forgedHeads = [] }: Row): string {
  const what = `${chain}: ${scanned} rows, ${headsMet} signed heads`;
  const faults = [
    ...(brokenAt === undefined ? [] : [`BROKEN at row ${brokenAt}: ${problem}`]),
    ...forgedHeads.map((seq) => `head ${seq} does not carry the Control Plane's signature`),
  ];
  return faults.length === 0 ? `${what}: verified` : `${what}: ${faults.join('; ')}`;
}
