import type { RouteExamples } from '../http/openapi.ts';
import { APPROVALS_EXAMPLES } from './examples/approvals.ts';
import { BACK_OFFICE_EXAMPLES } from './examples/back-office.ts';
import { CATALOGUE_EXAMPLES } from './examples/catalogue.ts';
import { CONTROL_PLANE_EXAMPLES } from './examples/control-plane.ts';
import { DISCOVERY_EXAMPLES } from './examples/discovery.ts';
import { PURCHASES_EXAMPLES } from './examples/purchases.ts';
import { STORE_EXAMPLES } from './examples/store.ts';
import { SUPPORT_EXAMPLES } from './examples/support.ts';
import { TRADES_EXAMPLES } from './examples/trades.ts';

/** Calls of a white label; what is executable works as it stands on the importer's local data. */
export const WL_EXAMPLES: RouteExamples = {
  ...PURCHASES_EXAMPLES,
  ...SUPPORT_EXAMPLES,
  ...TRADES_EXAMPLES,
  ...APPROVALS_EXAMPLES,
  ...STORE_EXAMPLES,
  ...CONTROL_PLANE_EXAMPLES,
  ...CATALOGUE_EXAMPLES,
  ...BACK_OFFICE_EXAMPLES,
  ...DISCOVERY_EXAMPLES,
};
