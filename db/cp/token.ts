import type { Kysely } from 'kysely';
import type { CpSchema, TokenKind } from './schema.ts';

export interface IssuedToken {
  readonly jti: string;
  readonly kind: TokenKind;
  readonly sub: string;
  readonly aud: string;
  readonly scope: string;
  readonly kid: string;
  /** Of the certificate that the token is bound to. */
  readonly thumbprint?: string | undefined;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Writes down that a token was issued, before it leaves. */
export async function recordToken(db: Kysely<CpSchema>, token: IssuedToken): Promise<void> {
  await db
    .insertInto('issued_token')
    .values({
      jti: token.jti,
      kind: token.kind,
      sub: token.sub,
      aud: token.aud,
      scope: token.scope,
      kid: token.kid,
      thumbprint: token.thumbprint ?? null,
      issued_at: token.issuedAt,
      expires_at: token.expiresAt,
    })
    .execute();
}
