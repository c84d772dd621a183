-- What both sides say of a trade: per side the document of its highest version, in whatever order
-- the events come (CONTRACTS.md). Each side is written by the WL that it is, and by nobody else.
CREATE TABLE trade (
  importer uuid NOT NULL,
  exporter uuid NOT NULL,
  trade_id text NOT NULL,

  importer_version integer,
  importer_status text
    CHECK (importer_status IN ('PENDING', 'CONFIRMED', 'REJECTED', 'REVERSED')),
  importer_document jsonb,
  importer_event_id uuid,
  importer_occurred_at timestamptz,

  exporter_version integer,
  exporter_status text CHECK (exporter_status IN
    ('HELD', 'PENDING', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'REVERSED')),
  exporter_document jsonb,
  exporter_event_id uuid,
  exporter_occurred_at timestamptz,

  -- Derived from the two documents, for lists, filters and rates.
  status text NOT NULL CHECK (status IN
    ('PENDING', 'PROVISIONAL', 'CONFIRMED', 'REJECTED', 'REVERSED')),
  reason text,
  parked boolean NOT NULL DEFAULT false,
  decided_on_stale boolean NOT NULL DEFAULT false,
  search text NOT NULL,
  -- What this row adds to the balance, as it was last counted: exports and open holds of
  -- exporter to importer in the exporter's currency, imports of importer to exporter in its own.
  counted_exports_minor bigint NOT NULL DEFAULT 0,
  counted_imports_minor bigint NOT NULL DEFAULT 0,
  counted_reserved_minor bigint NOT NULL DEFAULT 0,

  -- In what the sides differ, and since when without a break.
  disagreement text[] NOT NULL DEFAULT '{}',
  disagrees_since timestamptz,

  attempted_at timestamptz,
  confirmed_at timestamptz,
  -- The buyer's wait, by the importer's clock.
  latency_ms integer,
  -- The earliest thing told of it.
  started_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (importer, exporter, trade_id),
  CHECK (num_nonnulls(importer_version, importer_status, importer_document, importer_event_id,
    importer_occurred_at) IN (0, 5)),
  CHECK (num_nonnulls(exporter_version, exporter_status, exporter_document, exporter_event_id,
    exporter_occurred_at) IN (0, 5)),
  CHECK (importer_version IS NOT NULL OR exporter_version IS NOT NULL),
  CHECK ((disagrees_since IS NULL) = (disagreement = '{}'))
);
CREATE INDEX trade_id ON trade (trade_id);
CREATE INDEX trade_page ON trade (started_at DESC, importer, exporter, trade_id);
CREATE INDEX trade_importer ON trade (importer, started_at DESC);
CREATE INDEX trade_exporter ON trade (exporter, started_at DESC);
CREATE INDEX trade_disagrees ON trade (disagrees_since) WHERE disagrees_since IS NOT NULL;

-- The sides went on disagreeing for longer than they may; agreement clears it.
CREATE TABLE trade_mismatch (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  importer uuid NOT NULL,
  exporter uuid NOT NULL,
  trade_id text NOT NULL,
  disagreement text[] NOT NULL,
  importer_document jsonb,
  exporter_document jsonb,
  since timestamptz NOT NULL,
  raised_at timestamptz NOT NULL DEFAULT clock(),
  resolved_at timestamptz,
  FOREIGN KEY (importer, exporter, trade_id) REFERENCES trade
);
CREATE UNIQUE INDEX trade_mismatch_open ON trade_mismatch (importer, exporter, trade_id)
  WHERE resolved_at IS NULL;
