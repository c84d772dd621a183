-- Members and sellers have balances that can't go below zero; system accounts have postings only,
-- so that no row is fought over (RULES.md 1).
CREATE TABLE account (
  account_id text PRIMARY KEY,
  name_sealed text NOT NULL,
  email_sealed text,
  phone_sealed text,
  contact_masked text NOT NULL,
  token_hash text NOT NULL,
  buy_offer boolean NOT NULL,
  status text NOT NULL CHECK (status IN ('ACTIVE', 'BLOCKED')),
  created_at timestamptz NOT NULL DEFAULT clock()
);

-- This WL's trader account: the operational bridge that partners see as an opaque id.
CREATE TABLE trader_account (
  trader_id text PRIMARY KEY,
  name_sealed text NOT NULL,
  email_sealed text,
  phone_sealed text
);

CREATE TABLE balance (
  account text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  PRIMARY KEY (account, currency)
);

CREATE TABLE ledger_transaction (
  transaction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL UNIQUE,
  kind text NOT NULL,
  trade_id uuid,
  counterpart uuid,
  note text,
  created_at timestamptz NOT NULL DEFAULT clock()
);
CREATE INDEX ledger_transaction_trade ON ledger_transaction (trade_id);

CREATE TABLE posting (
  transaction_id bigint NOT NULL REFERENCES ledger_transaction,
  account text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
  origin_minor bigint,
  origin_currency text,
  PRIMARY KEY (transaction_id, account, currency)
);
CREATE INDEX posting_account ON posting (account, currency);
CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE ON posting
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger_transaction
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_transaction_sum() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
  IF EXISTS (
    SELECT FROM posting WHERE transaction_id = NEW.transaction_id
     GROUP BY currency HAVING sum(amount_minor) <> 0
  ) THEN
    RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.transaction_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER posting_sums_to_zero AFTER INSERT ON posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transaction_sum();
