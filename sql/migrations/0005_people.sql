-- Friends, blocks, and people found by what they are called.
-- depends: 0004_accounts

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE friendships (
    id uuid PRIMARY KEY,
    user_low uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    user_high uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    requester_id uuid NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    accepted_at timestamptz,
    CHECK (user_low < user_high),
    CHECK (requester_id IN (user_low, user_high))
);
COMMENT ON TABLE friendships IS 'One row per pair: asked for, and since accepted_at a friendship. No row: neither.';
CREATE UNIQUE INDEX friendships_pair ON friendships (user_low, user_high);
CREATE INDEX friendships_high ON friendships (user_high);

CREATE TABLE blocks (
    id uuid NOT NULL UNIQUE,
    blocker_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    blocked_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (blocker_id, blocked_id),
    CHECK (blocker_id <> blocked_id)
);
COMMENT ON TABLE blocks IS 'Directional: each of two people may block the other, and lifts only the own block.';
CREATE INDEX blocks_blocked ON blocks (blocked_id);

ALTER TABLE conversations ADD COLUMN closed text CHECK (closed IN ('blocked', 'deserted'));
COMMENT ON COLUMN conversations.closed IS
    'Direct: why nobody can write. Follows blocks and the deletion of accounts, under this row''s lock, so that each send is before or after.';
CREATE INDEX conversations_high ON conversations (user_high);

ALTER TABLE users
    ADD COLUMN online_at timestamptz,
    ADD COLUMN friends_changed_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN profile_changed_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN users.online_at IS 'When the person was last announced as here; NULL once announced as gone.';
COMMENT ON COLUMN users.friends_changed_at IS 'Last change of the person''s friends, requests or blocks: what sync.changes looks at.';
COMMENT ON COLUMN users.profile_changed_at IS 'Last change of what anybody else sees of the person: what sync.changes looks at.';

-- Substrings and likeness. Two letters have no trigram: for those the prefix indexes serve.
CREATE INDEX users_username_like ON users USING gin (lower(username) gin_trgm_ops);
CREATE INDEX users_display_name_like ON users USING gin (lower(display_name) gin_trgm_ops);
CREATE INDEX users_full_name_like ON users
    USING gin (lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '')) gin_trgm_ops);
