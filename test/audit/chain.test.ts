import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { appendAudit, sha256, verifyAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/pool.ts';
import { chainText, type ChainPoint, type ChainProblem } from '../../domain/audit/chain.ts';
import { startWlDatabases, type TestServer, type TestWl } from '../wl/database.ts';

const ROWS = 12;
const MANY = 100_000;
const LONG_MS = 60_000;

let server: TestServer;
let wl: TestWl;

beforeAll(async () => {
  server = await startWlDatabases(['chain', 'long']);
  wl = server.open('chain');
  for (let index = 1; index <= ROWS; index += 1) {
    await inTransaction(wl.db, (tx) =>
      appendAudit(tx, {
        ...{ actor: `user-${index % 3}`, source: 'test', action: 'thing.changed' },
        ...{ subject: `thing/${index}`, before: { value: index }, after: { value: index + 1 } },
        correlationId: `correlation-${index}`,
      }),
    );
  }
  await sql`CREATE TABLE audit_copy AS TABLE audit`.execute(wl.db);
  await sql`CREATE TABLE audit_head_copy AS TABLE audit_head`.execute(wl.db);
}, LONG_MS);
afterAll(() => server.stop());
afterEach(async () => {
  await sql`TRUNCATE audit, audit_head`.execute(wl.db);
  await sql`INSERT INTO audit TABLE audit_copy`.execute(wl.db);
  await sql`INSERT INTO audit_head TABLE audit_head_copy`.execute(wl.db);
});

/** As somebody with the database's own password could: past the trigger that keeps rows. */
async function tamper(statements: string): Promise<void> {
  await wl.pool.query(`ALTER TABLE audit DISABLE TRIGGER ALL; ${statements};
    ALTER TABLE audit ENABLE TRIGGER ALL`);
}

const shift = (from: number, by: number): string =>
  `UPDATE audit SET seq = seq + 1000 WHERE seq >= ${from};
   UPDATE audit SET seq = seq - 1000 + ${by} WHERE seq > 1000`;
const copyTo = (seq: number, from: number): string =>
  `INSERT INTO audit SELECT ${seq}, at, actor, source, action, 'forged', before, after,
     correlation_id, previous_hash, hash FROM audit_copy WHERE seq = ${from}`;
const exchange = (a: number, b: number): string =>
  `UPDATE audit SET seq = -seq WHERE seq IN (${a}, ${b});
   UPDATE audit SET seq = CASE seq WHEN -${a} THEN ${b} ELSE ${a} END WHERE seq < 0`;
const exchangeContent = (a: number, b: number): string =>
  `UPDATE audit SET at = other.at, actor = other.actor, subject = other.subject,
     before = other.before, after = other.after, correlation_id = other.correlation_id
    FROM audit_copy AS other WHERE (audit.seq, other.seq) IN ((${a}, ${b}), (${b}, ${a}))`;
const rewind = (seq: number): string =>
  `DELETE FROM audit WHERE seq > ${seq};
   UPDATE audit_head SET seq = ${seq}, hash = (SELECT hash FROM audit WHERE seq = ${seq})`;

type Case = readonly [name: string, statements: string, brokenAt: number, ChainProblem];
const CASES: readonly Case[] = [
  ['an edited value', `UPDATE audit SET after = '{"value": 0}' WHERE seq = 5`, 5, 'EDITED'],
  ['an edited actor', `UPDATE audit SET actor = 'nobody' WHERE seq = 1`, 1, 'EDITED'],
  ['an edited last row', `UPDATE audit SET subject = 'x' WHERE seq = 12`, 12, 'EDITED'],
  ['an edited hash', `UPDATE audit SET hash = 'x' WHERE seq = 7`, 7, 'EDITED'],
  ['a dropped row', `DELETE FROM audit WHERE seq = 6`, 6, 'MISSING'],
  ['a dropped first row', `DELETE FROM audit WHERE seq = 1`, 1, 'MISSING'],
  ['two dropped rows', `DELETE FROM audit WHERE seq IN (6, 7)`, 6, 'MISSING'],
  [
    'a dropped row and the gap closed',
    `DELETE FROM audit WHERE seq = 6; ${shift(7, -1)}`,
    6,
    'MISSING',
  ],
  ['an inserted row', `${shift(4, 1)}; ${copyTo(4, 9)}`, 4, 'INSERTED'],
  ['a row added behind the head', copyTo(13, 9), 13, 'INSERTED'],
  ['two neighbours exchanged', exchange(4, 5), 4, 'SWAPPED'],
  ['two rows exchanged', exchange(3, 9), 3, 'SWAPPED'],
  ['the contents of two rows exchanged', exchangeContent(3, 9), 3, 'SWAPPED'],
  ['a lost tail', `DELETE FROM audit WHERE seq > 9`, 10, 'TRUNCATED'],
  ['an emptied chain', `DELETE FROM audit`, 1, 'TRUNCATED'],
];

async function heads(): Promise<ChainPoint[]> {
  return (
    await sql<ChainPoint>`SELECT seq, hash FROM audit_copy WHERE seq IN (3, 8, 12) ORDER BY seq`.execute(
      wl.db,
    )
  ).rows;
}

/** Edits a row and computes every hash from there on anew, the head's too. */
async function rewrite(seq: number): Promise<void> {
  await tamper(`UPDATE audit SET actor = 'nobody' WHERE seq = ${seq}`);
  const rows = await wl.db.selectFrom('audit').selectAll().orderBy('seq').execute();
  let previousHash = '';
  for (const row of rows) {
    const { correlation_id: correlationId, hash: _hash, ...rest } = row;
    const facts = { ...rest, at: row.at.toISOString(), correlationId, previousHash };
    const hash = sha256(chainText(facts as Parameters<typeof chainText>[0]));
    await tamper(`UPDATE audit SET hash = '${hash}', previous_hash = '${previousHash}'
      WHERE seq = ${row.seq}; UPDATE audit_head SET hash = '${hash}'`);
    previousHash = hash;
  }
}

describe('a chain', () => {
  test('that nobody touched verifies, with every head that was signed', async () => {
    const verdict = await verifyAudit(wl.db, await heads());
    expect(verdict).toMatchObject({ scanned: ROWS, headsMet: 3, head: { seq: 12n } });
    expect(verdict).not.toHaveProperty('brokenAt');
  });

  test.each(CASES)('with %s names the row', async (_name, statements, brokenAt, problem) => {
    await tamper(statements);
    expect(await verifyAudit(wl.db)).toMatchObject({ brokenAt: BigInt(brokenAt), problem });
    expect(await verifyAudit(wl.db, await heads())).toHaveProperty('brokenAt');
  });

  test('with an inserted row that fits its place names it by the one behind', async () => {
    await tamper(`${shift(6, 1)}; ${copyTo(6, 9)}`);
    const forged = await wl.db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '=', 6n)
      .executeTakeFirstOrThrow();
    const before = await wl.db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '=', 5n)
      .executeTakeFirstOrThrow();
    const { correlation_id: correlationId, hash: _hash, ...rest } = forged;
    const facts = {
      ...rest,
      at: forged.at.toISOString(),
      correlationId,
      previousHash: before.hash,
    };
    const hash = sha256(chainText(facts as Parameters<typeof chainText>[0]));
    await tamper(
      `UPDATE audit SET hash = '${hash}', previous_hash = '${before.hash}' WHERE seq = 6`,
    );
    expect(await verifyAudit(wl.db)).toMatchObject({ brokenAt: 6n, problem: 'INSERTED' });
  });

  test('with one row computed anew names that row, not the one behind it', async () => {
    await rewrite(5);
    await tamper(`UPDATE audit SET hash = copy.hash, previous_hash = copy.previous_hash
      FROM audit_copy AS copy WHERE copy.seq = audit.seq AND audit.seq > 5;
      UPDATE audit_head SET hash = (SELECT hash FROM audit_copy WHERE seq = 12)`);
    expect(await verifyAudit(wl.db)).toMatchObject({ brokenAt: 5n, problem: 'EDITED' });
  });

  test('computed anew as a whole is shown by the first signed head behind the edit', async () => {
    await rewrite(5);
    expect(await verifyAudit(wl.db)).not.toHaveProperty('brokenAt');
    const verdict = await verifyAudit(wl.db, await heads());
    expect(verdict).toMatchObject({ headsMet: 1, brokenAt: 8n, problem: 'EDITED' });
  });

  test('cut together with its head is shown by a signed head alone', async () => {
    await tamper(rewind(10));
    expect(await verifyAudit(wl.db)).not.toHaveProperty('brokenAt');
    const verdict = await verifyAudit(wl.db, await heads());
    expect(verdict).toMatchObject({ headsMet: 2, brokenAt: 11n, problem: 'TRUNCATED' });
  });
});

test(
  'a hundred thousand rows verify under the time-out of a statement',
  async () => {
    const long = server.open('long');
    const at = new Date('2026-01-01T00:00:00.000Z');
    let previousHash = '';
    for (let first = 1; first <= MANY; first += 10_000) {
      const rows = Array.from({ length: 10_000 }, (_row, index) => {
        const seq = BigInt(first + index);
        const common = { actor: 'a', source: 'test', action: 'x', subject: 's', before: {} };
        const facts = { ...common, seq, after: { value: Number(seq) }, correlationId: 'c' };
        const hash = sha256(chainText({ ...facts, at: at.toISOString(), previousHash }));
        const row = { ...common, seq: String(seq), at, after: facts.after, correlation_id: 'c' };
        const stored = { ...row, previous_hash: previousHash, hash };
        previousHash = hash;
        return stored;
      });
      await sql`INSERT INTO audit SELECT * FROM
        jsonb_populate_recordset(null::audit, ${JSON.stringify(rows)}::jsonb)`.execute(long.db);
    }
    await sql`UPDATE audit_head SET seq = ${MANY}, hash = ${previousHash}`.execute(long.db);
    const verdict = await verifyAudit(long.db);
    expect(verdict).toMatchObject({ scanned: MANY });
    expect(verdict).not.toHaveProperty('brokenAt');
  },
  LONG_MS,
);
