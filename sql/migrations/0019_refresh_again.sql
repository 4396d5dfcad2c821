-- A refresh whose answer was lost can be repeated.
-- depends: 0018_codes_and_addresses

ALTER TABLE refresh_tokens
    ADD COLUMN used_by bytea,
    ADD COLUMN salt bytea;
COMMENT ON COLUMN refresh_tokens.used_by IS 'HMAC of the network that used it: only that may have the same answer again.';
COMMENT ON COLUMN refresh_tokens.salt IS
    'With it, the server key and the token itself its successor can be made again; stored is only the successor''s hash.';
