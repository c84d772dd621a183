-- Where notifications go besides the console. A removed target keeps its row, because deliveries
-- name it, and loses its secret or address.
CREATE TABLE alert_target (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  kind text NOT NULL CHECK (kind IN ('WEBHOOK', 'EMAIL')),
  url text,
  secret_sealed text,
  address_sealed text,
  -- Empty: every kind.
  kinds text[] NOT NULL,
  min_severity text NOT NULL CHECK (min_severity IN ('INFO', 'WARNING', 'CRITICAL')),
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock(),
  removed_at timestamptz,
  CHECK (removed_at IS NOT NULL OR CASE kind
    WHEN 'WEBHOOK' THEN url IS NOT NULL AND secret_sealed IS NOT NULL AND address_sealed IS NULL
    ELSE address_sealed IS NOT NULL AND url IS NULL AND secret_sealed IS NULL END)
);

-- One notification on its way to one target; written with the notification.
CREATE TABLE alert_delivery (
  notification_id uuid NOT NULL REFERENCES notification,
  target_id uuid NOT NULL REFERENCES alert_target,
  state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'SENT', 'FAILED', 'CANCELLED')),
  attempts integer NOT NULL DEFAULT 0,
  last_failure text,
  created_at timestamptz NOT NULL DEFAULT clock(),
  last_attempt_at timestamptz,
  closed_at timestamptz,
  PRIMARY KEY (notification_id, target_id),
  CHECK ((state = 'PENDING') = (closed_at IS NULL))
);
CREATE INDEX alert_delivery_target ON alert_delivery (target_id, state);
