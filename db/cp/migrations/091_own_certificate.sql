-- Certificates of the Control Plane's own stand beside those of WLs: they are issued, listed and
-- revoked like theirs, and are in the same list. No WL's id is one of them.
ALTER TABLE certificate ALTER COLUMN wl_id DROP NOT NULL;
