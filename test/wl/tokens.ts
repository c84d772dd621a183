import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { VerificationKey } from '../../runtime/tokens.ts';
import { createTestKey, signToken, type TestKey } from '../support/signer.ts';

export const ISSUER = 'https://cp.localhost:15443';
const LIFE_SECONDS = 3_600;

/** A Control Plane's signing side: one key for each owner. */
export interface TestIssuer {
  /** For a token verifier. */
  keysFor(kid: string): Promise<VerificationKey | undefined>;
  /** The JWKS as the Control Plane publishes it. */
  published(): { keys: object[] };
  issue(claims: JWTPayload & { readonly sub: string }): Promise<string>;
  keyOf(owner: string): TestKey;
}

export function createTestIssuer(owners: readonly string[]): TestIssuer {
  const keys = new Map(owners.map((owner) => [owner, createTestKey(`key-of-${owner}`)]));
  const keyOf = (owner: string): TestKey => {
    const key = keys.get(owner) ?? keys.get('control-plane');
    if (key === undefined) throw new Error(`no key for ${owner}`);
    return key;
  };
  return {
    keyOf,
    keysFor: async (kid) => {
      const found = [...keys].find(([, key]) => key.kid === kid);
      return found && { jwk: found[1].jwk, sub: found[0] };
    },
    published: () => ({
      keys: [...keys].map(([sub, { jwk }]) => ({ ...jwk, alg: 'RS256', use: 'sig', sub })),
    }),
    issue(claims) {
      const now = Math.floor(Date.now() / 1_000);
      return signToken(keyOf(claims.sub), {
        iss: ISSUER,
        iat: now,
        exp: now + LIFE_SECONDS,
        jti: randomUUID(),
        ...claims,
      });
    },
  };
}
