-- Figures of a period read many trades and little of each, but a trade's row is two kilobytes wide
-- with its documents. What is counted and summed stands in columns of its own and in an index that
-- answers alone. An amount stays text: whoever sums it says which ones are meant to be figures.
ALTER TABLE trade
  ADD COLUMN offer_id text GENERATED ALWAYS AS (importer_document -> 'offer' ->> 'id') STORED,
  ADD COLUMN offer_title text GENERATED ALWAYS AS (importer_document -> 'offer' ->> 'title') STORED,
  ADD COLUMN sold_amount text GENERATED ALWAYS AS (exporter_document ->> 'amount') STORED,
  ADD COLUMN sold_currency text GENERATED ALWAYS AS (exporter_document ->> 'currency') STORED;

CREATE INDEX trade_figures ON trade (started_at) INCLUDE (
  importer, exporter, status, reason, importer_version, importer_status, confirmed_at, latency_ms,
  exporter_latency_ms, needed_approval, offer_id, offer_title, sold_amount, sold_currency);

CREATE INDEX trade_reason ON trade (reason, started_at DESC) WHERE reason IS NOT NULL;
