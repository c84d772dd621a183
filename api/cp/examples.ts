import type { RouteExamples } from '../http/openapi.ts';
import { APPROVALS_EXAMPLES } from './examples/approvals.ts';
import { AUDIT_EXAMPLES } from './examples/audit.ts';
import { KEYS_EXAMPLES } from './examples/keys.ts';
import { NOTIFICATIONS_EXAMPLES } from './examples/notifications.ts';
import { POLICIES_EXAMPLES } from './examples/policies.ts';
import { RELATIONSHIPS_EXAMPLES } from './examples/relationships.ts';
import { REPORTS_EXAMPLES } from './examples/reports.ts';
import { SESSION_EXAMPLES } from './examples/session.ts';
import { SETTLEMENTS_EXAMPLES } from './examples/settlements.ts';
import { SIGNALS_EXAMPLES } from './examples/signals.ts';
import { SNAPSHOTS_EXAMPLES } from './examples/snapshots.ts';
import { SUPPORT_EXAMPLES } from './examples/support.ts';
import { TELEMETRY_EXAMPLES } from './examples/telemetry.ts';
import { TOKENS_EXAMPLES } from './examples/tokens.ts';
import { TRADER_ACCOUNTS_EXAMPLES } from './examples/trader-accounts.ts';
import { TRADES_EXAMPLES } from './examples/trades.ts';
import { USERS_EXAMPLES } from './examples/users.ts';
import { WHITE_LABEL_EXAMPLES } from './examples/white-label.ts';
import { WHITE_LABELS_EXAMPLES } from './examples/white-labels.ts';

/** Calls of the Control Plane; what is executable works as it stands on the local stack's data. */
export const CP_EXAMPLES: RouteExamples = {
  ...SESSION_EXAMPLES,
  ...USERS_EXAMPLES,
  ...WHITE_LABELS_EXAMPLES,
  ...WHITE_LABEL_EXAMPLES,
  ...POLICIES_EXAMPLES,
  ...RELATIONSHIPS_EXAMPLES,
  ...SETTLEMENTS_EXAMPLES,
  ...TRADER_ACCOUNTS_EXAMPLES,
  ...REPORTS_EXAMPLES,
  ...TRADES_EXAMPLES,
  ...SUPPORT_EXAMPLES,
  ...APPROVALS_EXAMPLES,
  ...SNAPSHOTS_EXAMPLES,
  ...SIGNALS_EXAMPLES,
  ...KEYS_EXAMPLES,
  ...TOKENS_EXAMPLES,
  ...AUDIT_EXAMPLES,
  ...TELEMETRY_EXAMPLES,
  ...NOTIFICATIONS_EXAMPLES,
};
