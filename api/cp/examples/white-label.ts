import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, white label; data of the local stack. */
export const WHITE_LABEL_EXAMPLES: RouteExamples = {
  'PUT /wls/:id/endpoint': {
    params: { id: EXPORTER },
    request: {
      peerUrl: 'https://wl-exporter.localhost:9443',
      currency: 'XEX',
      eventKeys: {
        keys: [
          {
            x: 'HuuttgZgFNNGHoNnLEpMHdX1hCB_UKHG6DrgTfsmPgA',
            alg: 'EdDSA',
            crv: 'Ed25519',
            kid: 'IMtA01aOyAu2eeNf7hTB7oTPDI0REPPc00iJpIUVLNo',
            kty: 'OKP',
            use: 'sig',
          },
        ],
      },
    },
    answer: {
      status: 200,
      body: { wlId: EXPORTER, peerUrl: 'https://wl-exporter.localhost:9443', currency: 'XEX' },
    },
  },
  'POST /wls/:id/secrets': {
    params: { id: EXPORTER },
    answer: { status: 200, body: { policySecret: 'whsec_…', signalSecret: 'whsec_…' } },
  },
  'GET /wls/:id/policies': {
    params: { id: IMPORTER },
    answer: {
      status: 200,
      body: {
        revision: 1,
        importEnabled: true,
        exportEnabled: false,
        exportDelaySeconds: 0,
        visibilityEnabled: true,
        visibilityWls: [],
        policyRevision: 'baseline',
        features: { import: true, export: true, purchase: true },
        updatedBy: '4ba1feec-dc8d-468d-8e67-0d7914dd66c3',
        updatedSource: 'admin-api',
      },
    },
  },
  'GET /policies/pull': {
    params: { settlementsSince: '0' },
    answer: {
      status: 200,
      body: {
        documentRevision: '13',
        wl: { id: EXPORTER, name: 'wl-exporter', status: 'ACTIVE', rolloutStage: 'PILOT' },
        policy: {
          revision: 2,
          importEnabled: false,
          exportEnabled: true,
          exportDelaySeconds: 0,
          visibilityEnabled: true,
          visibilityWls: [IMPORTER],
          policyRevision: 'baseline',
          features: { import: true, export: true, purchase: true },
          updatedBy: 'bootstrap',
          updatedSource: 'runbook',
        },
        relationships: [
          {
            src: IMPORTER,
            dst: EXPORTER,
            revision: 1,
            status: 'ACTIVE',
            fxRate: '1',
            limitAmount: '100000.00',
            limitMode: 'HARD',
            thresholds: { alert: 80, disable: 100, enable: 90 },
            commissionRate: '0.05',
            approval: { mode: 'ABOVE', aboveAmount: '1000.00' },
            fourEyes: false,
          },
        ],
        partners: [{ wlId: IMPORTER, name: 'wl-importer', currency: 'XIM' }],
        settlements: [],
        auditHead: {
          seq: '15',
          hash: '1d679dfb5231975bcb60f76dba0fd66ea461c1f2e42cbf24f7cc246f255f2252',
          signature: 'eyJhbGciOiJSUzI1NiIs…',
        },
      },
    },
  },
  'GET /relationships/:src/:dst': {
    params: { src: EXPORTER, dst: IMPORTER },
    answer: {
      status: 200,
      body: {
        src: EXPORTER,
        dst: IMPORTER,
        revision: 2,
        status: 'PAUSED',
        fxRate: '1',
        limitAmount: '100000.00',
        limitMode: 'HARD',
        thresholds: { alert: 80, disable: 100, enable: 90 },
        commissionRate: '0.05',
        approval: { mode: 'ABOVE', aboveAmount: '1000.00' },
        fourEyes: false,
        imbalanceLimit: '100000.00',
        updatedBy: '4ba1feec-dc8d-468d-8e67-0d7914dd66c3',
        updatedSource: 'admin-api',
        updatedAt: '2026-11-22T20:26:12.739Z',
      },
    },
  },
  'POST /imbalance/signals/:signalId/ack': {
    params: { signalId: '1f9fba96-998e-4272-9d5a-1070f5f1b63e' },
    request: { status: 'APPLIED', appliedAt: '2026-11-22T20:30:41.913Z', offersChanged: 7 },
    answer: {
      status: 200,
      body: { id: '1f9fba96-998e-4272-9d5a-1070f5f1b63e', wlId: EXPORTER, state: 'ACKED' },
    },
  },
};
