-- Limits that keep no owner out, and that a restart does not forget.
-- depends: 0014_quotes_of_the_deleted

ALTER TABLE sign_in_tries ADD COLUMN looks integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN sign_in_tries.looks IS 'Tries since the lock closed: the first of them are still looked at, so that the right password learns of the lock.';
COMMENT ON TABLE sign_in_tries IS
    'Tries to sign in that have not succeeded. Keys are HMACs: of an account for all who are unknown to it, of an account and a place that it knows, of a session, or of a login that has no account.';

CREATE TABLE known_places (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    hash bytea NOT NULL,
    signed_in_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, hash)
);
COMMENT ON TABLE known_places IS 'From where somebody has signed in or stayed signed in lately: what strangers do to the account does not keep them out there.';
COMMENT ON COLUMN known_places.hash IS 'HMAC under the server key of an address as limits count it (an IPv6 /64, an IPv4 address), or of the mark that a browser keeps.';
COMMENT ON COLUMN known_places.signed_in_at IS 'The last time, to the day.';
CREATE INDEX known_places_signed_in ON known_places (signed_in_at);

CREATE TABLE approaches (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('conversation', 'friend')),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE approaches IS 'When somebody began a conversation with a stranger, or asked to be a friend: so many in 24 hours. Older ones count no more.';
CREATE INDEX approaches_user ON approaches (user_id, kind, at);
CREATE INDEX approaches_at ON approaches (at);

ALTER TABLE codes ADD COLUMN attempts_by jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN codes.attempts_by IS 'Reset only: how many of the attempts came from which place (HMAC, cut).';
