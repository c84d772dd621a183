-- Settlements between this WL and a partner that two risk officers of the Control Plane put on
-- record. The key makes each count once; the numbers are this WL's own, in the order in which it
-- was told, and the last one is what it reports (RULES.md 3).
CREATE TABLE settlement (
  settlement_id uuid PRIMARY KEY,
  number bigint NOT NULL UNIQUE CHECK (number > 0),
  partner uuid NOT NULL,
  -- The payee sold on credit, the payer bought.
  role text NOT NULL CHECK (role IN ('PAYEE', 'PAYER')),
  -- In the payee's currency, by which both books are compared.
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  currency text NOT NULL,
  fx_rate numeric(18, 8) NOT NULL,
  -- What it moves here, in this WL's own currency.
  own_minor bigint NOT NULL CHECK (own_minor > 0),
  own_currency text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock(),
  CHECK (role = 'PAYER' OR (own_minor = amount_minor AND own_currency = currency))
);
CREATE TRIGGER settlement_append_only BEFORE UPDATE OR DELETE ON settlement
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
