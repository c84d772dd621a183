import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, policies; data of the local stack. */
export const POLICIES_EXAMPLES: RouteExamples = {
  'GET /admin/api/wls/:id/policies': {
    params: { id: EXPORTER },
    answer: {
      status: 200,
      body: {
        wlId: EXPORTER,
        revision: 2,
        importEnabled: false,
        exportEnabled: true,
        exportDelaySeconds: 0,
        visibilityEnabled: true,
        visibilityWls: [IMPORTER],
        policyRevision: 'baseline',
        features: { import: true, export: true, purchase: true },
        rolloutStage: 'PILOT',
        updatedBy: 'bootstrap',
        updatedSource: 'runbook',
        updatedAt: '2026-11-22T20:25:51.087Z',
      },
    },
    executable: true,
  },
  'PUT /admin/api/wls/:id/policies': {
    params: { id: EXPORTER },
    request: {
      exportEnabled: true,
      exportDelaySeconds: 3600,
      visibilityWls: [IMPORTER],
      updatedBy: 'ana',
      updatedSource: 'console',
    },
    answer: {
      status: 200,
      body: {
        wlId: EXPORTER,
        revision: 2,
        importEnabled: false,
        exportEnabled: true,
        exportDelaySeconds: 0,
        visibilityEnabled: true,
        visibilityWls: [IMPORTER],
        policyRevision: 'baseline',
        features: { import: true, export: true, purchase: true },
        rolloutStage: 'PILOT',
        updatedBy: 'bootstrap',
        updatedSource: 'runbook',
        updatedAt: '2026-11-22T20:25:51.087Z',
      },
    },
  },
  'GET /admin/api/wls/:id/policies/revisions': {
    params: { id: EXPORTER },
    answer: {
      status: 200,
      body: {
        items: [
          {
            revision: 2,
            at: '2026-11-22T20:25:51.088Z',
            actor: '6051c2a5-8fdb-4cf2-b2bb-0a0e9d39db91',
            source: 'admin-api',
            updatedBy: 'bootstrap',
            updatedSource: 'runbook',
            document: {
              features: { export: true, import: true, purchase: true },
              rolloutStage: 'PILOT',
              exportEnabled: true,
              importEnabled: false,
              visibilityWls: [IMPORTER],
              policyRevision: 'baseline',
              visibilityEnabled: true,
              exportDelaySeconds: 0,
            },
            changed: ['visibilityWls'],
            diff: [{ field: 'visibilityWls', before: [], after: [IMPORTER] }],
            applied: [{ wlId: EXPORTER, at: '2026-11-22T20:25:54.116Z', driftMs: 3028 }],
          },
        ],
      },
    },
    executable: true,
  },
};
