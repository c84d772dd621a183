-- Accounts opened by the back office are numbered; the numbers of the local data lie below.
CREATE SEQUENCE account_number START 100001;
