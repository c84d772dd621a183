-- From hold to capture by the exporter's clock; a person's decision is not a latency.
ALTER TABLE trade ADD COLUMN exporter_latency_ms integer;
ALTER TABLE trade ADD COLUMN needed_approval boolean NOT NULL DEFAULT false;
