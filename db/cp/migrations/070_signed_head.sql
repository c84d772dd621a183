-- Heads of the audit chain as they were signed for the WLs that pulled them. A chain that is changed
-- behind one of them no longer leads to it; without the key nobody makes another (docs/audit.md).
CREATE TABLE signed_head (
  seq bigint PRIMARY KEY,
  hash text NOT NULL,
  kid text NOT NULL,
  signature text NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT clock()
);
CREATE TRIGGER signed_head_append_only BEFORE UPDATE OR DELETE ON signed_head
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
