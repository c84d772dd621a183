import type { Kysely } from 'kysely';
import { createAgent } from '../../activities/clients/agent.ts';
import { createPartnerGuard } from '../../activities/clients/partner-guard.ts';
import { createSupportDesk } from '../../activities/clients/support-desk.ts';
import type { SupportDesk } from '../../api/cp/desk/support-desk.ts';
import type { Signer } from '../../api/cp/tokens/signer.ts';
import { CONTROL_PLANE_OWNER } from '../../db/cp/key.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { readWl } from '../../db/cp/wl.ts';
import type { Sealer } from '../../db/sealed.ts';
import type { TlsMaterial } from '../../runtime/tls.ts';

export interface DeskParts {
  readonly db: Kysely<CpSchema>;
  readonly sealer: Sealer;
  readonly signer: Signer;
  /** The Control Plane's own. */
  readonly tls: TlsMaterial;
  /** Where a white label is asked, where that is not its registered address. */
  readonly reach?: ((wlId: string) => string | undefined) | undefined;
}

const TTL_SECONDS = 300;

/** The support desk as `cp-api` has it, over the test's own certificates. */
export function createDesk({ db, sealer, signer, tls, reach }: DeskParts): {
  readonly supportDesk: SupportDesk;
  readonly close: () => Promise<void>;
} {
  const agent = createAgent({ tls, connections: 8 });
  const supportDesk = createSupportDesk({
    agent,
    guard: createPartnerGuard({ breakerFailures: 5, breakerHalfOpenMs: 100, bulkheadCalls: 8 }),
    peerUrlOf: async (wlId) =>
      reach?.(wlId) ?? (await readWl(db, sealer, wlId))?.peerUrl ?? undefined,
    mint: ({ wlId, person, scope }) =>
      signer.issue({
        ...{ kind: 'SUPPORT', owner: CONTROL_PLANE_OWNER, sub: person, aud: wlId },
        ...{ scopes: [scope], ttlSeconds: TTL_SECONDS },
      }),
    clock: () => new Date(),
  });
  return { supportDesk, close: () => agent.close() };
}
