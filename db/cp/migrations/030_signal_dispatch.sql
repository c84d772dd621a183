-- How a WL's gateway has been taking signals. A row is made at the first failure; the row is the
-- circuit, so it outlives restarts and is one for all workers.
CREATE TABLE gateway (
  wl_id uuid PRIMARY KEY,
  failures_in_row integer NOT NULL DEFAULT 0,
  -- Nothing is sent before this; then one delivery tries for all of them.
  closed_until timestamptz,
  dead_since timestamptz,
  -- Times it was found dead: each is one notice, and one more when it answers again.
  episodes integer NOT NULL DEFAULT 0,
  last_failure text,
  updated_at timestamptz NOT NULL DEFAULT clock()
);

-- The Ed25519 key that signs to WLs beside each WL's own secret.
CREATE TABLE webhook_key (
  kid text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  private_sealed text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  retired_at timestamptz
);
CREATE UNIQUE INDEX webhook_key_one_current ON webhook_key ((true)) WHERE retired_at IS NULL;

-- Signals without an effect, by which an operator asks whether a gateway takes signals at all.
CREATE TABLE signal_test (
  id uuid PRIMARY KEY,
  wl_id uuid NOT NULL REFERENCES wl,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT clock(),
  answered_at timestamptz,
  latency_ms integer,
  status integer,
  failure text,
  body_masked text
);
CREATE INDEX signal_test_wl ON signal_test (wl_id, asked_at);

-- A request that is sent again under its key is the same request (RULES.md 7).
CREATE TABLE request_key (
  route text NOT NULL,
  actor text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  -- What the first one made.
  subject text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (route, actor, key)
);

-- Acks look for what they supersede, and a gateway that recovers for what waits.
CREATE INDEX signal_delivery_open_wl ON signal_delivery (wl_id)
  WHERE state IN ('PENDING', 'SENT');
