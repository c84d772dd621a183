-- What moved on each day of a pair, by when it happened: the trend of a month is read from a few
-- hundred rows instead of a hundred thousand. Written with the journal, in its statement.
CREATE TABLE pair_day (
  src                         uuid        NOT NULL,
  dst                         uuid        NOT NULL,
  -- Its first instant, in UTC.
  day                         timestamptz NOT NULL,
  exports_delta               bigint      NOT NULL,
  imports_delta               bigint      NOT NULL,
  reserved_delta              bigint      NOT NULL,
  settlements_received_delta  bigint      NOT NULL,
  settlements_paid_delta      bigint      NOT NULL,
  PRIMARY KEY (src, dst, day),
  FOREIGN KEY (src, dst) REFERENCES pair (src, dst)
);

INSERT INTO pair_day
SELECT src, dst, date_trunc('day', occurred_at, 'UTC'), sum(exports_delta), sum(imports_delta),
       sum(reserved_delta), sum(settlements_received_delta), sum(settlements_paid_delta)
  FROM pair_journal GROUP BY src, dst, date_trunc('day', occurred_at, 'UTC');

-- Two days by the hour are read from the journal itself.
CREATE INDEX pair_journal_time ON pair_journal (occurred_at);
