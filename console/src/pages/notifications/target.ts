import type { z } from 'zod';
import type { targetView } from '../../../../api/cp/notifications/target-routes.ts';

export const TARGETS = '/admin/api/alert-targets';

export type Target = z.output<typeof targetView>;

export interface Targets {
  readonly items: readonly Target[];
}

/** A target that stays: what is not said of it stays as it is. */
export function kept({ id, kind, kinds, minSeverity }: Target): unknown {
  return { id, kind, kinds, minSeverity };
}
