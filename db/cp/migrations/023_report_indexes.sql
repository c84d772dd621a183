-- Reports sum one side's word on what is not counted yet.
CREATE INDEX trade_provisional ON trade (exporter, importer) WHERE status = 'PROVISIONAL';
CREATE INDEX trade_status ON trade (status, started_at DESC);
