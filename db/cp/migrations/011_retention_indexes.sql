-- What is forgotten by age is found by age.
CREATE INDEX issued_token_age ON issued_token (expires_at);
CREATE INDEX work_order_age ON work_order (done_at) WHERE done_at IS NOT NULL;
