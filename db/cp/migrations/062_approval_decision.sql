-- What a person at the Control Plane wants of a purchase that waits at its exporter. The exporter
-- settles it: its own decision, a cancel or the deadline may have come first, and its answer is the
-- outcome. One row a purchase: a second decision gets the first one's answer.
CREATE TABLE approval_decision (
  importer uuid NOT NULL,
  exporter uuid NOT NULL,
  trade_id text NOT NULL,
  decision text NOT NULL CHECK (decision IN ('APPROVE', 'REJECT')),
  -- Masked; people type it.
  reason text,
  decided_by text NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT clock(),
  correlation_id text NOT NULL,
  state text NOT NULL DEFAULT 'RELAYING' CHECK (state IN ('RELAYING', 'SETTLED', 'REFUSED')),
  -- The exporter's answer: the state of its row, whoever decided it; or why it took no decision.
  outcome_status text,
  outcome_reason text,
  settled_at timestamptz,
  PRIMARY KEY (importer, exporter, trade_id),
  FOREIGN KEY (importer, exporter, trade_id) REFERENCES trade,
  CHECK ((decision = 'REJECT') = (reason IS NOT NULL)),
  CHECK ((state = 'RELAYING') = (settled_at IS NULL)),
  CHECK ((state = 'RELAYING') = (outcome_status IS NULL))
);
-- Purchases that wait for a person, the oldest first.
CREATE INDEX trade_waiting ON trade (exporter_occurred_at, importer, exporter, trade_id)
  WHERE exporter_status = 'PENDING';
