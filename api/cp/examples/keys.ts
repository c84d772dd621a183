import type { RouteExamples } from '../../http/openapi.ts';
import { EXPORTER, IMPORTER } from '../../http/example-parties.ts';

/** Calls of the Control Plane's routes, keys; data of the local stack. */
export const KEYS_EXAMPLES: RouteExamples = {
  'GET /.well-known/webhook-keys.json': {
    answer: {
      status: 200,
      body: {
        keys: [
          {
            kid: 'PBoFV-CnXuJrr9x-yqQ3hrk76jIPMsxzpMPGdMpwoxI',
            kty: 'OKP',
            crv: 'Ed25519',
            x: 'TVTLGoz0ldceLwYAn1Z13Plh6jx9HhmlSdsx60Pl-5I',
            use: 'sig',
            alg: 'EdDSA',
          },
        ],
      },
    },
    executable: true,
  },
  'GET /.well-known/jwks.json': {
    answer: {
      status: 200,
      body: {
        keys: [
          {
            e: 'AQAB',
            n: 'uvoWVqaDSBt5WlUXjZp2muJs…',
            alg: 'RS256',
            kty: 'RSA',
            use: 'sig',
            kid: 'xeF3h0FjUVXi2Az6It4_eJ7KlogRO9cuj9QkL9YjUGM',
            sub: IMPORTER,
            state: 'CURRENT',
          },
        ],
      },
    },
    executable: true,
  },
  'POST /wls/:id/keys/rotate': {
    params: { id: IMPORTER },
    answer: {
      status: 200,
      body: {
        current: 'GYYXbz1cJKjvlifVx_50wzBCV8UcZlGNrKRoqRSikWk',
        next: 'kZlAvmtRluy5ZAtHGT0Kawar8yWbCjE3trPJtMYT0N0',
      },
    },
  },
  'POST /wls/:id/keys/:kid/revoke': {
    params: { id: IMPORTER, kid: 'xeF3h0FjUVXi2Az6It4_eJ7KlogRO9cuj9QkL9YjUGM' },
    answer: {
      status: 200,
      body: {
        current: 'GYYXbz1cJKjvlifVx_50wzBCV8UcZlGNrKRoqRSikWk',
        next: 'kZlAvmtRluy5ZAtHGT0Kawar8yWbCjE3trPJtMYT0N0',
      },
    },
  },
  'POST /admin/api/keys/rotate': {
    answer: {
      status: 200,
      body: {
        current: 'Nk0ljjuLWDFwYcuuOI2bSYQClSrfSGOvz6zDMgDUNtk',
        next: 'IMTytc2y-45bIRi5TdF6GB6WGiFCCBy_smmpckItF7U',
      },
    },
  },
  'POST /admin/api/keys/:kid/revoke': {
    params: { kid: 'Eim-szfhRnGGrL-FEwUrkaFF1pD_w-1_jKRPzS5cZVo' },
    answer: {
      status: 200,
      body: {
        current: '9beE-2981Ln-DPo44P-3-maBUWLPDLCwXrsXneFJMvQ',
        next: 'cemHjnVw9nTqGHCXTp03u-ZqyGqqWIx1aTjcAYcflOY',
      },
    },
  },
  'POST /admin/api/webhook-keys/rotate': {
    answer: {
      status: 200,
      body: {
        current: 'PBoFV-CnXuJrr9x-yqQ3hrk76jIPMsxzpMPGdMpwoxI',
        next: 'sPJOZSy7ak0OGzwbOXn4fK_vaHu_y6Rp_BkhMJVuJrQ',
        retiring: {
          kid: '7ggkv-tya6tAmdTL_PjR8ta4AcnRzy2sNnkRlU_58Dw',
          until: '2026-11-22T20:43:06.409Z',
        },
      },
    },
  },
  'GET /admin/api/keys/:kid/report': {
    params: { kid: 'AyctHaVLmkSSfPfaXmHDqvBVIEeDTfKxOd6ZPF1u_js', limit: '1' },
    answer: {
      status: 200,
      body: {
        key: {
          kind: 'SIGNING_KEY',
          id: 'AyctHaVLmkSSfPfaXmHDqvBVIEeDTfKxOd6ZPF1u_js',
          owner: IMPORTER,
          state: 'CURRENT',
          from: '2026-11-22T20:34:47.033Z',
          until: null,
        },
        counts: { tokens: 2, trades: 2, signals: 0, events: 0 },
        items: [
          {
            type: 'TOKEN',
            id: '5b8b5762-59ff-4858-9e03-ae0331357ef5',
            wlId: IMPORTER,
            partner: EXPORTER,
            detail: 'PEER: trader:purchase',
            at: '2026-11-22T20:34:49.000Z',
          },
        ],
        nextCursor: 'eyJhbGciOiJSUzI1NiIs…',
      },
    },
  },
  'POST /wls/:id/certificates': {
    params: { id: IMPORTER },
    request: { csr: '-----BEGIN CERTIFICATE REQUEST-----\n…' },
    answer: {
      status: 201,
      body: {
        serial: '64EDB17C0FC03DF5DFA1C5C016B99D5E',
        thumbprint: 'ClmRY4USh1MOtEuw1Jey1AcsWf6Bk9O2zsrLtHeMz_0',
        notBefore: '2026-11-22T20:26:51.000Z',
        notAfter: '2027-02-20T20:27:51.000Z',
        certificate: '-----BEGIN CERTIFICATE-----\n…',
        authority: '-----BEGIN CERTIFICATE-----\n…',
      },
    },
  },
  'POST /wls/:id/certificates/:serial/revoke': {
    params: { id: IMPORTER, serial: '4E231E3463ACDF63D5430333195EB7B0' },
    request: { reason: 'a drill' },
    answer: {
      status: 200,
      body: {
        serial: '4E231E3463ACDF63D5430333195EB7B0',
        origin: 'ISSUED',
        state: 'REVOKED',
        thumbprint: 'wXQCPsZYNTWauoM7WuaWeTA7C4OxCtooHEYHxxdonbk',
        hosts: ['wl-importer.localhost', 'localhost'],
        notBefore: '2026-11-22T20:26:46.000Z',
        notAfter: '2027-02-20T20:27:46.000Z',
        recordedBy: IMPORTER,
        recordedAt: '2026-11-22T20:27:46.366Z',
        revokedAt: '2026-11-22T20:27:46.709Z',
        revokedBy: '6051c2a5-8fdb-4cf2-b2bb-0a0e9d39db91',
        reason: 'a drill',
        wlId: IMPORTER,
      },
    },
  },
  'GET /admin/api/wls/:id/certificates': {
    params: { id: IMPORTER },
    answer: {
      status: 200,
      body: {
        items: [
          {
            serial: '7E200AF2CF543310D493B6841BD8BBDF',
            origin: 'SHOWN',
            state: 'VALID',
            thumbprint: 'FzLPvmKqaLQ-3nWN175V1B5WnWYI_D4xi_DSMXRWZno',
            hosts: [],
            notBefore: '2026-11-22T20:24:13.000Z',
            notAfter: '2027-11-22T20:24:13.000Z',
            recordedBy: IMPORTER,
            recordedAt: '2026-11-22T20:26:00.433Z',
            revokedAt: null,
            revokedBy: null,
            reason: null,
            wlId: IMPORTER,
          },
        ],
      },
    },
    executable: true,
  },
  'POST /admin/api/certificates': {
    request: { csr: '-----BEGIN CERTIFICATE REQUEST-----\n…' },
    answer: {
      status: 201,
      body: {
        serial: '7D1950DDC4EF75FC220DA48C66E36DA8',
        thumbprint: 'fkzUbgQfIGBsiZiTMDnA2ldDE_mCMXvGv-P29HjLObQ',
        notBefore: '2026-11-22T20:26:49.000Z',
        notAfter: '2027-02-20T20:27:49.000Z',
        certificate: '-----BEGIN CERTIFICATE-----\n…',
        authority: '-----BEGIN CERTIFICATE-----\n…',
      },
    },
  },
  'POST /certificates': {
    request: { csr: '-----BEGIN CERTIFICATE REQUEST-----\n…' },
    answer: {
      status: 201,
      body: {
        serial: '7D1950DDC4EF75FC220DA48C66E36DA8',
        thumbprint: 'fkzUbgQfIGBsiZiTMDnA2ldDE_mCMXvGv-P29HjLObQ',
        notBefore: '2026-11-22T20:26:49.000Z',
        notAfter: '2027-02-20T20:27:49.000Z',
        certificate: '-----BEGIN CERTIFICATE-----\n…',
        authority: '-----BEGIN CERTIFICATE-----\n…',
      },
    },
  },
  'GET /admin/api/certificates': {
    answer: {
      status: 200,
      body: {
        inUse: {
          serial: '6DF52F4F5D13C0784DBD91414DF1C474',
          thumbprint: '3sIXejVIrd21UzGiy-LcICKdM1tkNnMN_Set-sOoHSU',
          notBefore: '2026-11-22T20:31:41.000Z',
          notAfter: '2027-11-22T20:31:41.000Z',
        },
        items: [
          {
            serial: '6CC0BDED444B4FA082242546DBBB8BEB',
            origin: 'ISSUED',
            state: 'VALID',
            thumbprint: 'jaViMeQXgFfVbpc3c_W8qlUPE2DvO-ZWK9ieXsUBbG8',
            hosts: ['cp.localhost'],
            notBefore: '2026-11-22T20:32:02.000Z',
            notAfter: '2027-02-20T20:33:02.000Z',
            recordedBy: '45f96f67-df51-4c02-9c81-6150da0bdfbd',
            recordedAt: '2026-11-22T20:33:02.544Z',
            revokedAt: null,
            revokedBy: null,
            reason: null,
          },
        ],
      },
    },
    executable: true,
  },
  'POST /admin/api/certificates/:serial/revoke': {
    params: { serial: '7D1950DDC4EF75FC220DA48C66E36DA8' },
    request: { reason: 'a drill' },
    answer: {
      status: 200,
      body: {
        serial: '7D1950DDC4EF75FC220DA48C66E36DA8',
        origin: 'ISSUED',
        state: 'REVOKED',
        thumbprint: 'fkzUbgQfIGBsiZiTMDnA2ldDE_mCMXvGv-P29HjLObQ',
        hosts: ['cp.localhost', 'localhost'],
        notBefore: '2026-11-22T20:26:49.000Z',
        notAfter: '2027-02-20T20:27:49.000Z',
        recordedBy: '6051c2a5-8fdb-4cf2-b2bb-0a0e9d39db91',
        recordedAt: '2026-11-22T20:27:49.639Z',
        revokedAt: '2026-11-22T20:27:49.697Z',
        revokedBy: '6051c2a5-8fdb-4cf2-b2bb-0a0e9d39db91',
        reason: 'a drill',
      },
    },
  },
};
