-- Made from the migrations by `npm run check -- --write`; changes belong there.

CREATE SEQUENCE account_number START 100001;

CREATE SEQUENCE imported_offer_number START 80001;

CREATE SEQUENCE offer_number START 10001;

CREATE OR REPLACE FUNCTION public.check_transaction_sum()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.clock()
 RETURNS timestamp with time zone
 LANGUAGE sql
AS $function$ SELECT clock_timestamp() + (SELECT offset_ms FROM clock_offset) * interval '1 millisecond' $function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $function$;

CREATE TABLE account (
  account_id text NOT NULL,
  name_sealed text NOT NULL,
  email_sealed text,
  phone_sealed text,
  contact_masked text NOT NULL,
  token_hash text NOT NULL,
  buy_offer boolean NOT NULL,
  status text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT account_pkey PRIMARY KEY (account_id),
  CONSTRAINT account_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'BLOCKED'::text])))
);

CREATE TABLE applied_revision (
  kind text NOT NULL,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  revision integer NOT NULL,
  document jsonb NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT applied_revision_pkey PRIMARY KEY (kind, src, dst, revision),
  CONSTRAINT applied_revision_kind_check CHECK ((kind = ANY (ARRAY['POLICY'::text, 'RELATIONSHIP'::text])))
);

CREATE TABLE audit (
  seq bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  actor text NOT NULL,
  source text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  correlation_id text NOT NULL,
  previous_hash text NOT NULL,
  hash text NOT NULL,
  CONSTRAINT audit_pkey PRIMARY KEY (seq)
);

CREATE TABLE audit_head (
  id boolean NOT NULL DEFAULT true,
  seq bigint NOT NULL DEFAULT 0,
  hash text NOT NULL DEFAULT ''::text,
  CONSTRAINT audit_head_pkey PRIMARY KEY (id),
  CONSTRAINT audit_head_id_check CHECK (id)
);

CREATE TABLE audit_head_seen (
  seq bigint NOT NULL,
  hash text NOT NULL,
  signature text NOT NULL,
  kid text NOT NULL,
  seen_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT audit_head_seen_pkey PRIMARY KEY (seq)
);

CREATE TABLE balance (
  account text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  CONSTRAINT balance_pkey PRIMARY KEY (account, currency),
  CONSTRAINT balance_amount_minor_check CHECK ((amount_minor >= 0))
);

CREATE TABLE category (
  category_id text NOT NULL,
  name text NOT NULL,
  CONSTRAINT category_pkey PRIMARY KEY (category_id)
);

CREATE TABLE clock_offset (
  id boolean NOT NULL DEFAULT true,
  offset_ms bigint NOT NULL DEFAULT 0,
  CONSTRAINT clock_offset_pkey PRIMARY KEY (id),
  CONSTRAINT clock_offset_id_check CHECK (id)
);

CREATE TABLE control_document (
  name text NOT NULL,
  document jsonb NOT NULL,
  stored_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT control_document_pkey PRIMARY KEY (name)
);

CREATE TABLE control_secret (
  name text NOT NULL,
  secret_sealed text NOT NULL,
  stored_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT control_secret_pkey PRIMARY KEY (name)
);

CREATE TABLE control_token (
  kind text NOT NULL,
  audience text NOT NULL,
  token_sealed text NOT NULL,
  issued_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT control_token_pkey PRIMARY KEY (kind, audience),
  CONSTRAINT control_token_kind_check CHECK ((kind = ANY (ARRAY['WL'::text, 'PEER'::text])))
);

CREATE TABLE entity (
  entity_id text NOT NULL,
  name text NOT NULL,
  CONSTRAINT entity_pkey PRIMARY KEY (entity_id)
);

CREATE TABLE event_key (
  kid text NOT NULL,
  public_jwk jsonb NOT NULL,
  private_sealed text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  registered_at timestamp with time zone,
  retired_at timestamp with time zone,
  CONSTRAINT event_key_pkey PRIMARY KEY (kid)
);

CREATE TABLE exposure_journal (
  entry_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  partner uuid NOT NULL,
  kind text NOT NULL,
  reference text NOT NULL,
  delta_minor bigint NOT NULL,
  exposure_minor bigint NOT NULL,
  limit_minor bigint,
  limit_mode text,
  relationship_revision integer,
  at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT exposure_journal_pkey PRIMARY KEY (entry_id),
  CONSTRAINT exposure_journal_partner_kind_reference_key UNIQUE (partner, kind, reference)
);

CREATE TABLE hold (
  hold_id uuid NOT NULL,
  requester uuid NOT NULL,
  trade_id text,
  request_id text,
  state text NOT NULL,
  reason text,
  version integer NOT NULL,
  offer_id text,
  quantity integer,
  unit_price_minor bigint,
  amount_minor bigint,
  currency text NOT NULL,
  fx_rate numeric(18,8),
  policy_revision integer,
  relationship_revision integer,
  buyer_ref text,
  requester_trader_id text,
  buyer_masked text,
  expires_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  decided_by text,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT hold_pkey PRIMARY KEY (hold_id),
  CONSTRAINT hold_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES offer(offer_id),
  CONSTRAINT hold_requester_request_id_key UNIQUE (requester, request_id),
  CONSTRAINT hold_requester_trade_id_key UNIQUE (requester, trade_id),
  CONSTRAINT hold_state_check CHECK ((state = ANY (ARRAY['HELD'::text, 'PENDING_APPROVAL'::text, 'CAPTURED'::text, 'REJECTED'::text, 'CANCELLED'::text, 'EXPIRED'::text, 'REVERSED'::text])))
);

CREATE TABLE hold_transition (
  hold_id uuid NOT NULL,
  version integer NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  reason text,
  actor text NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT clock(),
  inputs jsonb,
  CONSTRAINT hold_transition_pkey PRIMARY KEY (hold_id, version),
  CONSTRAINT hold_transition_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES hold(hold_id)
);

CREATE TABLE idempotency_key (
  route text NOT NULL,
  account text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  subject_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT idempotency_key_pkey PRIMARY KEY (route, account, key)
);

CREATE TABLE imported_offer (
  offer_id text NOT NULL DEFAULT (nextval('imported_offer_number'::regclass))::text,
  exporter uuid NOT NULL,
  origin_offer_id text NOT NULL,
  title text NOT NULL,
  category_id text NOT NULL,
  category_name text NOT NULL,
  entity_id text NOT NULL,
  entity_name text NOT NULL,
  origin_unit_price_minor bigint NOT NULL,
  origin_currency text NOT NULL,
  fx_rate numeric(18,8) NOT NULL,
  commission_rate numeric(18,8) NOT NULL,
  unit_price_minor bigint NOT NULL,
  currency text NOT NULL,
  available integer NOT NULL,
  eligible boolean NOT NULL,
  lifecycle_status text NOT NULL,
  relationship_revision integer NOT NULL,
  synced_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT imported_offer_pkey PRIMARY KEY (offer_id),
  CONSTRAINT imported_offer_exporter_origin_offer_id_key UNIQUE (exporter, origin_offer_id),
  CONSTRAINT imported_offer_lifecycle_status_check CHECK ((lifecycle_status = ANY (ARRAY['ENABLED'::text, 'DISABLED'::text])))
);

CREATE TABLE ledger_transaction (
  transaction_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  key text NOT NULL,
  kind text NOT NULL,
  trade_id uuid,
  counterpart uuid,
  note text,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT ledger_transaction_pkey PRIMARY KEY (transaction_id),
  CONSTRAINT ledger_transaction_key_key UNIQUE (key)
);

CREATE TABLE offer (
  offer_id text NOT NULL DEFAULT (nextval('offer_number'::regclass))::text,
  title text NOT NULL,
  category_id text NOT NULL,
  entity_id text NOT NULL,
  unit_price_minor bigint NOT NULL,
  currency text NOT NULL,
  stock integer NOT NULL,
  used integer NOT NULL DEFAULT 0,
  status text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT offer_pkey PRIMARY KEY (offer_id),
  CONSTRAINT offer_category_id_fkey FOREIGN KEY (category_id) REFERENCES category(category_id),
  CONSTRAINT offer_check CHECK (((used >= 0) AND (used <= stock))),
  CONSTRAINT offer_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES entity(entity_id),
  CONSTRAINT offer_status_check CHECK ((status = ANY (ARRAY['ENABLED'::text, 'DISABLED'::text]))),
  CONSTRAINT offer_unit_price_minor_check CHECK ((unit_price_minor > 0))
);

CREATE TABLE offer_sync (
  exporter uuid NOT NULL,
  synced_at timestamp with time zone NOT NULL,
  CONSTRAINT offer_sync_pkey PRIMARY KEY (exporter)
);

CREATE TABLE outbox (
  event_id uuid NOT NULL,
  type text NOT NULL,
  occurred_at timestamp with time zone NOT NULL DEFAULT clock(),
  correlation_id text NOT NULL,
  data jsonb NOT NULL,
  sent_at timestamp with time zone,
  result text,
  CONSTRAINT outbox_pkey PRIMARY KEY (event_id),
  CONSTRAINT outbox_result_check CHECK ((result = ANY (ARRAY['ACCEPTED'::text, 'DUPLICATE'::text, 'QUARANTINED'::text, 'UNSENDABLE'::text])))
);

CREATE TABLE pair (
  partner uuid NOT NULL,
  exposure_minor bigint NOT NULL DEFAULT 0,
  signal_disabled boolean NOT NULL DEFAULT false,
  CONSTRAINT pair_pkey PRIMARY KEY (partner)
);

CREATE TABLE partner (
  wl_id uuid NOT NULL,
  name text NOT NULL,
  peer_url text,
  currency text,
  event_keys jsonb,
  CONSTRAINT partner_pkey PRIMARY KEY (wl_id)
);

CREATE TABLE posting (
  transaction_id bigint NOT NULL,
  account text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  origin_minor bigint,
  origin_currency text,
  CONSTRAINT posting_pkey PRIMARY KEY (transaction_id, account, currency),
  CONSTRAINT posting_amount_minor_check CHECK ((amount_minor <> 0)),
  CONSTRAINT posting_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES ledger_transaction(transaction_id)
);

CREATE TABLE relationship (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  revision integer NOT NULL,
  status text NOT NULL,
  fx_rate numeric(18,8) NOT NULL,
  limit_minor bigint NOT NULL,
  limit_mode text NOT NULL,
  commission_rate numeric(18,8) NOT NULL,
  approval_mode text NOT NULL,
  approval_above_minor bigint NOT NULL,
  velocity_max_minor bigint,
  velocity_window_seconds integer,
  export_policy jsonb,
  applied_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT relationship_pkey PRIMARY KEY (src, dst),
  CONSTRAINT relationship_approval_mode_check CHECK ((approval_mode = ANY (ARRAY['AUTO'::text, 'MANUAL'::text, 'ABOVE'::text]))),
  CONSTRAINT relationship_fx_rate_check CHECK ((fx_rate > (0)::numeric)),
  CONSTRAINT relationship_limit_mode_check CHECK ((limit_mode = ANY (ARRAY['HARD'::text, 'SOFT'::text]))),
  CONSTRAINT relationship_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'PAUSED'::text, 'BLOCKED'::text])))
);

CREATE TABLE settlement (
  settlement_id uuid NOT NULL,
  number bigint NOT NULL,
  partner uuid NOT NULL,
  role text NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  fx_rate numeric(18,8) NOT NULL,
  own_minor bigint NOT NULL,
  own_currency text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT settlement_pkey PRIMARY KEY (settlement_id),
  CONSTRAINT settlement_amount_minor_check CHECK ((amount_minor > 0)),
  CONSTRAINT settlement_check CHECK (((role = 'PAYER'::text) OR ((own_minor = amount_minor) AND (own_currency = currency)))),
  CONSTRAINT settlement_number_check CHECK ((number > 0)),
  CONSTRAINT settlement_number_key UNIQUE (number),
  CONSTRAINT settlement_own_minor_check CHECK ((own_minor > 0)),
  CONSTRAINT settlement_role_check CHECK ((role = ANY (ARRAY['PAYEE'::text, 'PAYER'::text])))
);

CREATE TABLE signal (
  id uuid NOT NULL,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  sequence bigint NOT NULL,
  action text NOT NULL,
  reason text NOT NULL,
  exposure_minor bigint NOT NULL,
  limit_minor bigint NOT NULL,
  status text NOT NULL,
  offers_changed integer NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL,
  applied_at timestamp with time zone NOT NULL,
  CONSTRAINT signal_pkey PRIMARY KEY (id),
  CONSTRAINT signal_action_check CHECK ((action = ANY (ARRAY['DISABLE'::text, 'ENABLE'::text]))),
  CONSTRAINT signal_check CHECK (((status = 'APPLIED'::text) OR (offers_changed = 0))),
  CONSTRAINT signal_status_check CHECK ((status = ANY (ARRAY['APPLIED'::text, 'STALE'::text])))
);

CREATE TABLE signal_pair (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  sequence bigint NOT NULL DEFAULT 0,
  disabled boolean NOT NULL DEFAULT false,
  signal_id uuid,
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT signal_pair_pkey PRIMARY KEY (src, dst)
);

CREATE TABLE signal_work (
  id uuid NOT NULL,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  sequence bigint NOT NULL,
  action text NOT NULL,
  reason text NOT NULL,
  exposure_minor bigint NOT NULL,
  limit_minor bigint NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL DEFAULT clock(),
  after_offer text NOT NULL DEFAULT ''::text,
  offers_changed integer NOT NULL DEFAULT 0,
  done_at timestamp with time zone,
  acked_at timestamp with time zone,
  CONSTRAINT signal_work_pkey PRIMARY KEY (id),
  CONSTRAINT signal_work_action_check CHECK ((action = ANY (ARRAY['DISABLE'::text, 'ENABLE'::text]))),
  CONSTRAINT signal_work_check CHECK (((acked_at IS NULL) OR (done_at IS NOT NULL)))
);

CREATE TABLE stock_journal (
  entry_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  offer_id text NOT NULL,
  kind text NOT NULL,
  reference text NOT NULL,
  used_delta integer NOT NULL,
  stock_delta integer NOT NULL,
  used integer NOT NULL,
  stock integer NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT stock_journal_pkey PRIMARY KEY (entry_id),
  CONSTRAINT stock_journal_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES offer(offer_id)
);

CREATE TABLE trade (
  trade_id uuid NOT NULL,
  account_id text NOT NULL,
  exporter uuid NOT NULL,
  offer_id text NOT NULL,
  origin_offer_id text NOT NULL,
  offer_title text NOT NULL,
  offer_category text NOT NULL,
  seller_name text NOT NULL,
  quantity integer NOT NULL,
  origin_unit_price_minor bigint NOT NULL,
  origin_currency text NOT NULL,
  fx_rate numeric(18,8) NOT NULL,
  unit_price_minor bigint NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  commission_minor bigint NOT NULL,
  policy_revision integer NOT NULL,
  relationship_revision integer NOT NULL,
  state text NOT NULL,
  reason text,
  version integer NOT NULL,
  parked_from text,
  parked_reason text,
  hold_id uuid,
  given_hold_id uuid,
  answered_price_minor bigint,
  approval_deadline timestamp with time zone,
  exporter_answer jsonb,
  override jsonb,
  buyer_masked text NOT NULL,
  correlation_id text NOT NULL,
  rerun_of uuid,
  cancel_due boolean NOT NULL DEFAULT false,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT trade_pkey PRIMARY KEY (trade_id),
  CONSTRAINT trade_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id),
  CONSTRAINT trade_parked_from_check CHECK ((parked_from = ANY (ARRAY['FUNDED'::text, 'AWAITING_APPROVAL'::text, 'UNCERTAIN'::text]))),
  CONSTRAINT trade_quantity_check CHECK (((quantity > 0) OR (state = 'REJECTED'::text))),
  CONSTRAINT trade_state_check CHECK ((state = ANY (ARRAY['REQUESTED'::text, 'FUNDED'::text, 'AWAITING_APPROVAL'::text, 'UNCERTAIN'::text, 'NEEDS_ATTENTION'::text, 'CONFIRMED'::text, 'REJECTED'::text, 'COMPENSATED'::text, 'REVERSING'::text, 'REVERSED'::text])))
);

CREATE TABLE trade_transition (
  trade_id uuid NOT NULL,
  version integer NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  step text NOT NULL,
  reason text,
  actor text NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT clock(),
  inputs jsonb,
  CONSTRAINT trade_transition_pkey PRIMARY KEY (trade_id, version),
  CONSTRAINT trade_transition_trade_id_fkey FOREIGN KEY (trade_id) REFERENCES trade(trade_id)
);

CREATE TABLE trader_account (
  trader_id text NOT NULL,
  name_sealed text NOT NULL,
  email_sealed text,
  phone_sealed text,
  CONSTRAINT trader_account_pkey PRIMARY KEY (trader_id)
);

CREATE TABLE wl_policy (
  wl_id uuid NOT NULL,
  revision integer NOT NULL,
  import_enabled boolean NOT NULL,
  export_enabled boolean NOT NULL,
  export_delay_seconds integer NOT NULL,
  visibility_enabled boolean NOT NULL,
  visibility_wls text[] NOT NULL,
  feature_import boolean NOT NULL,
  feature_export boolean NOT NULL,
  feature_purchase boolean NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT wl_policy_pkey PRIMARY KEY (wl_id)
);

CREATE INDEX audit_subject ON public.audit USING btree (subject, seq);

CREATE INDEX exposure_journal_window ON public.exposure_journal USING btree (partner, at) WHERE (kind = 'HOLD'::text);

CREATE INDEX hold_decided ON public.hold USING btree (requester, created_at, hold_id);

CREATE INDEX hold_open_buyer ON public.hold USING btree (requester, buyer_ref) WHERE (state = ANY (ARRAY['HELD'::text, 'PENDING_APPROVAL'::text]));

CREATE INDEX hold_open_expiry ON public.hold USING btree (expires_at) WHERE (state = ANY (ARRAY['HELD'::text, 'PENDING_APPROVAL'::text]));

CREATE INDEX hold_open_offer ON public.hold USING btree (offer_id) WHERE (state = ANY (ARRAY['HELD'::text, 'PENDING_APPROVAL'::text]));

CREATE INDEX hold_pending ON public.hold USING btree (created_at) WHERE (state = 'PENDING_APPROVAL'::text);

CREATE INDEX idempotency_key_age ON public.idempotency_key USING btree (created_at) WHERE (subject_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text);

CREATE INDEX idempotency_key_subject ON public.idempotency_key USING btree (subject_id);

CREATE INDEX imported_offer_page ON public.imported_offer USING btree (eligible DESC, title, offer_id);

CREATE INDEX ledger_transaction_trade ON public.ledger_transaction USING btree (trade_id);

CREATE INDEX outbox_sent ON public.outbox USING btree (sent_at) WHERE (sent_at IS NOT NULL);

CREATE INDEX outbox_unsent ON public.outbox USING btree (occurred_at) WHERE (sent_at IS NULL);

CREATE INDEX posting_account ON public.posting USING btree (account, currency);

CREATE UNIQUE INDEX signal_applied_once ON public.signal USING btree (src, dst, sequence) WHERE (status = 'APPLIED'::text);

CREATE INDEX signal_work_open ON public.signal_work USING btree (src, dst) WHERE (done_at IS NULL);

CREATE INDEX signal_work_unacked ON public.signal_work USING btree (received_at) WHERE (acked_at IS NULL);

CREATE INDEX stock_journal_offer ON public.stock_journal USING btree (offer_id);

CREATE INDEX trade_cool_down ON public.trade USING btree (account_id, offer_id, created_at);

CREATE INDEX trade_decided ON public.trade USING btree (exporter, created_at, trade_id);

CREATE INDEX trade_open ON public.trade USING btree (created_at) WHERE ((state <> ALL (ARRAY['CONFIRMED'::text, 'REJECTED'::text, 'COMPENSATED'::text, 'REVERSED'::text])) OR cancel_due);

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER audit_head_seen_append_only BEFORE DELETE OR UPDATE ON audit_head_seen FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER exposure_journal_append_only BEFORE DELETE OR UPDATE ON exposure_journal FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER hold_transition_append_only BEFORE DELETE OR UPDATE ON hold_transition FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER ledger_append_only BEFORE DELETE OR UPDATE ON ledger_transaction FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER posting_append_only BEFORE DELETE OR UPDATE ON posting FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE CONSTRAINT TRIGGER posting_sums_to_zero AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transaction_sum();

CREATE TRIGGER settlement_append_only BEFORE DELETE OR UPDATE ON settlement FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER signal_append_only BEFORE DELETE OR UPDATE ON signal FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_journal_append_only BEFORE DELETE OR UPDATE ON stock_journal FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER trade_transition_append_only BEFORE DELETE OR UPDATE ON trade_transition FOR EACH ROW EXECUTE FUNCTION refuse_change();
