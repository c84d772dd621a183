-- Keys of trades are forgotten by their age; those of credits name an account and stay.
CREATE INDEX idempotency_key_age ON idempotency_key (created_at)
  WHERE subject_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
