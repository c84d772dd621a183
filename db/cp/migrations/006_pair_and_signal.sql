-- The balance of one direction of trade and what was signalled about it, in src's currency. One row
-- is one lock: intake, settlements and changes of the limit all decide under it (RULES.md 3).
CREATE TABLE pair (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  -- Captured exports src to dst that both sides have reported, at the exporter's figures.
  exports_minor bigint NOT NULL DEFAULT 0,
  -- Captured exports dst to src, in the amount that src's buyers paid.
  imports_minor bigint NOT NULL DEFAULT 0,
  -- Open holds src to dst whose trade the importer has reported too.
  reserved_minor bigint NOT NULL DEFAULT 0 CHECK (reserved_minor >= 0),
  settlements_received_minor bigint NOT NULL DEFAULT 0,
  settlements_paid_minor bigint NOT NULL DEFAULT 0,
  signal_sequence bigint NOT NULL DEFAULT 0,
  disabled boolean NOT NULL DEFAULT false,
  disabled_origin text CHECK (disabled_origin IN ('AUTOMATIC', 'OPERATOR')),
  -- Set when the alert threshold was passed, cleared when it is no longer: one alert a crossing.
  alerted boolean NOT NULL DEFAULT false,
  alerts bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (src, dst),
  FOREIGN KEY (src, dst) REFERENCES relationship,
  CHECK (disabled = (disabled_origin IS NOT NULL))
);

CREATE TABLE signal (
  id uuid PRIMARY KEY,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  -- Grows by one with each signal of the pair; a WL ignores one that is not above its last.
  sequence bigint NOT NULL,
  action text NOT NULL CHECK (action IN ('DISABLE', 'ENABLE')),
  origin text NOT NULL CHECK (origin IN ('AUTOMATIC', 'OPERATOR')),
  reason text NOT NULL,
  exposure_minor bigint NOT NULL,
  limit_minor bigint NOT NULL,
  currency text,
  created_by text NOT NULL,
  correlation_id text NOT NULL,
  -- The fact that called for it: the trade's occurrence, the PUT, the settlement.
  caused_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  UNIQUE (src, dst, sequence),
  FOREIGN KEY (src, dst) REFERENCES pair
);
CREATE INDEX signal_page ON signal (created_at DESC, id DESC);

CREATE TABLE signal_delivery (
  signal_id uuid NOT NULL REFERENCES signal,
  wl_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'PENDING'
    CHECK (state IN ('PENDING', 'SENT', 'ACKED', 'SUPERSEDED', 'CANCELLED')),
  -- Grows with each redrive; it names the delivery's workflow run.
  round integer NOT NULL DEFAULT 1,
  attempts integer NOT NULL DEFAULT 0,
  -- Stamps of the hops; applied_at and offers_off_at are the WL's own words.
  first_sent_at timestamptz,
  last_sent_at timestamptz,
  acked_at timestamptz,
  ack_kind text CHECK (ack_kind IN ('BODY', 'EXPLICIT', 'STALE', 'OPERATOR')),
  applied_at timestamptz,
  offers_changed integer,
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (signal_id, wl_id),
  CHECK ((state = 'ACKED') = (acked_at IS NOT NULL))
);
CREATE INDEX signal_delivery_wl ON signal_delivery (wl_id, created_at);
CREATE INDEX signal_delivery_open ON signal_delivery (created_at)
  WHERE state IN ('PENDING', 'SENT');

-- What was sent and what came back; bodies are masked and cut.
CREATE TABLE signal_attempt (
  signal_id uuid NOT NULL,
  wl_id uuid NOT NULL,
  attempt integer NOT NULL,
  started_at timestamptz NOT NULL,
  latency_ms integer NOT NULL,
  status integer,
  failure text,
  body_masked text,
  PRIMARY KEY (signal_id, wl_id, attempt),
  FOREIGN KEY (signal_id, wl_id) REFERENCES signal_delivery
);
CREATE TRIGGER signal_attempt_append_only BEFORE UPDATE ON signal_attempt
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
