-- A notification whose cause is gone needs nobody any more, read or not.
ALTER TABLE notification ADD COLUMN closed_at timestamptz;
DROP INDEX notification_unread;
CREATE INDEX notification_unread ON notification (created_at)
  WHERE read_at IS NULL AND closed_at IS NULL;
CREATE INDEX notification_open_subject ON notification (subject) WHERE closed_at IS NULL;

-- What waits for a person.
CREATE INDEX trade_parked ON trade (importer_occurred_at) WHERE parked;
CREATE INDEX trade_mismatch_raised ON trade_mismatch (raised_at) WHERE resolved_at IS NULL;

-- What people of support did about a trade through this desk; the white label has the last word.
CREATE TABLE desk_action (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  importer uuid NOT NULL,
  exporter uuid NOT NULL,
  trade_id text NOT NULL,
  verb text NOT NULL CHECK (verb IN
    ('retry', 'abandon', 'resolve', 'resolve/confirm', 'reverse', 'rerun')),
  person text NOT NULL,
  reason text NOT NULL,
  correlation_id text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT clock(),
  answered_at timestamptz,
  -- HTTP status of the answer; none where nobody lived to see one.
  status integer,
  -- What the white label made of it, or the code with which it was refused.
  outcome text,
  FOREIGN KEY (importer, exporter, trade_id) REFERENCES trade
);
CREATE INDEX desk_action_trade ON desk_action (importer, exporter, trade_id, asked_at);
-- One person at a time.
CREATE UNIQUE INDEX desk_action_open ON desk_action (importer, exporter, trade_id)
  WHERE answered_at IS NULL;
