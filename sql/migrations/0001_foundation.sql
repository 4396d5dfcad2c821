-- People, sessions, conversations as logs, messages. Forward only.
-- depends:

CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text NOT NULL,
    email text,
    phone_number text,
    password_hash text NOT NULL,
    display_name text NOT NULL,
    first_name text,
    last_name text,
    gender text,
    profile_image text,
    cover_image text,
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'guest', 'support', 'admin')),
    is_bot boolean NOT NULL DEFAULT false,
    email_verified_at timestamptz,
    phone_verified_at timestamptz,
    privacy jsonb NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz,
    deleted_at timestamptz
);
COMMENT ON TABLE users IS 'People, bots and guests. Rows are never deleted: an erased person keeps the id.';
COMMENT ON COLUMN users.username IS 'With the leading @, as typed; unique without regard to case.';
COMMENT ON COLUMN users.privacy IS 'Levels that differ from the defaults of chatr.api.model.Privacy, wire names.';
CREATE UNIQUE INDEX users_username ON users (lower(username));
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE UNIQUE INDEX users_phone_number ON users (phone_number);
CREATE INDEX users_username_prefix ON users (lower(username) text_pattern_ops);
CREATE INDEX users_display_name_prefix ON users (lower(display_name) text_pattern_ops);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    user_agent text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    revoked_at timestamptz,
    revoked_reason text
);
COMMENT ON TABLE sessions IS 'One sign-in on one device: a family of refresh tokens that ends as a whole.';
CREATE INDEX sessions_user ON sessions (user_id) WHERE revoked_at IS NULL;
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
COMMENT ON COLUMN refresh_tokens.hash IS 'SHA-256 of the token. A used row seen again means theft: the session is revoked.';
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE tickets (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE tickets IS 'One-use realtime tickets: redeemed by deleting the row.';
CREATE INDEX tickets_session ON tickets (session_id);

CREATE TABLE codes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('email', 'phone', 'login', 'reset')),
    hash bytea NOT NULL,
    challenge_hash bytea,
    attempts integer NOT NULL DEFAULT 0,
    sent_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, purpose)
);
COMMENT ON TABLE codes IS 'The one live code of a purpose. Hashes are HMACs under the server key.';
COMMENT ON COLUMN codes.challenge_hash IS 'Login only: SHA-256 of the challenge that binds the code to the password step.';
CREATE UNIQUE INDEX codes_challenge ON codes (challenge_hash);

CREATE TABLE conversations (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('direct', 'group')),
    status text NOT NULL DEFAULT 'accepted' CHECK (status IN ('pending', 'accepted')),
    initiator_id uuid REFERENCES users,
    user_low uuid REFERENCES users,
    user_high uuid REFERENCES users,
    title text,
    description text,
    head_seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    active_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((kind = 'direct') = (user_low IS NOT NULL AND user_high IS NOT NULL)),
    CHECK (user_low < user_high)
) WITH (fillfactor = 80);
COMMENT ON TABLE conversations IS 'Direct chats and groups: each is a log whose newest entry is head_seq.';
COMMENT ON COLUMN conversations.head_seq IS 'Grows by one per log entry, under this row''s lock, in the entry''s transaction.';
COMMENT ON COLUMN conversations.user_low IS 'Direct: the pair in uuid order, so that each pair exists once.';
COMMENT ON COLUMN conversations.active_at IS 'Last message: the order of the list.';
COMMENT ON COLUMN conversations.changed_at IS 'Last change of any kind: what sync.changes looks at.';
CREATE UNIQUE INDEX conversations_pair ON conversations (user_low, user_high);

CREATE TABLE members (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member')),
    status text NOT NULL DEFAULT 'joined' CHECK (status IN ('invited', 'joined', 'left')),
    delivered_seq bigint NOT NULL DEFAULT 0,
    read_seq bigint NOT NULL DEFAULT 0,
    archived boolean NOT NULL DEFAULT false,
    pinned boolean NOT NULL DEFAULT false,
    muted_until timestamptz,
    joined_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (conversation_id, user_id),
    CHECK (read_seq <= delivered_seq)
) WITH (fillfactor = 80);
COMMENT ON TABLE members IS 'Who is in a conversation, with their own view of it and their watermarks.';
COMMENT ON COLUMN members.delivered_seq IS 'Watermark: only grows, never beyond head_seq; read implies delivered.';
CREATE INDEX members_user ON members (user_id, conversation_id);

CREATE TABLE messages (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq bigint NOT NULL,
    sender_id uuid NOT NULL REFERENCES users,
    client_id uuid NOT NULL,
    type text NOT NULL DEFAULT 'text',
    content text NOT NULL,
    created_at timestamptz NOT NULL,
    edited_at timestamptz,
    unsent_at timestamptz,
    reply_to jsonb
);
COMMENT ON COLUMN messages.seq IS 'The log entry of its creation.';
COMMENT ON COLUMN messages.client_id IS 'Chosen by the sender: a send repeated with it creates nothing new, for ever.';
COMMENT ON COLUMN messages.reply_to IS 'Frozen snapshot of the message replied to, wire form.';
CREATE UNIQUE INDEX messages_seq ON messages (conversation_id, seq);
CREATE UNIQUE INDEX messages_client ON messages (sender_id, client_id);

CREATE TABLE log (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq bigint NOT NULL,
    event text NOT NULL,
    message_id uuid,
    data jsonb,
    at timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, seq)
);
COMMENT ON TABLE log IS 'Every durable change of a conversation, gapless in commit order.';
COMMENT ON COLUMN log.message_id IS 'Entries about a message hold no copy of it: an edited or unsent text must not live on here.';
