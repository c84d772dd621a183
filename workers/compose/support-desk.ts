import { createAgent } from '../../activities/clients/agent.ts';
import { createPartnerGuard } from '../../activities/clients/partner-guard.ts';
import { createSupportDesk } from '../../activities/clients/support-desk.ts';
import type { SupportDesk } from '../../api/cp/desk/support-desk.ts';
import type { Signer } from '../../api/cp/tokens/signer.ts';
import { revokedSet } from '../../db/cp/certificate.ts';
import { CONTROL_PLANE_OWNER } from '../../db/cp/key.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { readWl } from '../../db/cp/wl.ts';
import type { CpConfig } from '../../runtime/config.ts';
import { publicLookup } from '../../runtime/public-url.ts';
import type { WatchedTls } from '../../runtime/live-tls.ts';
import type { PartyDatabase } from './party-database.ts';
import type { ProcessParts } from './process.ts';
import { openRevocations } from './transport.ts';

/** People at work ask for some things at once; a mass of calls is nobody's click. */
const CALLS_PER_WL = 8;
/** As towards exporters: five failures in a row are no accident, and a probe finds it healed. */
const BREAKER = { breakerFailures: 5, breakerHalfOpenMs: 5_000 };

/** The one way on which this process reaches the network by itself (ADR 12). */
export async function openSupportDesk(
  { profile, tokens }: CpConfig,
  parts: Pick<ProcessParts, 'log' | 'shutdown' | 'points'> & {
    readonly database: PartyDatabase<CpSchema>;
    readonly signer: Signer;
    readonly tls: WatchedTls;
  },
): Promise<SupportDesk> {
  const { shutdown, database, signer, tls } = parts;
  const { db, sealer } = database;
  const agent = createAgent({
    tls,
    revocations: await openRevocations(() => revokedSet(db), parts),
    connections: CALLS_PER_WL,
    lookup: publicLookup(profile),
    points: parts.points,
  });
  shutdown.add('support desk', () => agent.close());
  return createSupportDesk({
    agent,
    guard: createPartnerGuard({ ...BREAKER, bulkheadCalls: CALLS_PER_WL }),
    peerUrlOf: async (wlId) => (await readWl(db, sealer, wlId))?.peerUrl ?? undefined,
    mint: ({ wlId, person, scope }) =>
      signer.issue({
        kind: 'SUPPORT',
        owner: CONTROL_PLANE_OWNER,
        sub: person,
        aud: wlId,
        scopes: [scope],
        ttlSeconds: tokens.supportSeconds,
      }),
    clock: () => new Date(),
  });
}
