-- Part of a word anywhere in the text is found by its trigrams. The extension is a trusted one: it
-- needs no more than CREATE on the database. In a schema of its own, beside our functions.
CREATE SCHEMA IF NOT EXISTS extension;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA extension;
CREATE INDEX trade_search ON trade USING gin (search extension.gin_trgm_ops);
