CREATE TABLE operator (
  id uuid PRIMARY KEY,
  email_sealed text NOT NULL,
  -- Keyed fingerprint of the lower-case address: the only way to find a person by e-mail.
  email_index text NOT NULL UNIQUE,
  name_sealed text,
  password_hash text NOT NULL,
  roles text[] NOT NULL,
  status text NOT NULL CHECK (status IN ('ACTIVE', 'DISABLED')),
  -- Tokens issued before this are dead: a new password or a block ends every session.
  tokens_valid_from timestamptz NOT NULL DEFAULT clock(),
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock()
);

-- A key without a WL is the Control Plane's own.
CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  wl_id uuid REFERENCES wl ON UPDATE CASCADE,
  state text NOT NULL CHECK (state IN ('NEXT', 'CURRENT', 'RETIRING', 'REVOKED')),
  public_jwk jsonb NOT NULL,
  private_sealed text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  activated_at timestamptz,
  -- Until then tokens signed before the rotation may still be alive.
  retire_at timestamptz,
  revoked_at timestamptz,
  CHECK ((state = 'RETIRING') = (retire_at IS NOT NULL) OR state = 'REVOKED')
);
CREATE UNIQUE INDEX signing_key_one_current ON signing_key
  (coalesce(wl_id::text, 'control-plane')) WHERE state = 'CURRENT';
CREATE UNIQUE INDEX signing_key_one_next ON signing_key
  (coalesce(wl_id::text, 'control-plane')) WHERE state = 'NEXT';

-- Every token ever issued, without the token.
CREATE TABLE issued_token (
  jti uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('OPERATOR', 'WL', 'PEER', 'SUPPORT')),
  sub text NOT NULL,
  aud text NOT NULL,
  scope text NOT NULL,
  kid text NOT NULL,
  thumbprint text,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- Exact, and by the database's own clock: iat has whole seconds only.
  recorded_at timestamptz NOT NULL DEFAULT clock()
);
CREATE INDEX issued_token_sub ON issued_token (sub, issued_at);
CREATE TRIGGER issued_token_append_only BEFORE UPDATE ON issued_token
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
