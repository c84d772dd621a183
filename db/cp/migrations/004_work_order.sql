-- A workflow that a committed row calls for is ordered in that row's transaction, started after the
-- commit, and started again by a schedule until it says that it is done (DESIGN.md 6).
CREATE TABLE work_order (
  workflow_id text PRIMARY KEY,
  workflow text NOT NULL,
  input jsonb NOT NULL,
  summary text NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  started_at timestamptz,
  done_at timestamptz
);
CREATE INDEX work_order_unstarted ON work_order (created_at) WHERE started_at IS NULL;
CREATE INDEX work_order_open ON work_order (created_at, workflow_id) WHERE done_at IS NULL;
