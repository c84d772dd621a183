import type { z } from 'zod';
import type { notificationView } from '../../../../api/cp/notifications/routes.ts';

export type Notification = z.output<typeof notificationView>;

/** Every kind, so that a new one is a type error here. */
const EVERY: Readonly<Record<Notification['kind'], true>> = {
  IMBALANCE: true,
  STALE_POLICY: true,
  DEAD_GATEWAY: true,
  GATEWAY_RECOVERED: true,
  NEEDS_ATTENTION: true,
  MISMATCH: true,
  PLAN: true,
  APPROVAL: true,
  TELEMETRY: true,
  KEYS: true,
};

export const KINDS = Object.keys(EVERY);
export const SEVERITIES: readonly Notification['severity'][] = ['INFO', 'WARNING', 'CRITICAL'];
