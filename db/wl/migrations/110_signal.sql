-- What was last signalled about one direction of trade. Its row is one lock: signals and offer syncs
-- of a pair decide under it, so that neither undoes the other (RULES.md 3).
CREATE TABLE signal_pair (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  -- The number of the last signal that took effect; one that is not above it changes nothing.
  sequence bigint NOT NULL DEFAULT 0,
  disabled boolean NOT NULL DEFAULT false,
  signal_id uuid,
  updated_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (src, dst)
);

-- Each signal with the answer it was given: a repeated delivery gets the same one.
CREATE TABLE signal (
  id uuid PRIMARY KEY,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  sequence bigint NOT NULL,
  action text NOT NULL CHECK (action IN ('DISABLE', 'ENABLE')),
  reason text NOT NULL,
  exposure_minor bigint NOT NULL,
  limit_minor bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('APPLIED', 'STALE')),
  offers_changed integer NOT NULL CHECK (status = 'APPLIED' OR offers_changed = 0),
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  applied_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX signal_applied_once ON signal (src, dst, sequence) WHERE status = 'APPLIED';
CREATE TRIGGER signal_append_only BEFORE UPDATE OR DELETE ON signal
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
