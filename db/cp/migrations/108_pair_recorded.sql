-- What was known at an instant is found by when a move was recorded: the days of a pair say on
-- which day each part of their sums was, so that only the asked day itself is read move by move.
ALTER TABLE pair_day ADD COLUMN recorded_day timestamptz;
TRUNCATE pair_day;
ALTER TABLE pair_day
  DROP CONSTRAINT pair_day_pkey,
  ALTER COLUMN recorded_day SET NOT NULL,
  ADD PRIMARY KEY (src, dst, day, recorded_day);

INSERT INTO pair_day (src, dst, day, recorded_day, exports_delta, imports_delta, reserved_delta,
       settlements_received_delta, settlements_paid_delta)
SELECT src, dst, date_trunc('day', occurred_at, 'UTC'), date_trunc('day', recorded_at, 'UTC'),
       sum(exports_delta), sum(imports_delta), sum(reserved_delta),
       sum(settlements_received_delta), sum(settlements_paid_delta)
  FROM pair_journal
 GROUP BY src, dst, date_trunc('day', occurred_at, 'UTC'), date_trunc('day', recorded_at, 'UTC');

-- The last row before an instant, and the pages of a statement. Rows of a pair are recorded under
-- its lock: their instants grow with their ids.
CREATE INDEX pair_journal_recorded ON pair_journal (src, dst, recorded_at, id);
-- What one trade moved, for its evidence.
CREATE INDEX pair_journal_reference ON pair_journal (reference);
