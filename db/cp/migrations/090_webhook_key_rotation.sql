-- A key is known to the WLs before it signs: next, then current, then verifying until retired_at.
ALTER TABLE webhook_key ADD COLUMN activated_at timestamptz;
UPDATE webhook_key SET activated_at = created_at;
DROP INDEX webhook_key_one_current;
CREATE UNIQUE INDEX webhook_key_one_current ON webhook_key ((true))
  WHERE activated_at IS NOT NULL AND retired_at IS NULL;
CREATE UNIQUE INDEX webhook_key_one_next ON webhook_key ((true)) WHERE activated_at IS NULL;
ALTER TABLE webhook_key ADD CHECK (retired_at IS NULL OR activated_at IS NOT NULL);
-- The audit row of the change, as in the other parts of the pulled document.
ALTER TABLE webhook_key ADD COLUMN change_seq bigint NOT NULL DEFAULT 0;

ALTER TABLE revision_applied DROP CONSTRAINT revision_applied_kind_check;
ALTER TABLE revision_applied ADD CONSTRAINT revision_applied_kind_check
  CHECK (kind IN ('POLICY', 'RELATIONSHIP', 'WL', 'CRL', 'WEBHOOK_KEYS'));
