-- What a person should know. The same thing said twice under one key is one notification.
CREATE TABLE notification (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  kind text NOT NULL CHECK (kind IN ('IMBALANCE', 'STALE_POLICY', 'DEAD_GATEWAY',
    'GATEWAY_RECOVERED', 'NEEDS_ATTENTION', 'MISMATCH', 'PLAN', 'APPROVAL', 'TELEMETRY', 'KEYS')),
  severity text NOT NULL CHECK (severity IN ('INFO', 'WARNING', 'CRITICAL')),
  dedupe_key text NOT NULL UNIQUE,
  title text NOT NULL,
  -- What it is about, for the click-through: `pair/<src>/<dst>`, `trade/<importer>/<tradeId>`…
  subject text NOT NULL,
  details jsonb NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  read_at timestamptz,
  read_by text
);
CREATE INDEX notification_page ON notification (created_at DESC, id DESC);
CREATE INDEX notification_unread ON notification (created_at) WHERE read_at IS NULL;
