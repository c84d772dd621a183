import type { Kysely } from 'kysely';
import { publishedKey } from '../../db/cp/key.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { CONTROL_PLANE, createTokenVerifier, type TokenVerifier } from '../../runtime/tokens.ts';
import type { DocumentInfo } from '../http/openapi.ts';
import type { Route } from '../http/route.ts';
import { CP_EXAMPLES } from './examples.ts';
import { approvalRoutes } from './approvals/routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { authRoutes } from './auth/routes.ts';
import type { CpApiDeps } from './deps.ts';
import { attentionRoute } from './desk/attention.ts';
import { filmRoute } from './desk/film.ts';
import { deskRoutes } from './desk/routes.ts';
import { createGuards } from './guards.ts';
import { sessionRoute } from './console/session-route.ts';
import { certificateRoutes } from './keys/certificate-routes.ts';
import { planRoutes } from './plans/routes.ts';
import { keyReportRoute } from './keys/report-route.ts';
import { ownCertificateRoutes } from './keys/own-certificate-routes.ts';
import { keyRoutes, ownKeyRoutes, webhookKeyRoute } from './keys/routes.ts';
import { notificationRoutes } from './notifications/routes.ts';
import { alertTargetRoutes } from './notifications/target-routes.ts';
import { policyRoutes } from './policies/routes.ts';
import { relationshipRoutes } from './relationships/routes.ts';
import { reportRoutes } from './reports/routes.ts';
import { settlementRoutes } from './settlements/routes.ts';
import { signalRoutes } from './signals/routes.ts';
import { snapshotRoutes } from './snapshots/routes.ts';
import { telemetryRoutes } from './telemetry/routes.ts';
import { tokenRoutes } from './tokens/routes.ts';
import { tradeRoutes } from './trades/routes.ts';
import { traderAccountRoutes } from './trader-accounts/routes.ts';
import { explainRoute } from './explain/routes.ts';
import { evidenceRoute } from './trades/evidence.ts';
import { peopleRoute } from './users/people-route.ts';
import { userRoutes } from './users/routes.ts';
import { whatIfRoute } from './whatif/routes.ts';
import { wlRoutes } from './wls/routes.ts';

export const CP_DOCUMENT: DocumentInfo = {
  title: 'XporY Cross-WL: Control Plane',
  version: '1.0.0',
  description: 'Registry, policies, relationships, tokens and keys of the white labels.',
  examples: CP_EXAMPLES,
};

/** The route table of the Control Plane. */
export function cpRoutes(deps: CpApiDeps): Route[] {
  const guards = createGuards(deps);
  return [
    ...authRoutes(deps),
    sessionRoute(deps, guards),
    ...userRoutes(deps, guards),
    peopleRoute(deps, guards),
    ...wlRoutes(deps, guards),
    ...policyRoutes(deps, guards),
    ...relationshipRoutes(deps, guards),
    ...settlementRoutes(deps, guards),
    ...planRoutes(deps, guards),
    ...traderAccountRoutes(deps, guards),
    ...reportRoutes(deps, guards),
    ...tradeRoutes(deps, guards),
    ...deskRoutes(deps, guards),
    attentionRoute(deps, guards),
    filmRoute(deps, guards),
    ...approvalRoutes(deps, guards),
    ...snapshotRoutes(deps, guards),
    ...signalRoutes(deps, guards),
    ...tokenRoutes(deps, guards),
    ...keyRoutes(deps, guards),
    ...ownKeyRoutes(deps, guards),
    webhookKeyRoute(deps, guards),
    keyReportRoute(deps, guards),
    ...certificateRoutes(deps, guards),
    ...ownCertificateRoutes(deps, guards),
    ...auditRoutes(deps, guards),
    evidenceRoute(deps, guards),
    explainRoute(deps, guards),
    whatIfRoute(deps, guards),
    ...telemetryRoutes(deps, guards),
    ...notificationRoutes(deps, guards),
    ...alertTargetRoutes(deps, guards),
  ];
}

/** The Control Plane verifies by its own table: a revoked key is dead at once here. */
export function createCpVerifier(
  db: Kysely<CpSchema>,
  { issuer, clock }: { readonly issuer: string; readonly clock: () => Date },
): TokenVerifier {
  return createTokenVerifier({
    issuer,
    audience: CONTROL_PLANE,
    clock,
    keysFor: async (kid) => {
      const key = await publishedKey(db, kid);
      return key === undefined ? undefined : { jwk: key.publicJwk, sub: key.owner };
    },
  });
}
