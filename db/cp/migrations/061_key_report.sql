-- What a key has touched is asked when it has leaked, and then there is no time to scan.
CREATE INDEX issued_token_kid ON issued_token (kid);
CREATE INDEX issued_token_thumbprint ON issued_token (thumbprint);
