-- Counts and volume of a period are sums of days: how many trades began on each day between two
-- WLs, by what they have become. A day counts each trade where it stands now, so the trigger moves
-- it from one row to another in the statement that changes the trade, whoever runs it. Two
-- statements about one pair take turns at the pair's lock, and rows of a day belong to one pair.
CREATE TABLE trade_day (
  -- Its first instant, in UTC: the day the trades began.
  day       timestamptz NOT NULL,
  exporter  uuid        NOT NULL,
  importer  uuid        NOT NULL,
  status    text        NOT NULL,
  -- Why, of those that were refused; '' for all others, and where nobody said.
  refusal   text        NOT NULL,
  -- Of those that are sold, the month of the capture ('2026-03') and the currency; else ''.
  month     text        NOT NULL,
  currency  text        NOT NULL,
  trades    bigint      NOT NULL,
  -- What was sold, in the exporter's currency.
  amount    numeric     NOT NULL,
  PRIMARY KEY (day, exporter, importer, status, refusal, month, currency)
) WITH (fillfactor = 50);

-- What one trade adds to its day; the reports read the rest of a day by it, too.
CREATE FUNCTION day_of_trade(started_at timestamptz, status text, reason text,
  confirmed_at timestamptz, sold_amount text, sold_currency text)
RETURNS TABLE (day timestamptz, refusal text, month text, currency text, amount numeric)
LANGUAGE sql STABLE AS $$
  SELECT date_trunc('day', started_at, 'UTC'),
         CASE WHEN status = 'REJECTED' THEN coalesce(reason, '') ELSE '' END,
         CASE WHEN sold THEN to_char(confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM') ELSE '' END,
         CASE WHEN sold THEN sold_currency ELSE '' END,
         CASE WHEN sold THEN sold_amount::numeric ELSE 0 END
    FROM (SELECT status = 'CONFIRMED' AND confirmed_at IS NOT NULL AND sold_amount IS NOT NULL
                 AND sold_currency IS NOT NULL AS sold) AS known
$$;

CREATE FUNCTION count_trade_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format($statement$
    INSERT INTO trade_day AS known
    SELECT own.day, exporter, importer, status, own.refusal, own.month, own.currency,
           sum(sign), sum(sign * own.amount)
      FROM (%s) AS moved,
           day_of_trade(started_at, status, reason, confirmed_at, sold_amount, sold_currency) AS own
     GROUP BY own.day, exporter, importer, status, own.refusal, own.month, own.currency
    HAVING sum(sign) <> 0 OR sum(sign * own.amount) <> 0
     ORDER BY own.day, exporter, importer, status, own.refusal, own.month, own.currency
    ON CONFLICT (day, exporter, importer, status, refusal, month, currency) DO UPDATE
       SET trades = known.trades + excluded.trades, amount = known.amount + excluded.amount
  $statement$, CASE TG_OP
    WHEN 'INSERT' THEN 'SELECT 1 AS sign, * FROM came'
    WHEN 'DELETE' THEN 'SELECT -1 AS sign, * FROM went'
    ELSE 'SELECT 1 AS sign, * FROM came UNION ALL SELECT -1, * FROM went'
  END);
  RETURN NULL;
END $$;

CREATE TRIGGER trade_day_insert AFTER INSERT ON trade REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION count_trade_day();
CREATE TRIGGER trade_day_update AFTER UPDATE ON trade
  REFERENCING OLD TABLE AS went NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION count_trade_day();
CREATE TRIGGER trade_day_delete AFTER DELETE ON trade REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION count_trade_day();

INSERT INTO trade_day
SELECT own.day, exporter, importer, status, own.refusal, own.month, own.currency,
       count(*), sum(own.amount)
  FROM trade,
       day_of_trade(started_at, status, reason, confirmed_at, sold_amount, sold_currency) AS own
 GROUP BY own.day, exporter, importer, status, own.refusal, own.month, own.currency;
