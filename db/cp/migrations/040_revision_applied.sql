-- Which WL has to apply a committed revision, and when it did. A WL that reports this sequence
-- number of the audit chain, or a later one, has applied the revision.
CREATE TABLE revision_applied (
  -- The workflow's id: `policy/<wlId>/<n>`, `relationship/<src>/<dst>/<n>`, `wl/<wlId>/<seq>`,
  -- `crl/<number>`.
  revision text NOT NULL,
  wl_id uuid NOT NULL REFERENCES wl ON UPDATE CASCADE,
  kind text NOT NULL CHECK (kind IN ('POLICY', 'RELATIONSHIP', 'WL', 'CRL')),
  seq bigint NOT NULL,
  correlation_id text NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT clock(),
  applied_at timestamptz,
  drift_ms bigint,
  -- Set when somebody was told that it had taken too long.
  stale_at timestamptz,
  PRIMARY KEY (revision, wl_id),
  CHECK ((applied_at IS NULL) = (drift_ms IS NULL))
);
CREATE INDEX revision_unapplied ON revision_applied (wl_id, seq) WHERE applied_at IS NULL;
