-- Made from the migrations by `npm run check -- --write`; changes belong there.

CREATE OR REPLACE FUNCTION public.clock()
 RETURNS timestamp with time zone
 LANGUAGE sql
AS $function$ SELECT clock_timestamp() + (SELECT offset_ms FROM clock_offset) * interval '1 millisecond' $function$;

CREATE OR REPLACE FUNCTION public.count_trade_day()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.day_of_trade(started_at timestamp with time zone, status text, reason text, confirmed_at timestamp with time zone, sold_amount text, sold_currency text)
 RETURNS TABLE(day timestamp with time zone, refusal text, month text, currency text, amount numeric)
 LANGUAGE sql
 STABLE
AS $function$
  SELECT date_trunc('day', started_at, 'UTC'),
         CASE WHEN status = 'REJECTED' THEN coalesce(reason, '') ELSE '' END,
         CASE WHEN sold THEN to_char(confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM') ELSE '' END,
         CASE WHEN sold THEN sold_currency ELSE '' END,
         CASE WHEN sold THEN sold_amount::numeric ELSE 0 END
    FROM (SELECT status = 'CONFIRMED' AND confirmed_at IS NOT NULL AND sold_amount IS NOT NULL
                 AND sold_currency IS NOT NULL AS sold) AS known
$function$;

CREATE OR REPLACE FUNCTION public.drop_event_days(oldest date)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
DECLARE
  name text;
  dropped integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7265010);
  FOR name IN
    SELECT child.relname FROM pg_inherits
      JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent = 'event'::regclass AND child.relname ~ '^event_\d{8}$'
       AND to_date(right(child.relname, 8), 'YYYYMMDD') < oldest
     ORDER BY child.relname
  LOOP
    EXECUTE format('DROP TABLE %I', name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $function$;

CREATE OR REPLACE FUNCTION public.ensure_event_day(day date)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
DECLARE
  name text := 'event_' || to_char(day, 'YYYYMMDD');
BEGIN
  PERFORM pg_advisory_xact_lock(7265010);
  IF to_regclass(name) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS)', name);
  EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
    day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
  RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $function$;

CREATE TABLE alert_delivery (
  notification_id uuid NOT NULL,
  target_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'PENDING'::text,
  attempts integer NOT NULL DEFAULT 0,
  last_failure text,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  last_attempt_at timestamp with time zone,
  closed_at timestamp with time zone,
  CONSTRAINT alert_delivery_pkey PRIMARY KEY (notification_id, target_id),
  CONSTRAINT alert_delivery_check CHECK (((state = 'PENDING'::text) = (closed_at IS NULL))),
  CONSTRAINT alert_delivery_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES notification(id),
  CONSTRAINT alert_delivery_state_check CHECK ((state = ANY (ARRAY['PENDING'::text, 'SENT'::text, 'FAILED'::text, 'CANCELLED'::text]))),
  CONSTRAINT alert_delivery_target_id_fkey FOREIGN KEY (target_id) REFERENCES alert_target(id)
);

CREATE TABLE alert_target (
  id uuid NOT NULL DEFAULT uuidv7(),
  kind text NOT NULL,
  url text,
  secret_sealed text,
  address_sealed text,
  kinds text[] NOT NULL,
  min_severity text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  removed_at timestamp with time zone,
  CONSTRAINT alert_target_pkey PRIMARY KEY (id),
  CONSTRAINT alert_target_check CHECK (((removed_at IS NOT NULL) OR
CASE kind
    WHEN 'WEBHOOK'::text THEN ((url IS NOT NULL) AND (secret_sealed IS NOT NULL) AND (address_sealed IS NULL))
    ELSE ((address_sealed IS NOT NULL) AND (url IS NULL) AND (secret_sealed IS NULL))
END)),
  CONSTRAINT alert_target_kind_check CHECK ((kind = ANY (ARRAY['WEBHOOK'::text, 'EMAIL'::text]))),
  CONSTRAINT alert_target_min_severity_check CHECK ((min_severity = ANY (ARRAY['INFO'::text, 'WARNING'::text, 'CRITICAL'::text])))
);

CREATE TABLE applied_report (
  wl_id uuid NOT NULL,
  seq bigint NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT applied_report_pkey PRIMARY KEY (wl_id, seq),
  CONSTRAINT applied_report_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE
);

CREATE TABLE approval_decision (
  importer uuid NOT NULL,
  exporter uuid NOT NULL,
  trade_id text NOT NULL,
  decision text NOT NULL,
  reason text,
  decided_by text NOT NULL,
  decided_at timestamp with time zone NOT NULL DEFAULT clock(),
  correlation_id text NOT NULL,
  state text NOT NULL DEFAULT 'RELAYING'::text,
  outcome_status text,
  outcome_reason text,
  settled_at timestamp with time zone,
  CONSTRAINT approval_decision_pkey PRIMARY KEY (importer, exporter, trade_id),
  CONSTRAINT approval_decision_check CHECK (((decision = 'REJECT'::text) = (reason IS NOT NULL))),
  CONSTRAINT approval_decision_check1 CHECK (((state = 'RELAYING'::text) = (settled_at IS NULL))),
  CONSTRAINT approval_decision_check2 CHECK (((state = 'RELAYING'::text) = (outcome_status IS NULL))),
  CONSTRAINT approval_decision_decision_check CHECK ((decision = ANY (ARRAY['APPROVE'::text, 'REJECT'::text]))),
  CONSTRAINT approval_decision_importer_exporter_trade_id_fkey FOREIGN KEY (importer, exporter, trade_id) REFERENCES trade(importer, exporter, trade_id),
  CONSTRAINT approval_decision_state_check CHECK ((state = ANY (ARRAY['RELAYING'::text, 'SETTLED'::text, 'REFUSED'::text])))
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

CREATE TABLE certificate (
  serial text NOT NULL,
  wl_id uuid,
  origin text NOT NULL,
  state text NOT NULL DEFAULT 'VALID'::text,
  thumbprint text,
  key_fingerprint text,
  hosts text[],
  pem text,
  not_before timestamp with time zone,
  not_after timestamp with time zone,
  recorded_by text NOT NULL,
  recorded_at timestamp with time zone NOT NULL DEFAULT clock(),
  revoked_at timestamp with time zone,
  revoked_by text,
  revoked_reason text,
  CONSTRAINT certificate_pkey PRIMARY KEY (serial),
  CONSTRAINT certificate_check CHECK (((state = 'REVOKED'::text) = (revoked_at IS NOT NULL))),
  CONSTRAINT certificate_check1 CHECK (((origin = 'NAMED'::text) OR ((thumbprint IS NOT NULL) AND (not_after IS NOT NULL)))),
  CONSTRAINT certificate_check2 CHECK (((origin <> 'ISSUED'::text) OR ((pem IS NOT NULL) AND (key_fingerprint IS NOT NULL)))),
  CONSTRAINT certificate_origin_check CHECK ((origin = ANY (ARRAY['ISSUED'::text, 'SHOWN'::text, 'NAMED'::text]))),
  CONSTRAINT certificate_serial_check CHECK ((serial ~ '^[1-9A-F][0-9A-F]{0,39}$'::text)),
  CONSTRAINT certificate_state_check CHECK ((state = ANY (ARRAY['VALID'::text, 'REVOKED'::text]))),
  CONSTRAINT certificate_thumbprint_key UNIQUE (thumbprint)
);

CREATE TABLE clock_offset (
  id boolean NOT NULL DEFAULT true,
  offset_ms bigint NOT NULL DEFAULT 0,
  CONSTRAINT clock_offset_pkey PRIMARY KEY (id),
  CONSTRAINT clock_offset_id_check CHECK (id)
);

CREATE TABLE compensation_plan (
  id uuid NOT NULL DEFAULT uuidv7(),
  src uuid NOT NULL,
  dst uuid NOT NULL,
  n integer NOT NULL,
  signal_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'OPEN'::text,
  currency text,
  exposure_minor bigint NOT NULL,
  limit_minor bigint NOT NULL,
  enable_percent integer NOT NULL,
  target_minor bigint NOT NULL,
  needed_minor bigint NOT NULL,
  exports_minor bigint NOT NULL,
  imports_minor bigint NOT NULL,
  reserved_minor bigint NOT NULL,
  settlements_received_minor bigint NOT NULL,
  settlements_paid_minor bigint NOT NULL,
  journal_id bigint NOT NULL,
  correlation_id text NOT NULL,
  opened_at timestamp with time zone NOT NULL DEFAULT clock(),
  closed_at timestamp with time zone,
  closed_by text,
  close_reason text,
  report jsonb,
  CONSTRAINT compensation_plan_pkey PRIMARY KEY (id),
  CONSTRAINT compensation_plan_check CHECK (((state = 'OPEN'::text) = (closed_at IS NULL))),
  CONSTRAINT compensation_plan_check1 CHECK (((state = 'OPEN'::text) = (report IS NULL))),
  CONSTRAINT compensation_plan_n_check CHECK ((n > 0)),
  CONSTRAINT compensation_plan_needed_minor_check CHECK ((needed_minor > 0)),
  CONSTRAINT compensation_plan_signal_id_fkey FOREIGN KEY (signal_id) REFERENCES signal(id),
  CONSTRAINT compensation_plan_src_dst_fkey FOREIGN KEY (src, dst) REFERENCES pair(src, dst),
  CONSTRAINT compensation_plan_src_dst_n_key UNIQUE (src, dst, n),
  CONSTRAINT compensation_plan_state_check CHECK ((state = ANY (ARRAY['OPEN'::text, 'CLOSED'::text, 'CANCELLED'::text])))
);

CREATE TABLE compensation_step (
  plan_id uuid NOT NULL,
  step integer NOT NULL,
  percent integer NOT NULL,
  amount_minor bigint NOT NULL,
  due_at timestamp with time zone NOT NULL,
  outcome text,
  compensated_minor bigint,
  judged_at timestamp with time zone,
  CONSTRAINT compensation_step_pkey PRIMARY KEY (plan_id, step),
  CONSTRAINT compensation_step_check CHECK (((outcome IS NULL) = (judged_at IS NULL))),
  CONSTRAINT compensation_step_outcome_check CHECK ((outcome = ANY (ARRAY['MET'::text, 'MISSED'::text, 'VOID'::text]))),
  CONSTRAINT compensation_step_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES compensation_plan(id)
);

CREATE TABLE desk_action (
  id uuid NOT NULL DEFAULT uuidv7(),
  importer uuid NOT NULL,
  exporter uuid NOT NULL,
  trade_id text NOT NULL,
  verb text NOT NULL,
  person text NOT NULL,
  reason text NOT NULL,
  correlation_id text NOT NULL,
  asked_at timestamp with time zone NOT NULL DEFAULT clock(),
  answered_at timestamp with time zone,
  status integer,
  outcome text,
  CONSTRAINT desk_action_pkey PRIMARY KEY (id),
  CONSTRAINT desk_action_importer_exporter_trade_id_fkey FOREIGN KEY (importer, exporter, trade_id) REFERENCES trade(importer, exporter, trade_id),
  CONSTRAINT desk_action_verb_check CHECK ((verb = ANY (ARRAY['retry'::text, 'abandon'::text, 'resolve'::text, 'resolve/confirm'::text, 'reverse'::text, 'rerun'::text])))
);

CREATE TABLE event (
  event_id uuid NOT NULL,
  wl_id uuid NOT NULL,
  type text NOT NULL,
  schema_version integer NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL,
  correlation_id text NOT NULL,
  data jsonb NOT NULL,
  kid text NOT NULL,
  signature text NOT NULL,
  CONSTRAINT event_pkey PRIMARY KEY (received_at, wl_id, event_id)
) PARTITION BY RANGE (received_at);

CREATE TABLE event_seen (
  wl_id uuid NOT NULL,
  event_id uuid NOT NULL,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT event_seen_pkey PRIMARY KEY (wl_id, event_id)
);

CREATE TABLE gateway (
  wl_id uuid NOT NULL,
  failures_in_row integer NOT NULL DEFAULT 0,
  closed_until timestamp with time zone,
  dead_since timestamp with time zone,
  episodes integer NOT NULL DEFAULT 0,
  last_failure text,
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT gateway_pkey PRIMARY KEY (wl_id)
);

CREATE TABLE issued_token (
  jti uuid NOT NULL,
  kind text NOT NULL,
  sub text NOT NULL,
  aud text NOT NULL,
  scope text NOT NULL,
  kid text NOT NULL,
  thumbprint text,
  issued_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  recorded_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT issued_token_pkey PRIMARY KEY (jti),
  CONSTRAINT issued_token_kind_check CHECK ((kind = ANY (ARRAY['OPERATOR'::text, 'WL'::text, 'PEER'::text, 'SUPPORT'::text])))
);

CREATE TABLE notification (
  id uuid NOT NULL DEFAULT uuidv7(),
  kind text NOT NULL,
  severity text NOT NULL,
  dedupe_key text NOT NULL,
  title text NOT NULL,
  subject text NOT NULL,
  details jsonb NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  read_at timestamp with time zone,
  read_by text,
  closed_at timestamp with time zone,
  CONSTRAINT notification_pkey PRIMARY KEY (id),
  CONSTRAINT notification_dedupe_key_key UNIQUE (dedupe_key),
  CONSTRAINT notification_kind_check CHECK ((kind = ANY (ARRAY['IMBALANCE'::text, 'STALE_POLICY'::text, 'DEAD_GATEWAY'::text, 'GATEWAY_RECOVERED'::text, 'NEEDS_ATTENTION'::text, 'MISMATCH'::text, 'PLAN'::text, 'APPROVAL'::text, 'TELEMETRY'::text, 'KEYS'::text]))),
  CONSTRAINT notification_severity_check CHECK ((severity = ANY (ARRAY['INFO'::text, 'WARNING'::text, 'CRITICAL'::text])))
);

CREATE TABLE operator (
  id uuid NOT NULL,
  email_sealed text NOT NULL,
  email_index text NOT NULL,
  name_sealed text,
  password_hash text NOT NULL,
  roles text[] NOT NULL,
  status text NOT NULL,
  tokens_valid_from timestamp with time zone NOT NULL DEFAULT clock(),
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT operator_pkey PRIMARY KEY (id),
  CONSTRAINT operator_email_index_key UNIQUE (email_index),
  CONSTRAINT operator_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'DISABLED'::text])))
);

CREATE TABLE pair (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  exports_minor bigint NOT NULL DEFAULT 0,
  imports_minor bigint NOT NULL DEFAULT 0,
  reserved_minor bigint NOT NULL DEFAULT 0,
  settlements_received_minor bigint NOT NULL DEFAULT 0,
  settlements_paid_minor bigint NOT NULL DEFAULT 0,
  signal_sequence bigint NOT NULL DEFAULT 0,
  disabled boolean NOT NULL DEFAULT false,
  disabled_origin text,
  alerted boolean NOT NULL DEFAULT false,
  alerts bigint NOT NULL DEFAULT 0,
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT pair_pkey PRIMARY KEY (src, dst),
  CONSTRAINT pair_check CHECK ((disabled = (disabled_origin IS NOT NULL))),
  CONSTRAINT pair_disabled_origin_check CHECK ((disabled_origin = ANY (ARRAY['AUTOMATIC'::text, 'OPERATOR'::text]))),
  CONSTRAINT pair_reserved_minor_check CHECK ((reserved_minor >= 0))
);

CREATE TABLE pair_day (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  day timestamp with time zone NOT NULL,
  exports_delta bigint NOT NULL,
  imports_delta bigint NOT NULL,
  reserved_delta bigint NOT NULL,
  settlements_received_delta bigint NOT NULL,
  settlements_paid_delta bigint NOT NULL,
  recorded_day timestamp with time zone NOT NULL,
  CONSTRAINT pair_day_pkey PRIMARY KEY (src, dst, day, recorded_day),
  CONSTRAINT pair_day_src_dst_fkey FOREIGN KEY (src, dst) REFERENCES pair(src, dst)
);

CREATE TABLE pair_journal (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  kind text NOT NULL,
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
  occurred_at timestamp with time zone NOT NULL,
  recorded_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT pair_journal_pkey PRIMARY KEY (id),
  CONSTRAINT pair_journal_kind_check CHECK ((kind = ANY (ARRAY['EXPORT'::text, 'IMPORT'::text, 'SETTLEMENT_RECEIVED'::text, 'SETTLEMENT_PAID'::text]))),
  CONSTRAINT pair_journal_src_dst_fkey FOREIGN KEY (src, dst) REFERENCES pair(src, dst)
);

CREATE TABLE relationship (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  revision integer NOT NULL,
  status text NOT NULL,
  fx_rate numeric(18,8) NOT NULL,
  limit_minor bigint NOT NULL,
  limit_mode text NOT NULL,
  alert_percent integer NOT NULL,
  disable_percent integer NOT NULL,
  enable_percent integer NOT NULL,
  commission_rate numeric(18,8) NOT NULL,
  approval_mode text NOT NULL,
  approval_above_minor bigint NOT NULL,
  velocity_max_minor bigint,
  velocity_window_seconds integer,
  four_eyes boolean NOT NULL,
  export_policy jsonb,
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  change_seq bigint NOT NULL,
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT relationship_pkey PRIMARY KEY (src, dst),
  CONSTRAINT relationship_approval_above_minor_check CHECK ((approval_above_minor >= 0)),
  CONSTRAINT relationship_approval_mode_check CHECK ((approval_mode = ANY (ARRAY['AUTO'::text, 'MANUAL'::text, 'ABOVE'::text]))),
  CONSTRAINT relationship_check CHECK ((src <> dst)),
  CONSTRAINT relationship_check1 CHECK (((velocity_max_minor IS NULL) = (velocity_window_seconds IS NULL))),
  CONSTRAINT relationship_commission_rate_check CHECK ((commission_rate >= (0)::numeric)),
  CONSTRAINT relationship_dst_fkey FOREIGN KEY (dst) REFERENCES wl(id),
  CONSTRAINT relationship_fx_rate_check CHECK ((fx_rate > (0)::numeric)),
  CONSTRAINT relationship_limit_minor_check CHECK ((limit_minor >= 0)),
  CONSTRAINT relationship_limit_mode_check CHECK ((limit_mode = ANY (ARRAY['HARD'::text, 'SOFT'::text]))),
  CONSTRAINT relationship_revision_check CHECK ((revision > 0)),
  CONSTRAINT relationship_src_fkey FOREIGN KEY (src) REFERENCES wl(id),
  CONSTRAINT relationship_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'PAUSED'::text, 'BLOCKED'::text])))
);

CREATE TABLE relationship_change (
  id uuid NOT NULL,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  base_revision integer NOT NULL,
  patch jsonb NOT NULL,
  needs_risk boolean NOT NULL,
  state text NOT NULL DEFAULT 'PENDING'::text,
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamp with time zone NOT NULL DEFAULT clock(),
  decided_by text,
  decided_at timestamp with time zone,
  CONSTRAINT relationship_change_pkey PRIMARY KEY (id),
  CONSTRAINT relationship_change_check CHECK ((decided_by <> proposed_by)),
  CONSTRAINT relationship_change_src_dst_fkey FOREIGN KEY (src, dst) REFERENCES relationship(src, dst),
  CONSTRAINT relationship_change_state_check CHECK ((state = ANY (ARRAY['PENDING'::text, 'CONFIRMED'::text, 'STALE'::text])))
);

CREATE TABLE relationship_revision (
  src uuid NOT NULL,
  dst uuid NOT NULL,
  revision integer NOT NULL,
  document jsonb NOT NULL,
  audit_seq bigint NOT NULL,
  actor text NOT NULL,
  source text NOT NULL,
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT relationship_revision_pkey PRIMARY KEY (src, dst, revision),
  CONSTRAINT relationship_revision_audit_seq_key UNIQUE (audit_seq),
  CONSTRAINT relationship_revision_src_dst_fkey FOREIGN KEY (src, dst) REFERENCES relationship(src, dst)
);

CREATE TABLE request_key (
  route text NOT NULL,
  actor text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  subject text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT request_key_pkey PRIMARY KEY (route, actor, key)
);

CREATE TABLE revision_applied (
  revision text NOT NULL,
  wl_id uuid NOT NULL,
  kind text NOT NULL,
  seq bigint NOT NULL,
  correlation_id text NOT NULL,
  committed_at timestamp with time zone NOT NULL DEFAULT clock(),
  applied_at timestamp with time zone,
  drift_ms bigint,
  stale_at timestamp with time zone,
  CONSTRAINT revision_applied_pkey PRIMARY KEY (revision, wl_id),
  CONSTRAINT revision_applied_check CHECK (((applied_at IS NULL) = (drift_ms IS NULL))),
  CONSTRAINT revision_applied_kind_check CHECK ((kind = ANY (ARRAY['POLICY'::text, 'RELATIONSHIP'::text, 'WL'::text, 'CRL'::text, 'WEBHOOK_KEYS'::text]))),
  CONSTRAINT revision_applied_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE
);

CREATE TABLE revision_counter (
  subject text NOT NULL,
  last integer NOT NULL,
  CONSTRAINT revision_counter_pkey PRIMARY KEY (subject)
);

CREATE TABLE revocation_list (
  id boolean NOT NULL DEFAULT true,
  number bigint NOT NULL DEFAULT 0,
  pem text,
  change_seq bigint NOT NULL DEFAULT 0,
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT revocation_list_pkey PRIMARY KEY (id),
  CONSTRAINT revocation_list_check CHECK (((number = 0) = (pem IS NULL))),
  CONSTRAINT revocation_list_id_check CHECK (id)
);

CREATE TABLE settlement (
  id uuid NOT NULL,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  fx_rate numeric(18,8) NOT NULL,
  payer_amount_minor bigint NOT NULL,
  payer_currency text NOT NULL,
  note text NOT NULL,
  plan_id uuid,
  state text NOT NULL DEFAULT 'PENDING'::text,
  maker text NOT NULL,
  made_at timestamp with time zone NOT NULL DEFAULT clock(),
  decided_by text,
  decided_at timestamp with time zone,
  request_key text NOT NULL,
  fingerprint text NOT NULL,
  correlation_id text NOT NULL,
  CONSTRAINT settlement_pkey PRIMARY KEY (id),
  CONSTRAINT settlement_amount_minor_check CHECK ((amount_minor > 0)),
  CONSTRAINT settlement_check CHECK (((state = 'PENDING'::text) = (decided_at IS NULL))),
  CONSTRAINT settlement_check1 CHECK (((decided_by IS NULL) = (decided_at IS NULL))),
  CONSTRAINT settlement_check2 CHECK (((state <> 'CONFIRMED'::text) OR (decided_by <> maker))),
  CONSTRAINT settlement_fx_rate_check CHECK ((fx_rate > (0)::numeric)),
  CONSTRAINT settlement_maker_request_key_key UNIQUE (maker, request_key),
  CONSTRAINT settlement_payer_amount_minor_check CHECK ((payer_amount_minor > 0)),
  CONSTRAINT settlement_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES compensation_plan(id),
  CONSTRAINT settlement_src_dst_fkey FOREIGN KEY (src, dst) REFERENCES relationship(src, dst),
  CONSTRAINT settlement_state_check CHECK ((state = ANY (ARRAY['PENDING'::text, 'CONFIRMED'::text, 'WITHDRAWN'::text])))
);

CREATE TABLE settlement_counter (
  wl_id uuid NOT NULL,
  last bigint NOT NULL,
  CONSTRAINT settlement_counter_pkey PRIMARY KEY (wl_id)
);

CREATE TABLE settlement_delivery (
  settlement_id uuid NOT NULL,
  wl_id uuid NOT NULL,
  role text NOT NULL,
  number bigint NOT NULL,
  due_at timestamp with time zone NOT NULL DEFAULT clock(),
  applied_at timestamp with time zone,
  CONSTRAINT settlement_delivery_pkey PRIMARY KEY (settlement_id, wl_id),
  CONSTRAINT settlement_delivery_number_check CHECK ((number > 0)),
  CONSTRAINT settlement_delivery_role_check CHECK ((role = ANY (ARRAY['PAYER'::text, 'PAYEE'::text]))),
  CONSTRAINT settlement_delivery_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlement(id),
  CONSTRAINT settlement_delivery_wl_id_number_key UNIQUE (wl_id, number)
);

CREATE TABLE signal (
  id uuid NOT NULL,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  sequence bigint NOT NULL,
  action text NOT NULL,
  origin text NOT NULL,
  reason text NOT NULL,
  exposure_minor bigint NOT NULL,
  limit_minor bigint NOT NULL,
  currency text,
  created_by text NOT NULL,
  correlation_id text NOT NULL,
  caused_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT signal_pkey PRIMARY KEY (id),
  CONSTRAINT signal_action_check CHECK ((action = ANY (ARRAY['DISABLE'::text, 'ENABLE'::text]))),
  CONSTRAINT signal_origin_check CHECK ((origin = ANY (ARRAY['AUTOMATIC'::text, 'OPERATOR'::text]))),
  CONSTRAINT signal_src_dst_fkey FOREIGN KEY (src, dst) REFERENCES pair(src, dst),
  CONSTRAINT signal_src_dst_sequence_key UNIQUE (src, dst, sequence)
);

CREATE TABLE signal_attempt (
  signal_id uuid NOT NULL,
  wl_id uuid NOT NULL,
  attempt integer NOT NULL,
  started_at timestamp with time zone NOT NULL,
  latency_ms integer NOT NULL,
  status integer,
  failure text,
  body_masked text,
  CONSTRAINT signal_attempt_pkey PRIMARY KEY (signal_id, wl_id, attempt),
  CONSTRAINT signal_attempt_signal_id_wl_id_fkey FOREIGN KEY (signal_id, wl_id) REFERENCES signal_delivery(signal_id, wl_id)
);

CREATE TABLE signal_delivery (
  signal_id uuid NOT NULL,
  wl_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'PENDING'::text,
  round integer NOT NULL DEFAULT 1,
  attempts integer NOT NULL DEFAULT 0,
  first_sent_at timestamp with time zone,
  last_sent_at timestamp with time zone,
  acked_at timestamp with time zone,
  ack_kind text,
  applied_at timestamp with time zone,
  offers_changed integer,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT signal_delivery_pkey PRIMARY KEY (signal_id, wl_id),
  CONSTRAINT signal_delivery_ack_kind_check CHECK ((ack_kind = ANY (ARRAY['BODY'::text, 'EXPLICIT'::text, 'STALE'::text, 'OPERATOR'::text]))),
  CONSTRAINT signal_delivery_check CHECK (((state = 'ACKED'::text) = (acked_at IS NOT NULL))),
  CONSTRAINT signal_delivery_signal_id_fkey FOREIGN KEY (signal_id) REFERENCES signal(id),
  CONSTRAINT signal_delivery_state_check CHECK ((state = ANY (ARRAY['PENDING'::text, 'SENT'::text, 'ACKED'::text, 'SUPERSEDED'::text, 'CANCELLED'::text])))
);

CREATE TABLE signal_test (
  id uuid NOT NULL,
  wl_id uuid NOT NULL,
  asked_by text NOT NULL,
  asked_at timestamp with time zone NOT NULL DEFAULT clock(),
  answered_at timestamp with time zone,
  latency_ms integer,
  status integer,
  failure text,
  body_masked text,
  CONSTRAINT signal_test_pkey PRIMARY KEY (id),
  CONSTRAINT signal_test_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id)
);

CREATE TABLE signed_head (
  seq bigint NOT NULL,
  hash text NOT NULL,
  kid text NOT NULL,
  signature text NOT NULL,
  signed_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT signed_head_pkey PRIMARY KEY (seq)
);

CREATE TABLE signing_key (
  kid text NOT NULL,
  wl_id uuid,
  state text NOT NULL,
  public_jwk jsonb NOT NULL,
  private_sealed text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  activated_at timestamp with time zone,
  retire_at timestamp with time zone,
  revoked_at timestamp with time zone,
  CONSTRAINT signing_key_pkey PRIMARY KEY (kid),
  CONSTRAINT signing_key_check CHECK ((((state = 'RETIRING'::text) = (retire_at IS NOT NULL)) OR (state = 'REVOKED'::text))),
  CONSTRAINT signing_key_state_check CHECK ((state = ANY (ARRAY['NEXT'::text, 'CURRENT'::text, 'RETIRING'::text, 'REVOKED'::text]))),
  CONSTRAINT signing_key_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE
);

CREATE TABLE snapshot (
  wl_id uuid NOT NULL,
  kind text NOT NULL,
  items integer NOT NULL,
  active_offers integer NOT NULL,
  synced_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT snapshot_pkey PRIMARY KEY (wl_id, kind),
  CONSTRAINT snapshot_kind_check CHECK ((kind = ANY (ARRAY['CATEGORIES'::text, 'ENTITIES'::text]))),
  CONSTRAINT snapshot_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE
);

CREATE TABLE snapshot_item (
  wl_id uuid NOT NULL,
  kind text NOT NULL,
  item_id text NOT NULL,
  name text NOT NULL,
  active_offers integer NOT NULL,
  CONSTRAINT snapshot_item_pkey PRIMARY KEY (wl_id, kind, item_id),
  CONSTRAINT snapshot_item_wl_id_kind_fkey FOREIGN KEY (wl_id, kind) REFERENCES snapshot(wl_id, kind) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE TABLE telemetry_quarantine (
  id uuid NOT NULL DEFAULT uuidv7(),
  wl_id uuid NOT NULL,
  digest text NOT NULL,
  reason text NOT NULL,
  detail text NOT NULL,
  event_id text,
  type text,
  document_masked jsonb NOT NULL,
  times integer NOT NULL DEFAULT 1,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  last_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT telemetry_quarantine_pkey PRIMARY KEY (id),
  CONSTRAINT telemetry_quarantine_wl_id_reason_digest_key UNIQUE (wl_id, reason, digest)
);

CREATE TABLE trade (
  importer uuid NOT NULL,
  exporter uuid NOT NULL,
  trade_id text NOT NULL,
  importer_version integer,
  importer_status text,
  importer_document jsonb,
  importer_event_id uuid,
  importer_occurred_at timestamp with time zone,
  exporter_version integer,
  exporter_status text,
  exporter_document jsonb,
  exporter_event_id uuid,
  exporter_occurred_at timestamp with time zone,
  status text NOT NULL,
  reason text,
  parked boolean NOT NULL DEFAULT false,
  decided_on_stale boolean NOT NULL DEFAULT false,
  search text NOT NULL,
  counted_exports_minor bigint NOT NULL DEFAULT 0,
  counted_imports_minor bigint NOT NULL DEFAULT 0,
  counted_reserved_minor bigint NOT NULL DEFAULT 0,
  disagreement text[] NOT NULL DEFAULT '{}'::text[],
  disagrees_since timestamp with time zone,
  attempted_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  latency_ms integer,
  started_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  exporter_latency_ms integer,
  needed_approval boolean NOT NULL DEFAULT false,
  offer_id text GENERATED ALWAYS AS (((importer_document -> 'offer'::text) ->> 'id'::text)) STORED,
  offer_title text GENERATED ALWAYS AS (((importer_document -> 'offer'::text) ->> 'title'::text)) STORED,
  sold_amount text GENERATED ALWAYS AS ((exporter_document ->> 'amount'::text)) STORED,
  sold_currency text GENERATED ALWAYS AS ((exporter_document ->> 'currency'::text)) STORED,
  CONSTRAINT trade_pkey PRIMARY KEY (importer, exporter, trade_id),
  CONSTRAINT trade_check CHECK ((num_nonnulls(importer_version, importer_status, importer_document, importer_event_id, importer_occurred_at) = ANY (ARRAY[0, 5]))),
  CONSTRAINT trade_check1 CHECK ((num_nonnulls(exporter_version, exporter_status, exporter_document, exporter_event_id, exporter_occurred_at) = ANY (ARRAY[0, 5]))),
  CONSTRAINT trade_check2 CHECK (((importer_version IS NOT NULL) OR (exporter_version IS NOT NULL))),
  CONSTRAINT trade_check3 CHECK (((disagrees_since IS NULL) = (disagreement = '{}'::text[]))),
  CONSTRAINT trade_exporter_status_check CHECK ((exporter_status = ANY (ARRAY['HELD'::text, 'PENDING'::text, 'CONFIRMED'::text, 'REJECTED'::text, 'CANCELLED'::text, 'REVERSED'::text]))),
  CONSTRAINT trade_importer_status_check CHECK ((importer_status = ANY (ARRAY['PENDING'::text, 'CONFIRMED'::text, 'REJECTED'::text, 'REVERSED'::text]))),
  CONSTRAINT trade_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'PROVISIONAL'::text, 'CONFIRMED'::text, 'REJECTED'::text, 'REVERSED'::text])))
);

CREATE TABLE trade_day (
  day timestamp with time zone NOT NULL,
  exporter uuid NOT NULL,
  importer uuid NOT NULL,
  status text NOT NULL,
  refusal text NOT NULL,
  month text NOT NULL,
  currency text NOT NULL,
  trades bigint NOT NULL,
  amount numeric NOT NULL,
  CONSTRAINT trade_day_pkey PRIMARY KEY (day, exporter, importer, status, refusal, month, currency)
);

CREATE TABLE trade_mismatch (
  id uuid NOT NULL DEFAULT uuidv7(),
  importer uuid NOT NULL,
  exporter uuid NOT NULL,
  trade_id text NOT NULL,
  disagreement text[] NOT NULL,
  importer_document jsonb,
  exporter_document jsonb,
  since timestamp with time zone NOT NULL,
  raised_at timestamp with time zone NOT NULL DEFAULT clock(),
  resolved_at timestamp with time zone,
  CONSTRAINT trade_mismatch_pkey PRIMARY KEY (id),
  CONSTRAINT trade_mismatch_importer_exporter_trade_id_fkey FOREIGN KEY (importer, exporter, trade_id) REFERENCES trade(importer, exporter, trade_id)
);

CREATE TABLE trader_account (
  wl_id uuid NOT NULL,
  name text NOT NULL,
  status text NOT NULL,
  contact_email_sealed text,
  contact_phone_sealed text,
  confirmed_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT trader_account_pkey PRIMARY KEY (wl_id),
  CONSTRAINT trader_account_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'PAUSED'::text, 'BLOCKED'::text]))),
  CONSTRAINT trader_account_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE
);

CREATE TABLE trader_confirmation (
  wl_id uuid NOT NULL,
  trader_id text NOT NULL,
  confirmed_at timestamp with time zone NOT NULL,
  CONSTRAINT trader_confirmation_pkey PRIMARY KEY (wl_id),
  CONSTRAINT trader_confirmation_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE TABLE webhook_key (
  kid text NOT NULL,
  public_jwk jsonb NOT NULL,
  private_sealed text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  retired_at timestamp with time zone,
  activated_at timestamp with time zone,
  change_seq bigint NOT NULL DEFAULT 0,
  CONSTRAINT webhook_key_pkey PRIMARY KEY (kid),
  CONSTRAINT webhook_key_check CHECK (((retired_at IS NULL) OR (activated_at IS NOT NULL)))
);

CREATE TABLE wl (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  contact_email_sealed text,
  gateway_url text,
  currency text,
  status text NOT NULL,
  peer_url text,
  event_keys jsonb,
  policy_secret_sealed text,
  signal_secret_sealed text,
  change_seq bigint NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT wl_pkey PRIMARY KEY (id),
  CONSTRAINT wl_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT wl_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'PAUSED'::text, 'BLOCKED'::text])))
);

CREATE TABLE wl_event_key (
  wl_id uuid NOT NULL,
  kid text NOT NULL,
  public_jwk jsonb NOT NULL,
  registered_at timestamp with time zone NOT NULL DEFAULT clock(),
  replaced_at timestamp with time zone,
  CONSTRAINT wl_event_key_pkey PRIMARY KEY (wl_id, kid),
  CONSTRAINT wl_event_key_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE TABLE wl_policy (
  wl_id uuid NOT NULL,
  revision integer NOT NULL,
  import_enabled boolean NOT NULL,
  export_enabled boolean NOT NULL,
  export_delay_seconds integer NOT NULL,
  visibility_enabled boolean NOT NULL,
  visibility_wls uuid[] NOT NULL,
  label text NOT NULL,
  feature_import boolean NOT NULL,
  feature_export boolean NOT NULL,
  feature_purchase boolean NOT NULL,
  rollout_stage text NOT NULL,
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  change_seq bigint NOT NULL,
  updated_at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT wl_policy_pkey PRIMARY KEY (wl_id),
  CONSTRAINT wl_policy_export_delay_seconds_check CHECK ((export_delay_seconds >= 0)),
  CONSTRAINT wl_policy_revision_check CHECK ((revision > 0)),
  CONSTRAINT wl_policy_rollout_stage_check CHECK ((rollout_stage = ANY (ARRAY['PILOT'::text, 'GENERAL'::text]))),
  CONSTRAINT wl_policy_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE
);

CREATE TABLE wl_policy_revision (
  wl_id uuid NOT NULL,
  revision integer NOT NULL,
  document jsonb NOT NULL,
  audit_seq bigint NOT NULL,
  actor text NOT NULL,
  source text NOT NULL,
  updated_by text NOT NULL,
  updated_source text NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT clock(),
  CONSTRAINT wl_policy_revision_pkey PRIMARY KEY (wl_id, revision),
  CONSTRAINT wl_policy_revision_audit_seq_key UNIQUE (audit_seq),
  CONSTRAINT wl_policy_revision_wl_id_fkey FOREIGN KEY (wl_id) REFERENCES wl(id) ON UPDATE CASCADE
);

CREATE TABLE work_order (
  workflow_id text NOT NULL,
  workflow text NOT NULL,
  input jsonb NOT NULL,
  summary text NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock(),
  started_at timestamp with time zone,
  done_at timestamp with time zone,
  CONSTRAINT work_order_pkey PRIMARY KEY (workflow_id)
);

CREATE INDEX alert_delivery_target ON public.alert_delivery USING btree (target_id, state);

CREATE INDEX audit_subject ON public.audit USING btree (subject, seq);

CREATE INDEX certificate_key ON public.certificate USING btree (key_fingerprint);

CREATE INDEX certificate_revoked ON public.certificate USING btree (revoked_at) WHERE (state = 'REVOKED'::text);

CREATE INDEX certificate_wl ON public.certificate USING btree (wl_id, recorded_at);

CREATE UNIQUE INDEX compensation_plan_open ON public.compensation_plan USING btree (src, dst) WHERE (state = 'OPEN'::text);

CREATE UNIQUE INDEX desk_action_open ON public.desk_action USING btree (importer, exporter, trade_id) WHERE (answered_at IS NULL);

CREATE INDEX desk_action_trade ON public.desk_action USING btree (importer, exporter, trade_id, asked_at);

CREATE INDEX event_kid ON ONLY public.event USING btree (kid);

CREATE INDEX event_seen_age ON public.event_seen USING btree (received_at);

CREATE INDEX event_trade ON ONLY public.event USING btree (((data ->> 'tradeId'::text)));

CREATE INDEX issued_token_age ON public.issued_token USING btree (expires_at);

CREATE INDEX issued_token_kid ON public.issued_token USING btree (kid);

CREATE INDEX issued_token_sub ON public.issued_token USING btree (sub, issued_at);

CREATE INDEX issued_token_thumbprint ON public.issued_token USING btree (thumbprint);

CREATE INDEX notification_open_subject ON public.notification USING btree (subject) WHERE (closed_at IS NULL);

CREATE INDEX notification_page ON public.notification USING btree (created_at DESC, id DESC);

CREATE INDEX notification_unread ON public.notification USING btree (created_at) WHERE ((read_at IS NULL) AND (closed_at IS NULL));

CREATE INDEX pair_journal_occurred ON public.pair_journal USING btree (src, dst, occurred_at);

CREATE INDEX pair_journal_page ON public.pair_journal USING btree (src, dst, id);

CREATE INDEX pair_journal_recorded ON public.pair_journal USING btree (src, dst, recorded_at, id);

CREATE INDEX pair_journal_reference ON public.pair_journal USING btree (reference);

CREATE UNIQUE INDEX pair_journal_settlement ON public.pair_journal USING btree (src, dst, kind, reference) WHERE (kind = ANY (ARRAY['SETTLEMENT_RECEIVED'::text, 'SETTLEMENT_PAID'::text]));

CREATE INDEX pair_journal_time ON public.pair_journal USING btree (occurred_at);

CREATE INDEX relationship_change_pending ON public.relationship_change USING btree (proposed_at) WHERE (state = 'PENDING'::text);

CREATE INDEX relationship_dst ON public.relationship USING btree (dst);

CREATE INDEX revision_unapplied ON public.revision_applied USING btree (wl_id, seq) WHERE (applied_at IS NULL);

CREATE INDEX settlement_delivery_open ON public.settlement_delivery USING btree (wl_id, number) WHERE (applied_at IS NULL);

CREATE INDEX settlement_pair ON public.settlement USING btree (src, dst, state);

CREATE INDEX settlement_plan ON public.settlement USING btree (plan_id) WHERE (plan_id IS NOT NULL);

CREATE INDEX signal_delivery_open ON public.signal_delivery USING btree (created_at) WHERE (state = ANY (ARRAY['PENDING'::text, 'SENT'::text]));

CREATE INDEX signal_delivery_open_wl ON public.signal_delivery USING btree (wl_id) WHERE (state = ANY (ARRAY['PENDING'::text, 'SENT'::text]));

CREATE INDEX signal_delivery_wl ON public.signal_delivery USING btree (wl_id, created_at);

CREATE INDEX signal_page ON public.signal USING btree (created_at DESC, id DESC);

CREATE INDEX signal_test_wl ON public.signal_test USING btree (wl_id, asked_at);

CREATE UNIQUE INDEX signing_key_one_current ON public.signing_key USING btree (COALESCE((wl_id)::text, 'control-plane'::text)) WHERE (state = 'CURRENT'::text);

CREATE UNIQUE INDEX signing_key_one_next ON public.signing_key USING btree (COALESCE((wl_id)::text, 'control-plane'::text)) WHERE (state = 'NEXT'::text);

CREATE INDEX telemetry_quarantine_age ON public.telemetry_quarantine USING btree (last_at);

CREATE INDEX telemetry_quarantine_wl ON public.telemetry_quarantine USING btree (wl_id, id);

CREATE INDEX trade_disagrees ON public.trade USING btree (disagrees_since) WHERE (disagrees_since IS NOT NULL);

CREATE INDEX trade_exporter ON public.trade USING btree (exporter, started_at DESC);

CREATE INDEX trade_figures ON public.trade USING btree (started_at) INCLUDE (importer, exporter, status, reason, importer_version, importer_status, confirmed_at, latency_ms, exporter_latency_ms, needed_approval, offer_id, offer_title, sold_amount, sold_currency);

CREATE INDEX trade_id ON public.trade USING btree (trade_id);

CREATE INDEX trade_importer ON public.trade USING btree (importer, started_at DESC);

CREATE INDEX trade_latencies ON public.trade USING btree (started_at) INCLUDE (latency_ms, exporter_latency_ms, importer, exporter) WHERE (NOT needed_approval);

CREATE UNIQUE INDEX trade_mismatch_open ON public.trade_mismatch USING btree (importer, exporter, trade_id) WHERE (resolved_at IS NULL);

CREATE INDEX trade_mismatch_raised ON public.trade_mismatch USING btree (raised_at) WHERE (resolved_at IS NULL);

CREATE INDEX trade_page ON public.trade USING btree (started_at DESC, importer, exporter, trade_id);

CREATE INDEX trade_parked ON public.trade USING btree (importer_occurred_at) WHERE parked;

CREATE INDEX trade_provisional ON public.trade USING btree (exporter, importer) WHERE (status = 'PROVISIONAL'::text);

CREATE INDEX trade_reason ON public.trade USING btree (reason, started_at DESC) WHERE (reason IS NOT NULL);

CREATE INDEX trade_search ON public.trade USING gin (search extension.gin_trgm_ops);

CREATE INDEX trade_status ON public.trade USING btree (status, started_at DESC);

CREATE INDEX trade_waiting ON public.trade USING btree (exporter_occurred_at, importer, exporter, trade_id) WHERE (exporter_status = 'PENDING'::text);

CREATE UNIQUE INDEX webhook_key_one_current ON public.webhook_key USING btree ((true)) WHERE ((activated_at IS NOT NULL) AND (retired_at IS NULL));

CREATE UNIQUE INDEX webhook_key_one_next ON public.webhook_key USING btree ((true)) WHERE (activated_at IS NULL);

CREATE INDEX work_order_age ON public.work_order USING btree (done_at) WHERE (done_at IS NOT NULL);

CREATE INDEX work_order_open ON public.work_order USING btree (created_at, workflow_id) WHERE (done_at IS NULL);

CREATE INDEX work_order_unstarted ON public.work_order USING btree (created_at) WHERE (started_at IS NULL);

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER event_append_only BEFORE DELETE OR UPDATE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER issued_token_append_only BEFORE UPDATE ON issued_token FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER pair_journal_append_only BEFORE DELETE OR UPDATE ON pair_journal FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER signal_attempt_append_only BEFORE UPDATE ON signal_attempt FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER signed_head_append_only BEFORE DELETE OR UPDATE ON signed_head FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER trade_day_delete AFTER DELETE ON trade REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION count_trade_day();

CREATE TRIGGER trade_day_insert AFTER INSERT ON trade REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION count_trade_day();

CREATE TRIGGER trade_day_update AFTER UPDATE ON trade REFERENCING OLD TABLE AS went NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION count_trade_day();
