-- A new key signs only once the Control Plane knows it: before, what it signed would be set aside.
ALTER TABLE event_key ADD COLUMN registered_at timestamptz;
-- Published for a while after another key has taken over, for what was signed until then.
ALTER TABLE event_key ADD COLUMN retired_at timestamptz;
UPDATE event_key SET registered_at = clock();
