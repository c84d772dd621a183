-- What the Control Plane said of an event when it was delivered. Rows that wait are found by the
-- index on occurred_at; delivered ones are forgotten by age.
ALTER TABLE outbox ADD COLUMN result text
  CHECK (result IN ('ACCEPTED', 'DUPLICATE', 'QUARANTINED', 'UNSENDABLE'));
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
