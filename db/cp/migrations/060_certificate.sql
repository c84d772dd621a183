-- Every certificate of a WL that the Control Plane has issued, has been shown, or was told of when it
-- was revoked. No reference to wl: the certificate names the id that the WL had, and a revocation
-- outlives the registry.
CREATE TABLE certificate (
  serial text PRIMARY KEY CHECK (serial ~ '^[1-9A-F][0-9A-F]{0,39}$'),
  wl_id uuid NOT NULL,
  origin text NOT NULL CHECK (origin IN ('ISSUED', 'SHOWN', 'NAMED')),
  state text NOT NULL DEFAULT 'VALID' CHECK (state IN ('VALID', 'REVOKED')),
  thumbprint text UNIQUE,
  -- SHA-256 of the SPKI: a request for the same key is the same request.
  key_fingerprint text,
  hosts text[],
  pem text,
  not_before timestamptz,
  not_after timestamptz,
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock(),
  revoked_at timestamptz,
  revoked_by text,
  revoked_reason text,
  CHECK ((state = 'REVOKED') = (revoked_at IS NOT NULL)),
  CHECK (origin = 'NAMED' OR (thumbprint IS NOT NULL AND not_after IS NOT NULL)),
  CHECK (origin <> 'ISSUED' OR (pem IS NOT NULL AND key_fingerprint IS NOT NULL))
);
CREATE INDEX certificate_wl ON certificate (wl_id, recorded_at);
CREATE INDEX certificate_key ON certificate (key_fingerprint);
CREATE INDEX certificate_revoked ON certificate (revoked_at) WHERE state = 'REVOKED';

-- The list in force, signed by the authority. Its row is the lock under which certificates are
-- revoked, so that every list holds all that were revoked before it.
CREATE TABLE revocation_list (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  number bigint NOT NULL DEFAULT 0,
  pem text,
  -- The audit row of the change, as in the other parts of the pulled document.
  change_seq bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT clock(),
  CHECK ((number = 0) = (pem IS NULL))
);
INSERT INTO revocation_list DEFAULT VALUES;
