-- Every move of a pair's figures with what they came to, so that a report can say what was known at
-- any instant, and a recount can find the row that went wrong. Written under the pair's lock: the
-- ids of one pair are in commit order.
CREATE TABLE pair_journal (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  kind text NOT NULL
    CHECK (kind IN ('EXPORT', 'IMPORT', 'SETTLEMENT_RECEIVED', 'SETTLEMENT_PAID')),
  -- The importer's trade id, or the settlement's id.
  reference text NOT NULL,
  exports_delta bigint NOT NULL,
  imports_delta bigint NOT NULL,
  reserved_delta bigint NOT NULL,
  settlements_received_delta bigint NOT NULL,
  settlements_paid_delta bigint NOT NULL,
  exports_minor bigint NOT NULL,
  imports_minor bigint NOT NULL,
  reserved_minor bigint NOT NULL,
  settlements_received_minor bigint NOT NULL,
  settlements_paid_minor bigint NOT NULL,
  -- When it happened at the WL or on the desk, and when the balance was moved by it.
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock(),
  FOREIGN KEY (src, dst) REFERENCES pair
);
CREATE INDEX pair_journal_page ON pair_journal (src, dst, id);
CREATE INDEX pair_journal_occurred ON pair_journal (src, dst, occurred_at);
-- A settlement moves each side of a pair once; a trade moves it as often as its state does.
CREATE UNIQUE INDEX pair_journal_settlement ON pair_journal (src, dst, kind, reference)
  WHERE kind IN ('SETTLEMENT_RECEIVED', 'SETTLEMENT_PAID');
CREATE TRIGGER pair_journal_append_only BEFORE UPDATE OR DELETE ON pair_journal
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A pair is counted as soon as the two are partners in either direction: what src bought counts
-- before anybody lets it sell.
ALTER TABLE pair DROP CONSTRAINT pair_src_dst_fkey;
