-- A renamed WL takes everything of its own along (ON UPDATE CASCADE); a relationship forbids the
-- rename, because partners already know the id.
CREATE TABLE wl (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  description text,
  contact_email_sealed text,
  gateway_url text,
  currency text CHECK (currency ~ '^[A-Z]{3}$'),
  status text NOT NULL CHECK (status IN ('ACTIVE', 'PAUSED', 'BLOCKED')),
  peer_url text,
  event_keys jsonb,
  policy_secret_sealed text,
  signal_secret_sealed text,
  -- The audit row of the last change that a pulled document shows.
  change_seq bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock()
);

CREATE TABLE wl_policy (
  wl_id uuid PRIMARY KEY REFERENCES wl ON UPDATE CASCADE,
  revision integer NOT NULL CHECK (revision > 0),
  import_enabled boolean NOT NULL,
  export_enabled boolean NOT NULL,
  export_delay_seconds integer NOT NULL CHECK (export_delay_seconds >= 0),
  visibility_enabled boolean NOT NULL,
  visibility_wls uuid[] NOT NULL,
  label text NOT NULL,
  feature_import boolean NOT NULL,
  feature_export boolean NOT NULL,
  feature_purchase boolean NOT NULL,
  rollout_stage text NOT NULL CHECK (rollout_stage IN ('PILOT', 'GENERAL')),
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  change_seq bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock()
);

CREATE TABLE wl_policy_revision (
  wl_id uuid NOT NULL REFERENCES wl ON UPDATE CASCADE,
  revision integer NOT NULL,
  document jsonb NOT NULL,
  audit_seq bigint NOT NULL UNIQUE,
  actor text NOT NULL,
  source text NOT NULL,
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (wl_id, revision)
);

CREATE TABLE relationship (
  src uuid NOT NULL REFERENCES wl,
  dst uuid NOT NULL REFERENCES wl,
  revision integer NOT NULL CHECK (revision > 0),
  status text NOT NULL CHECK (status IN ('ACTIVE', 'PAUSED', 'BLOCKED')),
  fx_rate numeric(18, 8) NOT NULL CHECK (fx_rate > 0),
  limit_minor bigint NOT NULL CHECK (limit_minor >= 0),
  limit_mode text NOT NULL CHECK (limit_mode IN ('HARD', 'SOFT')),
  alert_percent integer NOT NULL,
  disable_percent integer NOT NULL,
  enable_percent integer NOT NULL,
  commission_rate numeric(18, 8) NOT NULL CHECK (commission_rate >= 0),
  approval_mode text NOT NULL CHECK (approval_mode IN ('AUTO', 'MANUAL', 'ABOVE')),
  approval_above_minor bigint NOT NULL CHECK (approval_above_minor >= 0),
  velocity_max_minor bigint,
  velocity_window_seconds integer,
  four_eyes boolean NOT NULL,
  export_policy jsonb,
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  change_seq bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (src, dst),
  CHECK (src <> dst),
  CHECK ((velocity_max_minor IS NULL) = (velocity_window_seconds IS NULL))
);
CREATE INDEX relationship_dst ON relationship (dst);

CREATE TABLE relationship_revision (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  revision integer NOT NULL,
  document jsonb NOT NULL,
  audit_seq bigint NOT NULL UNIQUE,
  actor text NOT NULL,
  source text NOT NULL,
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (src, dst, revision),
  FOREIGN KEY (src, dst) REFERENCES relationship
);

-- A change that a second person has to confirm (fourEyes).
CREATE TABLE relationship_change (
  id uuid PRIMARY KEY,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  base_revision integer NOT NULL,
  patch jsonb NOT NULL,
  needs_risk boolean NOT NULL,
  state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'CONFIRMED', 'STALE')),
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL DEFAULT clock(),
  decided_by text,
  decided_at timestamptz,
  FOREIGN KEY (src, dst) REFERENCES relationship,
  CHECK (decided_by <> proposed_by)
);
CREATE INDEX relationship_change_pending ON relationship_change (proposed_at)
  WHERE state = 'PENDING';

-- Revision numbers survive a reset of the registry: a WL ignores a number it has already passed.
CREATE TABLE revision_counter (
  subject text PRIMARY KEY,
  last integer NOT NULL
);

-- What each WL said it had applied, as a sequence number of the audit chain, and when.
CREATE TABLE applied_report (
  wl_id uuid NOT NULL REFERENCES wl ON UPDATE CASCADE,
  seq bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (wl_id, seq)
);

CREATE TABLE trader_account (
  wl_id uuid PRIMARY KEY REFERENCES wl ON UPDATE CASCADE,
  name text NOT NULL,
  status text NOT NULL CHECK (status IN ('ACTIVE', 'PAUSED', 'BLOCKED')),
  contact_email_sealed text,
  contact_phone_sealed text,
  confirmed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock()
);

CREATE TABLE snapshot (
  wl_id uuid NOT NULL REFERENCES wl ON UPDATE CASCADE,
  kind text NOT NULL CHECK (kind IN ('CATEGORIES', 'ENTITIES')),
  items integer NOT NULL,
  active_offers integer NOT NULL,
  synced_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (wl_id, kind)
);

CREATE TABLE snapshot_item (
  wl_id uuid NOT NULL,
  kind text NOT NULL,
  item_id text NOT NULL,
  name text NOT NULL,
  active_offers integer NOT NULL,
  PRIMARY KEY (wl_id, kind, item_id),
  FOREIGN KEY (wl_id, kind) REFERENCES snapshot ON UPDATE CASCADE ON DELETE CASCADE
);
