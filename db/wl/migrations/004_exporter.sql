CREATE TABLE category (category_id text PRIMARY KEY, name text NOT NULL);
CREATE TABLE entity (entity_id text PRIMARY KEY, name text NOT NULL);

-- `stock` is what was ever put up for sale, `used` what is held or captured; the rest is available.
CREATE SEQUENCE offer_number START 10001;
CREATE TABLE offer (
  offer_id text PRIMARY KEY DEFAULT nextval('offer_number')::text,
  title text NOT NULL,
  category_id text NOT NULL REFERENCES category,
  entity_id text NOT NULL REFERENCES entity,
  unit_price_minor bigint NOT NULL CHECK (unit_price_minor > 0),
  currency text NOT NULL,
  stock integer NOT NULL,
  used integer NOT NULL DEFAULT 0 CHECK (used >= 0 AND used <= stock),
  status text NOT NULL CHECK (status IN ('ENABLED', 'DISABLED')),
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock()
);

CREATE TABLE pair (
  partner uuid PRIMARY KEY,
  exposure_minor bigint NOT NULL DEFAULT 0,
  signal_disabled boolean NOT NULL DEFAULT false
);

-- One row decides: (requester, trade id), inserted by whichever of preflight, confirm or cancel
-- comes first, and final for that trade id (RULES.md 2).
CREATE TABLE hold (
  hold_id uuid PRIMARY KEY,
  requester uuid NOT NULL,
  trade_id text,
  request_id text,
  state text NOT NULL CHECK (state IN ('HELD', 'PENDING_APPROVAL', 'CAPTURED', 'REJECTED',
    'CANCELLED', 'EXPIRED', 'REVERSED')),
  reason text,
  version integer NOT NULL,
  offer_id text REFERENCES offer,
  quantity integer,
  unit_price_minor bigint,
  amount_minor bigint,
  currency text NOT NULL,
  fx_rate numeric(18, 8),
  policy_revision integer,
  relationship_revision integer,
  buyer_ref text,
  requester_trader_id text,
  buyer_masked text,
  expires_at timestamptz,
  confirmed_at timestamptz,
  decided_by text,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock(),
  updated_at timestamptz NOT NULL DEFAULT clock(),
  UNIQUE (requester, trade_id),
  UNIQUE (requester, request_id)
);
CREATE INDEX hold_open_expiry ON hold (expires_at) WHERE state IN ('HELD', 'PENDING_APPROVAL');
CREATE INDEX hold_open_offer ON hold (offer_id) WHERE state IN ('HELD', 'PENDING_APPROVAL');
CREATE INDEX hold_open_buyer ON hold (requester, buyer_ref)
  WHERE state IN ('HELD', 'PENDING_APPROVAL');
CREATE INDEX hold_pending ON hold (created_at) WHERE state = 'PENDING_APPROVAL';

CREATE TABLE hold_transition (
  hold_id uuid NOT NULL REFERENCES hold,
  version integer NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  reason text,
  actor text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock(),
  PRIMARY KEY (hold_id, version)
);
CREATE TRIGGER hold_transition_append_only BEFORE UPDATE OR DELETE ON hold_transition
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Every move of exposure and of stock with the limit then in force (invariants 14 and 18).
CREATE TABLE exposure_journal (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  partner uuid NOT NULL,
  kind text NOT NULL,
  reference text NOT NULL,
  delta_minor bigint NOT NULL,
  exposure_minor bigint NOT NULL,
  limit_minor bigint,
  limit_mode text,
  relationship_revision integer,
  at timestamptz NOT NULL DEFAULT clock(),
  UNIQUE (partner, kind, reference)
);
CREATE INDEX exposure_journal_window ON exposure_journal (partner, at) WHERE kind = 'HOLD';
CREATE TRIGGER exposure_journal_append_only BEFORE UPDATE OR DELETE ON exposure_journal
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE stock_journal (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  offer_id text NOT NULL REFERENCES offer,
  kind text NOT NULL,
  reference text NOT NULL,
  used_delta integer NOT NULL,
  stock_delta integer NOT NULL,
  used integer NOT NULL,
  stock integer NOT NULL,
  at timestamptz NOT NULL DEFAULT clock()
);
CREATE INDEX stock_journal_offer ON stock_journal (offer_id);
CREATE TRIGGER stock_journal_append_only BEFORE UPDATE OR DELETE ON stock_journal
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
