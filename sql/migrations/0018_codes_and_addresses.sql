-- Codes by where they go and who has them sent; addresses count once they are confirmed; changes that can be undone.
-- depends: 0014_quotes_of_the_deleted

-- An address that nobody has confirmed keeps nobody else from it.
DROP INDEX users_email;
CREATE UNIQUE INDEX users_email ON users (lower(email)) WHERE email_verified_at IS NOT NULL;
CREATE INDEX users_email_any ON users (lower(email));

ALTER TABLE users ADD COLUMN registered_from bytea;
COMMENT ON COLUMN users.registered_from IS
    'Until an address is confirmed: HMAC of the network that registered. It may register anew in this one''s place.';

ALTER TABLE codes DROP CONSTRAINT codes_purpose_check;
ALTER TABLE codes ADD CONSTRAINT codes_purpose_check CHECK (purpose IN ('email', 'phone', 'login', 'reset', 'change'));
COMMENT ON COLUMN codes.challenge_hash IS
    'Login and change: SHA-256 of the secret that binds the code to the step before, which was the password or a code.';
COMMENT ON COLUMN codes.purpose IS
    'change: of an unconfirmed address. Without target the password was shown, with a target and no hash that address.';

CREATE TABLE code_sends (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target bytea,
    sender bytea,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE code_sends IS 'Codes that left within the last hour: what limits the next one.';
COMMENT ON COLUMN code_sends.target IS
    'HMAC of the address that the code went to; NULL once it was entered: whoever reads mail there wanted it.';
COMMENT ON COLUMN code_sends.sender IS 'HMAC of the account or network that had it sent; NULL: not limited.';
CREATE INDEX code_sends_target ON code_sends (target, sent_at);
CREATE INDEX code_sends_sender ON code_sends (sender, sent_at);
CREATE INDEX code_sends_sent ON code_sends (sent_at);

CREATE TABLE address_changes (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('email', 'phone')),
    former text,
    password_digest bytea NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE address_changes IS 'Changes of confirmed addresses that can be undone: for a week.';
COMMENT ON COLUMN address_changes.token_hash IS 'SHA-256 of the secret that was sent to the former address.';
COMMENT ON COLUMN address_changes.former IS 'What the address was; NULL: there was none.';
COMMENT ON COLUMN address_changes.password_digest IS
    'SHA-256 of the stored password hash of then: tells whether the password was set since.';
CREATE INDEX address_changes_user ON address_changes (user_id, changed_at);
CREATE INDEX address_changes_changed ON address_changes (changed_at);

-- Whether an account was ever signed in to, which decides whether it may be removed; and for its foreign key.
CREATE INDEX sessions_user_ever ON sessions (user_id);
