import type { Kysely } from 'kysely';
import { createSigner } from '../../api/cp/tokens/signer.ts';
import { appendAudit } from '../../db/audit.ts';
import { ensureControlPlaneKeys } from '../../db/cp/key.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { recordSignedHead } from '../../db/cp/signed-heads.ts';
import { inTransaction } from '../../db/pool.ts';
import { latestHeadSeen, storeHead } from '../../db/wl/audit-heads.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { testSealer } from '../wl/database.ts';
import { report } from './reports.ts';

const CHANGES = 6;
const AUTHOR = { actor: 'bootstrap', source: 'test', correlationId: 'market' };

/** A Control Plane with a chain whose heads both WLs have pulled, after each change. */
export async function govern(
  cp: Kysely<CpSchema>,
  wls: readonly Kysely<WlTables>[],
): Promise<void> {
  const clock = (): Date => new Date();
  const signer = createSigner({ db: cp, sealer: testSealer('cp'), issuer: 'https://cp', clock });
  await ensureControlPlaneKeys(cp, AUTHOR, signer.makeKeyPair);
  for (let change = 1; change <= CHANGES; change += 1) {
    const subject = `thing/${change}`;
    const entry = { ...AUTHOR, action: 'thing.changed', subject, before: null, after: { change } };
    await inTransaction(cp, (tx) => appendAudit(tx, entry));
    const row = await cp.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow();
    const head = { seq: String(row.seq), hash: row.hash };
    const signed = { ...head, signature: await signer.signAuditHead(head) };
    await recordSignedHead(cp, signed);
    for (const wl of wls) await storeHead(wl, signed, await latestHeadSeen(wl));
  }
  await report(cp);
}
