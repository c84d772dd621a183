-- What each decision was made by, with the move that it led to: the same function can decide again.
-- It stands with the transition, which is written once and never copied by a later step.
ALTER TABLE hold_transition ADD COLUMN inputs jsonb;
ALTER TABLE trade_transition ADD COLUMN inputs jsonb;
-- Decisions of a pair, in the order in which they were made.
CREATE INDEX hold_decided ON hold (requester, created_at, hold_id);
CREATE INDEX trade_decided ON trade (exporter, created_at, trade_id);
