-- When an exporter's listing was last taken over: one row a sync. Written into each offer it made a
-- new version of all of them every minute. An offer that is listed no more keeps its own time.
CREATE TABLE offer_sync (
  exporter uuid PRIMARY KEY,
  synced_at timestamptz NOT NULL
);
