CREATE SEQUENCE imported_offer_number START 80001;
CREATE TABLE imported_offer (
  offer_id text PRIMARY KEY DEFAULT nextval('imported_offer_number')::text,
  exporter uuid NOT NULL,
  origin_offer_id text NOT NULL,
  title text NOT NULL,
  category_id text NOT NULL,
  category_name text NOT NULL,
  entity_id text NOT NULL,
  entity_name text NOT NULL,
  origin_unit_price_minor bigint NOT NULL,
  origin_currency text NOT NULL,
  fx_rate numeric(18, 8) NOT NULL,
  commission_rate numeric(18, 8) NOT NULL,
  unit_price_minor bigint NOT NULL,
  currency text NOT NULL,
  available integer NOT NULL,
  eligible boolean NOT NULL,
  lifecycle_status text NOT NULL CHECK (lifecycle_status IN ('ENABLED', 'DISABLED')),
  relationship_revision integer NOT NULL,
  synced_at timestamptz NOT NULL DEFAULT clock(),
  UNIQUE (exporter, origin_offer_id)
);
CREATE INDEX imported_offer_page ON imported_offer (eligible DESC, title, offer_id);

-- The fence: every step locks this row and is a legal move from its state, or changes nothing
-- (RULES.md 4). Terms are frozen when the purchase is requested.
CREATE TABLE trade (
  trade_id uuid PRIMARY KEY,
  account_id text NOT NULL REFERENCES account,
  exporter uuid NOT NULL,
  offer_id text NOT NULL,
  origin_offer_id text NOT NULL,
  offer_title text NOT NULL,
  offer_category text NOT NULL,
  seller_name text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  origin_unit_price_minor bigint NOT NULL,
  origin_currency text NOT NULL,
  fx_rate numeric(18, 8) NOT NULL,
  unit_price_minor bigint NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  commission_minor bigint NOT NULL,
  policy_revision integer NOT NULL,
  relationship_revision integer NOT NULL,
  state text NOT NULL CHECK (state IN ('REQUESTED', 'FUNDED', 'AWAITING_APPROVAL', 'UNCERTAIN',
    'NEEDS_ATTENTION', 'CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSING', 'REVERSED')),
  reason text,
  version integer NOT NULL,
  parked_from text CHECK (parked_from IN ('FUNDED', 'AWAITING_APPROVAL', 'UNCERTAIN')),
  parked_reason text,
  hold_id uuid,
  given_hold_id uuid,
  answered_price_minor bigint,
  approval_deadline timestamptz,
  exporter_answer jsonb,
  override jsonb,
  buyer_masked text NOT NULL,
  correlation_id text NOT NULL,
  rerun_of uuid,
  cancel_due boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock()
);
CREATE INDEX trade_open ON trade (created_at)
  WHERE state NOT IN ('CONFIRMED', 'REJECTED', 'COMPENSATED', 'REVERSED') OR cancel_due;
CREATE INDEX trade_cool_down ON trade (account_id, offer_id, created_at);

CREATE TABLE trade_transition (
  trade_id uuid NOT NULL REFERENCES trade,
  version integer NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  step text NOT NULL,
  reason text,
  actor text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (trade_id, version)
);
CREATE TRIGGER trade_transition_append_only BEFORE UPDATE OR DELETE ON trade_transition
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A key names a subject and nothing else: there is no "running" state (RULES.md 7).
CREATE TABLE idempotency_key (
  route text NOT NULL,
  account text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  subject_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (route, account, key)
);
CREATE INDEX idempotency_key_subject ON idempotency_key (subject_id);
