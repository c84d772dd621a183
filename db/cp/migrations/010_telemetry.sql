-- What the WLs report: accepted events by day, the ids that have been seen, and what was refused.
-- Days are dropped as a whole when they are too old, which deletes nothing row by row.
CREATE TABLE event (
  event_id uuid NOT NULL,
  wl_id uuid NOT NULL,
  type text NOT NULL,
  schema_version integer NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  correlation_id text NOT NULL,
  data jsonb NOT NULL,
  kid text NOT NULL,
  signature text NOT NULL,
  PRIMARY KEY (received_at, wl_id, event_id)
) PARTITION BY RANGE (received_at);
CREATE INDEX event_trade ON event ((data ->> 'tradeId'));
CREATE INDEX event_kid ON event (kid);
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An id is one WL's own: nobody can use up the ids of another.
CREATE TABLE event_seen (
  wl_id uuid NOT NULL,
  event_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (wl_id, event_id)
);
CREATE INDEX event_seen_age ON event_seen (received_at);

-- The same thing refused again counts up instead of filling the table.
CREATE TABLE telemetry_quarantine (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  wl_id uuid NOT NULL,
  digest text NOT NULL,
  reason text NOT NULL,
  detail text NOT NULL,
  -- As the sender said it, where it could be read at all.
  event_id text,
  type text,
  document_masked jsonb NOT NULL,
  times integer NOT NULL DEFAULT 1,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  last_at timestamptz NOT NULL DEFAULT clock(),
  UNIQUE (wl_id, reason, digest)
);
CREATE INDEX telemetry_quarantine_wl ON telemetry_quarantine (wl_id, id);
CREATE INDEX telemetry_quarantine_age ON telemetry_quarantine (last_at);

-- A key that a WL replaced still vouches for what happened while it was registered.
CREATE TABLE wl_event_key (
  wl_id uuid NOT NULL REFERENCES wl ON UPDATE CASCADE ON DELETE CASCADE,
  kid text NOT NULL,
  public_jwk jsonb NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT clock(),
  replaced_at timestamptz,
  PRIMARY KEY (wl_id, kid)
);
INSERT INTO wl_event_key (wl_id, kid, public_jwk, registered_at)
SELECT wl.id, key ->> 'kid', key, wl.created_at
  FROM wl, jsonb_array_elements(wl.event_keys -> 'keys') AS key
    ON CONFLICT DO NOTHING;

-- A WL confirms its trader account when it registers, which may be before the account is made here.
CREATE TABLE trader_confirmation (
  wl_id uuid PRIMARY KEY REFERENCES wl ON UPDATE CASCADE ON DELETE CASCADE,
  trader_id text NOT NULL,
  confirmed_at timestamptz NOT NULL
);

-- Makes the table of one day, of UTC; another process that makes it too waits and finds it. It is
-- attached when it is whole, because making it in place would stop every intake meanwhile.
CREATE FUNCTION ensure_event_day(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  name text := 'event_' || to_char(day, 'YYYYMMDD');
BEGIN
  PERFORM pg_advisory_xact_lock(7265010);
  IF to_regclass(name) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS)', name);
  EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
    day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
  RETURN true;
END $$;

-- Drops the days before `oldest`; answers how many there were.
CREATE FUNCTION drop_event_days(oldest date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  name text;
  dropped integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7265010);
  FOR name IN
    SELECT child.relname FROM pg_inherits
      JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent = 'event'::regclass AND child.relname ~ '^event_\d{8}$'
       AND to_date(right(child.relname, 8), 'YYYYMMDD') < oldest
     ORDER BY child.relname
  LOOP
    EXECUTE format('DROP TABLE %I', name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
