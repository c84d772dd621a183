-- Over the disable threshold a pair has a plan: what has to be compensated, in which steps and by
-- when, from the opening until it is enabled again (DESIGN.md 6).
CREATE TABLE compensation_plan (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  src uuid NOT NULL,
  dst uuid NOT NULL,
  -- The pair's nth plan; it names the workflow.
  n integer NOT NULL CHECK (n > 0),
  -- The DISABLE that opened it.
  signal_id uuid NOT NULL REFERENCES signal,
  state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'CLOSED', 'CANCELLED')),
  -- Amounts are minor units of src's currency.
  currency text,
  exposure_minor bigint NOT NULL,
  limit_minor bigint NOT NULL,
  enable_percent integer NOT NULL,
  target_minor bigint NOT NULL,
  needed_minor bigint NOT NULL CHECK (needed_minor > 0),
  -- The pair's figures and the last row of its journal at the opening: the closing report counts
  -- from here.
  exports_minor bigint NOT NULL,
  imports_minor bigint NOT NULL,
  reserved_minor bigint NOT NULL,
  settlements_received_minor bigint NOT NULL,
  settlements_paid_minor bigint NOT NULL,
  journal_id bigint NOT NULL,
  correlation_id text NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT clock(),
  closed_at timestamptz,
  closed_by text,
  close_reason text,
  report jsonb,
  UNIQUE (src, dst, n),
  FOREIGN KEY (src, dst) REFERENCES pair,
  CHECK ((state = 'OPEN') = (closed_at IS NULL)),
  CHECK ((state = 'OPEN') = (report IS NULL))
);
CREATE UNIQUE INDEX compensation_plan_open ON compensation_plan (src, dst) WHERE state = 'OPEN';

CREATE TABLE compensation_step (
  plan_id uuid NOT NULL REFERENCES compensation_plan,
  step integer NOT NULL,
  percent integer NOT NULL,
  -- By how much the exposure has to have sunk since the opening.
  amount_minor bigint NOT NULL,
  due_at timestamptz NOT NULL,
  -- MET and MISSED are judged at the deadline; VOID where the plan ended before it.
  outcome text CHECK (outcome IN ('MET', 'MISSED', 'VOID')),
  compensated_minor bigint,
  judged_at timestamptz,
  PRIMARY KEY (plan_id, step),
  CHECK ((outcome IS NULL) = (judged_at IS NULL))
);

-- What was paid outside of the trades: recorded by one risk officer, confirmed by another
-- (RULES.md 3). src sold on credit and is paid, dst bought and pays.
CREATE TABLE settlement (
  -- Version 7: pages are read in the order of ids.
  id uuid PRIMARY KEY,
  src uuid NOT NULL,
  dst uuid NOT NULL,
  -- In src's currency, and at the rate of the recording in dst's.
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  currency text NOT NULL,
  fx_rate numeric(18, 8) NOT NULL CHECK (fx_rate > 0),
  payer_amount_minor bigint NOT NULL CHECK (payer_amount_minor > 0),
  payer_currency text NOT NULL,
  note text NOT NULL,
  plan_id uuid REFERENCES compensation_plan,
  state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'CONFIRMED', 'WITHDRAWN')),
  maker text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT clock(),
  -- Who confirmed or withdrew it; whoever recorded it can't confirm it.
  decided_by text,
  decided_at timestamptz,
  -- The same key of the same person is the same request (RULES.md 7).
  request_key text NOT NULL,
  fingerprint text NOT NULL,
  correlation_id text NOT NULL,
  UNIQUE (maker, request_key),
  FOREIGN KEY (src, dst) REFERENCES relationship,
  CHECK ((state = 'PENDING') = (decided_at IS NULL)),
  CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CHECK (state <> 'CONFIRMED' OR decided_by <> maker)
);
CREATE INDEX settlement_pair ON settlement (src, dst, state);
CREATE INDEX settlement_plan ON settlement (plan_id) WHERE plan_id IS NOT NULL;

-- A confirmed settlement on its way to one side. The row and its number are made in the transaction
-- that makes it due there: for the payer the confirmation, for the payee the payer's report. So the
-- order of a WL's numbers is the order of commits, and "since a number" skips none.
CREATE TABLE settlement_delivery (
  settlement_id uuid NOT NULL REFERENCES settlement,
  wl_id uuid NOT NULL,
  role text NOT NULL CHECK (role IN ('PAYER', 'PAYEE')),
  number bigint NOT NULL CHECK (number > 0),
  due_at timestamptz NOT NULL DEFAULT clock(),
  applied_at timestamptz,
  PRIMARY KEY (settlement_id, wl_id),
  UNIQUE (wl_id, number)
);
CREATE INDEX settlement_delivery_open ON settlement_delivery (wl_id, number)
  WHERE applied_at IS NULL;

-- Survives a reset of the registry: WLs remember the last number that they have applied.
CREATE TABLE settlement_counter (
  wl_id uuid PRIMARY KEY,
  last bigint NOT NULL
);
