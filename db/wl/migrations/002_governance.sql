-- What the Control Plane has said, kept so that this party goes on while the CP is away.
CREATE TABLE wl_policy (
  wl_id uuid PRIMARY KEY,
  revision integer NOT NULL,
  import_enabled boolean NOT NULL,
  export_enabled boolean NOT NULL,
  export_delay_seconds integer NOT NULL,
  visibility_enabled boolean NOT NULL,
  visibility_wls text[] NOT NULL,
  feature_import boolean NOT NULL,
  feature_export boolean NOT NULL,
  feature_purchase boolean NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock()
);

CREATE TABLE relationship (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  revision integer NOT NULL,
  status text NOT NULL CHECK (status IN ('ACTIVE', 'PAUSED', 'BLOCKED')),
  fx_rate numeric(18, 8) NOT NULL CHECK (fx_rate > 0),
  limit_minor bigint NOT NULL,
  limit_mode text NOT NULL CHECK (limit_mode IN ('HARD', 'SOFT')),
  commission_rate numeric(18, 8) NOT NULL,
  approval_mode text NOT NULL CHECK (approval_mode IN ('AUTO', 'MANUAL', 'ABOVE')),
  approval_above_minor bigint NOT NULL,
  velocity_max_minor bigint,
  velocity_window_seconds integer,
  export_policy jsonb,
  applied_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (src, dst)
);

-- Every revision that was in force here; a decision may only name one of these (invariant 13).
CREATE TABLE applied_revision (
  kind text NOT NULL CHECK (kind IN ('POLICY', 'RELATIONSHIP')),
  src uuid NOT NULL,
  dst uuid NOT NULL,
  revision integer NOT NULL,
  document jsonb NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (kind, src, dst, revision)
);

CREATE TABLE partner (
  wl_id uuid PRIMARY KEY,
  name text NOT NULL,
  peer_url text,
  currency text,
  event_keys jsonb
);

-- Small documents by name: JWKS, the pull's ETag and time, the signed audit head.
CREATE TABLE control_document (
  name text PRIMARY KEY,
  document jsonb NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT clock()
);

-- Tokens and secrets that the CP issued to this WL, sealed.
CREATE TABLE control_token (
  kind text NOT NULL CHECK (kind IN ('WL', 'PEER')),
  audience text NOT NULL,
  token_sealed text NOT NULL,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (kind, audience)
);
CREATE TABLE control_secret (
  name text PRIMARY KEY,
  secret_sealed text NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT clock()
);

CREATE TABLE event_key (
  kid text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  private_sealed text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock()
);
