import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER } from '../../http/example-parties.ts';

/** Calls of the white label's routes, control plane; data of the local stack. */
export const CONTROL_PLANE_EXAMPLES: RouteExamples = {
  'POST /api/v2/control-plane/debug/import': {
    answer: { status: 200, body: { imported: 0, updated: 8, disabled: 0, warnings: [] } },
  },
  'POST /api/v2/control-plane/policies/changed': {
    request: { wlId: EXPORTER },
    answer: { status: 202, body: { accepted: true } },
  },
  'POST /api/v2/control-plane/imbalance/signals': {
    request: {
      id: 'b47b2409-8eb5-4124-ab96-d85a88eec317',
      sequence: '0',
      src: EXPORTER,
      dst: EXPORTER,
      action: 'TEST',
      reason: 'TEST',
      exposure: '0.00',
      limit: '0.00',
      createdAt: '2026-11-22T20:28:07.457Z',
    },
    answer: {
      status: 200,
      body: { status: 'APPLIED', appliedAt: '2026-11-22T20:28:07.517Z', offersChanged: 0 },
    },
  },
};
