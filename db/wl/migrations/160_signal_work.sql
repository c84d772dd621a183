-- Signals that are in force and not done with every imported offer yet: the pair's row says what is
-- signalled, batches judge the offers anew, and the row in signal is written with the last of them.
-- What arrives about the same pair meanwhile waits here, too, so that answers keep their order.
CREATE TABLE signal_work (
  id uuid PRIMARY KEY,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  sequence bigint NOT NULL,
  action text NOT NULL CHECK (action IN ('DISABLE', 'ENABLE')),
  reason text NOT NULL,
  exposure_minor bigint NOT NULL,
  limit_minor bigint NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock(),
  -- Offers up to this one are done, in the order of their ids.
  after_offer text NOT NULL DEFAULT '',
  offers_changed integer NOT NULL DEFAULT 0,
  done_at timestamptz,
  -- When the Control Plane had our ack, or needed none any more.
  acked_at timestamptz,
  CHECK (acked_at IS NULL OR done_at IS NOT NULL)
);
CREATE INDEX signal_work_open ON signal_work (src, dst) WHERE done_at IS NULL;
CREATE INDEX signal_work_unacked ON signal_work (received_at) WHERE acked_at IS NULL;
