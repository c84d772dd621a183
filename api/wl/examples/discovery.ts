import type { RouteExamples } from '../../http/openapi.ts';

/** Calls of the white label's routes, discovery; data of the local stack. */
export const DISCOVERY_EXAMPLES: RouteExamples = {
  'GET /.well-known/jwks.json': {
    answer: {
      status: 200,
      body: {
        keys: [
          {
            x: 'NOQ0zlEA36AJratvKHMkzFWNOCYd8Bz8a85UnlxEk4Q',
            alg: 'EdDSA',
            crv: 'Ed25519',
            kid: '4-293HM5mhNMI_LT5bWJ1xK-NfmKSkGj6fwFVgU_5VI',
            kty: 'OKP',
            use: 'sig',
          },
        ],
      },
    },
    executable: true,
  },
};
