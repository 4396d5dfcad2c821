-- Phones, second factors, lockout, sign-in with an identity provider.
-- depends: 0003_outbound

ALTER TABLE users
    ADD COLUMN totp_secret bytea,
    ADD COLUMN totp_enabled_at timestamptz,
    ADD COLUMN totp_last_step bigint,
    ADD COLUMN disabled_at timestamptz;
COMMENT ON COLUMN users.password_hash IS 'bcrypt; empty when the person only signs in through an identity provider.';
COMMENT ON COLUMN users.totp_secret IS 'Encrypted under the server key; waits for its first code until totp_enabled_at is set.';
COMMENT ON COLUMN users.totp_last_step IS 'The 30 s step of the last accepted code: no code is accepted twice.';
COMMENT ON COLUMN users.disabled_at IS 'Set by the operator: nobody signs in.';

-- A number that nobody has confirmed keeps nobody else from it.
DROP INDEX users_phone_number;
CREATE UNIQUE INDEX users_phone_number ON users (phone_number) WHERE phone_verified_at IS NOT NULL;
CREATE INDEX users_phone_unverified ON users (phone_number) WHERE phone_verified_at IS NULL;

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    hash bytea NOT NULL,
    PRIMARY KEY (user_id, hash)
);
COMMENT ON TABLE recovery_codes IS 'Unused ones only: redeemed by deleting the row. Hashes are HMACs under the server key.';

ALTER TABLE codes
    ALTER COLUMN hash DROP NOT NULL,
    ADD COLUMN channel text NOT NULL DEFAULT 'email' CHECK (channel IN ('email', 'sms')),
    ADD COLUMN target text;
COMMENT ON COLUMN codes.hash IS 'NULL: a challenge that is answered by a second factor, not by a code that was sent.';
COMMENT ON COLUMN codes.target IS 'Where the code went. For email and phone: the address it proves, which may be a new one.';

CREATE TABLE sign_in_tries (
    key bytea PRIMARY KEY,
    tries integer NOT NULL DEFAULT 1,
    since timestamptz NOT NULL DEFAULT now(),
    locks integer NOT NULL DEFAULT 0,
    locked_until timestamptz
);
COMMENT ON TABLE sign_in_tries IS 'Tries to sign in that have not succeeded. Keys are HMACs: of the account, or of a login that has none.';
CREATE INDEX sign_in_tries_since ON sign_in_tries (since);

CREATE TABLE identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
COMMENT ON TABLE identities IS 'Who a person is at an OpenID provider.';
CREATE INDEX identities_user ON identities (user_id);

CREATE TABLE oidc_logins (
    state_hash bytea PRIMARY KEY,
    sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE oidc_logins IS 'Sign-ins that are at the provider: nonce, PKCE verifier and binding, encrypted. Used once.';
