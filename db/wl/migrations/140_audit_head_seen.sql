-- Every head of the Control Plane's audit chain that was pulled and found to be signed by it. They
-- outlive a reset: they are what shows that the chain was cut or written anew (docs/audit.md).
CREATE TABLE audit_head_seen (
  seq bigint PRIMARY KEY,
  hash text NOT NULL,
  signature text NOT NULL,
  kid text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT clock()
);
CREATE TRIGGER audit_head_seen_append_only BEFORE UPDATE OR DELETE ON audit_head_seen
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
