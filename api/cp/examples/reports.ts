import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, reports; data of the local stack. */
export const REPORTS_EXAMPLES: RouteExamples = {
  'GET /reports/trade-balance': {
    params: { wlId: EXPORTER },
    answer: {
      status: 200,
      body: {
        asOf: '2026-11-22T20:27:19.312Z',
        from: '2026-10-23T00:00:00.000Z',
        to: '2026-11-23T00:00:00.000Z',
        bucket: 'day',
        items: [
          {
            wlId: EXPORTER,
            partner: IMPORTER,
            currency: 'XEX',
            disabled: false,
            exports: '8745.60',
            imports: '0.00',
            net_delta: '8745.60',
            settlements: { received: '0.00', paid: '0.00' },
            reserved: '5310.00',
            exposure: '14055.60',
            limit: '100000.00',
            limitMode: 'HARD',
            percent: '14.0',
            status: 'ACTIVE',
            provisional: { trades: 0, amount: '0.00' },
            period: {
              exports: '8745.60',
              imports: '0.00',
              net_delta: '8745.60',
              settlements: { received: '0.00', paid: '0.00' },
            },
            trend: [
              {
                from: '2026-10-23T00:00:00.000Z',
                exports: '0.00',
                imports: '0.00',
                net_delta: '0.00',
                settlements: { received: '0.00', paid: '0.00' },
                exposure: '0.00',
              },
            ],
          },
        ],
        consolidated: [
          {
            wlId: EXPORTER,
            currency: 'XEX',
            partners: 1,
            exports: '8745.60',
            imports: '0.00',
            net_delta: '8745.60',
            settlements: { received: '0.00', paid: '0.00' },
            reserved: '5310.00',
            exposure: '14055.60',
          },
        ],
      },
    },
    executable: true,
  },
  'GET /reports/metrics': {
    answer: {
      status: 200,
      body: {
        from: '2026-10-23T20:27:19.404Z',
        to: '2026-11-22T20:27:19.404Z',
        totals: {
          trades: 33,
          confirmed: 21,
          rejected: 10,
          pending: 2,
          provisional: 0,
          reversed: 0,
          confirmedRate: '0.6363',
          rejectedRate: '0.3030',
        },
        pairs: [
          {
            src: EXPORTER,
            dst: IMPORTER,
            trades: 33,
            confirmed: 21,
            rejected: 10,
            pending: 2,
            provisional: 0,
            reversed: 0,
            confirmedRate: '0.6363',
            rejectedRate: '0.3030',
          },
        ],
        days: [{ day: '2026-11-22', status: 'CONFIRMED', trades: 21 }],
        reasons: [
          { src: EXPORTER, dst: IMPORTER, reason: 'INSUFFICIENT_FUNDS', trades: 2, rate: '0.2000' },
        ],
        gmv: [
          {
            month: '2026-11',
            src: EXPORTER,
            dst: IMPORTER,
            currency: 'XEX',
            trades: 21,
            amount: '8745.60',
          },
        ],
        conversion: [
          {
            importer: IMPORTER,
            exporter: EXPORTER,
            offerId: '5049',
            title: 'Prateleira flutuante de 90 cm',
            attempts: 5,
            confirmed: 2,
            rate: '0.4000',
          },
        ],
        slo: {
          confirm: { targetMs: 500, latency: { max: 411, p50: 52, p95: 194, p99: 411, count: 20 } },
          purchase: { latency: { max: 885, p50: 202, p95: 608, p99: 885, count: 20 } },
          signals: {
            targetMs: 60000,
            sent: { max: null, p50: null, p95: null, p99: null, count: 0 },
            acked: { max: null, p50: null, p95: null, p99: null, count: 0 },
            applied: { max: null, p50: null, p95: null, p99: null, count: 0 },
          },
          policyDrift: {
            targetMs: 300000,
            drift: { max: 10136, p50: 2734, p95: 10068, p99: 10136, count: 26 },
            oldestUnappliedMs: 0,
          },
        },
      },
    },
    executable: true,
  },
  'POST /admin/api/whatif': {
    request: {
      src: EXPORTER,
      dst: IMPORTER,
      since: '2026-11-23T20:42:13.759Z',
      limitAmount: '2130.04',
    },
    answer: {
      status: 200,
      body: {
        src: EXPORTER,
        dst: IMPORTER,
        since: '2026-11-23T20:42:13.759Z',
        until: null,
        truncated: false,
        rerun: 3,
        unrecorded: 0,
        undecided: 0,
        flipped: 1,
        flips: [
          {
            tradeId: '01a204fe-c0d5-74dd-97e8-b28fe179b3c6',
            at: '2026-11-23T20:42:14.412Z',
            before: null,
            after: 'LIMIT_EXCEEDED',
            amount: '80.00',
            confirmed: true,
          },
        ],
        gained: { amount: '0.00', currency: 'XEX' },
        avoided: { amount: '80.00', currency: 'XEX' },
        paid: { before: '160.00', after: '80.00', currency: 'XIM' },
      },
    },
  },
};
