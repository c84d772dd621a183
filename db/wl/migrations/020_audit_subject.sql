-- The history of one trade or account is read by its id, also while money waits for it.
CREATE INDEX audit_subject ON audit (subject, seq);
