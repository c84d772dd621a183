-- Latencies of a period are sorted from this index alone: a quarter of the pages of trade_figures,
-- and no text to walk past. A person's decision is not a latency.
CREATE INDEX trade_latencies ON trade (started_at)
  INCLUDE (latency_ms, exporter_latency_ms, importer, exporter) WHERE NOT needed_approval;
