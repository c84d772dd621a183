import type { z } from 'zod';
import type { sessionView } from '../../../api/cp/console/session-route.ts';
import type { certificateView } from '../../../api/cp/keys/certificate-routes.ts';
import type { policyView } from '../../../api/cp/policies/schemas.ts';
import type { changeView, relationshipView } from '../../../api/cp/relationships/schemas.ts';
import type { BalanceReport } from '../../../api/cp/reports/balance-schemas.ts';
import type { MetricsReport } from '../../../api/cp/reports/metrics-view.ts';
import type { revisionView } from '../../../api/cp/schemas.ts';
import type { userView } from '../../../api/cp/users/routes.ts';
import type { wlView } from '../../../api/cp/wls/schemas.ts';

/** A page of a list, as every collection answers it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total?: number;
  readonly nextCursor?: string;
}

export type ServerSession = z.output<typeof sessionView>;
export type Wl = z.output<typeof wlView>;
export type Certificate = z.output<typeof certificateView>;
export type Policy = z.output<typeof policyView>;
export type Relationship = z.output<typeof relationshipView>;
export type Change = z.output<typeof changeView>;
export type Revision = z.output<typeof revisionView>;
export type User = z.output<typeof userView>;
export type { BalanceReport, MetricsReport };
