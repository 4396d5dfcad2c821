-- The tables as of the first release. Later changes are migrations of their own: forward only, each behind the one before.
-- depends:

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The database itself.

CREATE TABLE epoch (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    server text,
    files text,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE epoch IS
    'One row: which history this database has. A database that was restored or lost its tail gives seqs out a second time: by another id clients know that what they have is of another history.';
COMMENT ON COLUMN epoch.server IS 'Where the id was last seen to hold (SQL function database_place); elsewhere it holds no more. NULL: not used yet.';
COMMENT ON COLUMN epoch.files IS 'Of the embedded server: which copy of its files that was.';
INSERT INTO epoch DEFAULT VALUES;

CREATE TABLE sql_functions (
    name text PRIMARY KEY,
    hash text NOT NULL
);
COMMENT ON TABLE sql_functions IS 'The functions as they were last made from the files of sql/functions: SHA-256 of each text.';

-- People and how they sign in.

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
    totp_secret bytea,
    totp_enabled_at timestamptz,
    totp_last_step bigint,
    registered_from bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz,
    online_at timestamptz,
    friends_changed_at timestamptz NOT NULL DEFAULT '-infinity',
    profile_changed_at timestamptz NOT NULL DEFAULT '-infinity',
    disabled_at timestamptz,
    deleted_at timestamptz,
    erasing boolean NOT NULL DEFAULT false,
    erasing_texts boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 0,
    profile_revision bigint NOT NULL DEFAULT 0,
    presence_revision bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE users IS 'People, bots and guests. Rows are never deleted: an erased person keeps the id.';
COMMENT ON COLUMN users.username IS 'With the leading @, as typed; unique without regard to case.';
COMMENT ON COLUMN users.password_hash IS 'bcrypt; empty when the person only signs in through an identity provider.';
COMMENT ON COLUMN users.privacy IS 'Levels that differ from the defaults of chatr.api.model.Privacy, wire names.';
COMMENT ON COLUMN users.totp_secret IS 'Encrypted under the server key; waits for its first code until totp_enabled_at is set.';
COMMENT ON COLUMN users.totp_last_step IS 'The 30 s step of the last accepted code: no code is accepted twice.';
COMMENT ON COLUMN users.registered_from IS
    'Until an address is confirmed: HMAC of the network that registered. It may register anew in this one''s place.';
COMMENT ON COLUMN users.online_at IS 'When the person was last announced as here; NULL once announced as gone.';
COMMENT ON COLUMN users.friends_changed_at IS 'Last change of the person''s friends, requests or blocks: what sync.changes looks at.';
COMMENT ON COLUMN users.profile_changed_at IS 'Last change of what anybody else sees of the person: what sync.changes looks at.';
COMMENT ON COLUMN users.disabled_at IS 'Set by the operator: nobody signs in.';
COMMENT ON COLUMN users.erasing IS 'Deleted, and what names the person elsewhere is still being erased.';
COMMENT ON COLUMN users.revision IS 'Grows with each change of what the person sees of the own account. From the sequence revisions.';
COMMENT ON COLUMN users.profile_revision IS 'Grows with each change of what anybody else sees of the person. From the sequence revisions.';
COMMENT ON COLUMN users.presence_revision IS 'Grows with each announcement of the person''s presence. Shown to nobody who may not see that.';
COMMENT ON COLUMN users.erasing_texts IS 'With erasing: also what the person has written (messages.erase_deleted).';
CREATE UNIQUE INDEX users_username ON users (lower(username));
-- An address that nobody has confirmed keeps nobody else from it.
CREATE UNIQUE INDEX users_email ON users (lower(email)) WHERE email_verified_at IS NOT NULL;
CREATE INDEX users_email_any ON users (lower(email));
CREATE UNIQUE INDEX users_phone_number ON users (phone_number) WHERE phone_verified_at IS NOT NULL;
CREATE INDEX users_phone_unverified ON users (phone_number) WHERE phone_verified_at IS NULL;
-- Search: prefixes, then substrings and likeness. Two letters have no trigram: for those the prefix indexes serve.
CREATE INDEX users_username_prefix ON users (lower(username) text_pattern_ops);
CREATE INDEX users_display_name_prefix ON users (lower(display_name) text_pattern_ops);
CREATE INDEX users_username_like ON users USING gin (lower(username) gin_trgm_ops);
CREATE INDEX users_display_name_like ON users USING gin (lower(display_name) gin_trgm_ops);
CREATE INDEX users_full_name_like ON users
    USING gin (lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '')) gin_trgm_ops);
CREATE INDEX users_erasing ON users (id) WHERE erasing;

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
-- Whether an account was ever signed in to, which decides whether it may be removed; and for its foreign key.
CREATE INDEX sessions_user_ever ON sessions (user_id);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz,
    used_by bytea,
    salt bytea
);
COMMENT ON COLUMN refresh_tokens.hash IS 'SHA-256 of the token. A used row seen again means theft: the session is revoked.';
COMMENT ON COLUMN refresh_tokens.used_by IS 'HMAC of the network that used it: only that may have the same answer again.';
COMMENT ON COLUMN refresh_tokens.salt IS
    'With it, the server key and the token itself its successor can be made again; stored is only the successor''s hash.';
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;

CREATE TABLE tickets (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE tickets IS 'One-use realtime tickets: redeemed by deleting the row.';
CREATE INDEX tickets_session ON tickets (session_id);

CREATE TABLE codes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('email', 'phone', 'login', 'reset', 'change')),
    hash bytea,
    challenge_hash bytea,
    channel text NOT NULL DEFAULT 'email' CHECK (channel IN ('email', 'sms')),
    target text,
    attempts integer NOT NULL DEFAULT 0,
    attempts_by jsonb NOT NULL DEFAULT '{}',
    sent_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, purpose)
);
COMMENT ON TABLE codes IS 'The one live code of a purpose. Hashes are HMACs under the server key.';
COMMENT ON COLUMN codes.purpose IS
    'change: of an unconfirmed address. Without target the password was shown, with a target and no hash that address.';
COMMENT ON COLUMN codes.hash IS 'NULL: a challenge that is answered by a second factor, not by a code that was sent.';
COMMENT ON COLUMN codes.challenge_hash IS
    'Login and change: SHA-256 of the secret that binds the code to the step before, which was the password or a code.';
COMMENT ON COLUMN codes.target IS 'Where the code went. For email and phone: the address it proves, which may be a new one.';
COMMENT ON COLUMN codes.attempts_by IS 'Reset only: how many of the attempts came from which place (HMAC, cut).';
CREATE UNIQUE INDEX codes_challenge ON codes (challenge_hash);
CREATE INDEX codes_expires ON codes (expires_at);

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

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    hash bytea NOT NULL,
    PRIMARY KEY (user_id, hash)
);
COMMENT ON TABLE recovery_codes IS 'Unused ones only: redeemed by deleting the row. Hashes are HMACs under the server key.';

CREATE TABLE sign_in_tries (
    key bytea PRIMARY KEY,
    tries integer NOT NULL DEFAULT 1,
    since timestamptz NOT NULL DEFAULT now(),
    locks integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    looks integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE sign_in_tries IS
    'Tries to sign in that have not succeeded. Keys are HMACs: of an account for all who are unknown to it, of an account and a place that it knows, of a session, or of a login that has no account.';
COMMENT ON COLUMN sign_in_tries.looks IS 'Tries since the lock closed: the first of them are still looked at, so that the right password learns of the lock.';
CREATE INDEX sign_in_tries_since ON sign_in_tries (since);

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

CREATE TABLE outbound (
    id uuid PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    error text,
    dead_at timestamptz
);
COMMENT ON TABLE outbound IS 'The queue of mail and SMS: a row leaves when its letter is delivered; dead ones stay for the operator.';
COMMENT ON COLUMN outbound.payload IS 'Encrypted under the server key: it holds an address and often a code.';
COMMENT ON COLUMN outbound.due_at IS 'Next try. A claimed row is pushed into the future: a lease that a crash lets run out.';
COMMENT ON COLUMN outbound.error IS 'Why the last try failed: the other side''s code and sentence, never what was sent.';
CREATE INDEX outbound_due ON outbound (due_at) WHERE dead_at IS NULL;
CREATE INDEX outbound_dead ON outbound (dead_at) WHERE dead_at IS NOT NULL;

-- People among each other.

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
    username text NOT NULL,
    display_name text NOT NULL,
    profile_image text,
    PRIMARY KEY (blocker_id, blocked_id),
    CHECK (blocker_id <> blocked_id)
);
COMMENT ON TABLE blocks IS 'Directional: each of two people may block the other, and lifts only the own block.';
COMMENT ON COLUMN blocks.username IS 'What the blocker was called at the block: with display_name and profile_image all that the blocked person sees of them.';
COMMENT ON COLUMN blocks.display_name IS 'What the blocker was shown as at the block.';
COMMENT ON COLUMN blocks.profile_image IS 'The blocker''s picture at the block.';
CREATE INDEX blocks_blocked ON blocks (blocked_id);

CREATE TABLE approaches (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('conversation', 'friend')),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE approaches IS 'When somebody began a conversation with a stranger, or asked to be a friend: so many in 24 hours. Older ones count no more.';
CREATE INDEX approaches_user ON approaches (user_id, kind, at);
CREATE INDEX approaches_at ON approaches (at);

-- Conversations as logs.

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
    requested_seq bigint NOT NULL DEFAULT 0,
    declined_at timestamptz,
    closed text CHECK (closed IN ('blocked', 'deserted')),
    cleared boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    active_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    member_count integer NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 0,
    CHECK ((kind = 'direct') = (user_low IS NOT NULL AND user_high IS NOT NULL)),
    CHECK (user_low < user_high)
) WITH (fillfactor = 80);
COMMENT ON TABLE conversations IS 'Direct chats and groups: each is a log whose newest entry is head_seq.';
COMMENT ON COLUMN conversations.user_low IS 'Direct: the pair in uuid order, so that each pair exists once.';
COMMENT ON COLUMN conversations.head_seq IS 'Grows by one per log entry, under this row''s lock, in the entry''s transaction.';
COMMENT ON COLUMN conversations.requested_seq IS 'Pending: the head when the request that waits was begun; its messages are above.';
COMMENT ON COLUMN conversations.declined_at IS 'Pending only: when the recipient declined. A new request is possible a while after.';
COMMENT ON COLUMN conversations.closed IS
    'Direct: why nobody can write. Follows blocks and the deletion of accounts, under this row''s lock, so that each send is before or after.';
COMMENT ON COLUMN conversations.cleared IS 'Whether any member has ever deleted it from their view: only then sends look for such.';
COMMENT ON COLUMN conversations.active_at IS 'Last message: the order of the list.';
COMMENT ON COLUMN conversations.member_count IS 'Group: how many have joined; triggers of members keep it. Direct: 0.';
COMMENT ON COLUMN conversations.revision IS
    'Counts the changes of what all members see of it beside its log. With members.revision the revision of a member''s view: their sum, as either grows alone.';
COMMENT ON COLUMN conversations.changed_at IS 'Last change of any kind: what sync.changes looks at.';
-- A plan that was made while there was no conversation yet takes any index with user_high for the pair: both have both.
CREATE UNIQUE INDEX conversations_pair ON conversations (user_low, user_high);
CREATE INDEX conversations_high ON conversations (user_high, user_low);

CREATE TABLE members (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member')),
    status text NOT NULL DEFAULT 'joined' CHECK (status IN ('invited', 'joined', 'left')),
    delivered_seq bigint NOT NULL DEFAULT 0,
    read_seq bigint NOT NULL DEFAULT 0,
    shown_delivered_seq bigint NOT NULL DEFAULT 0,
    shown_read_seq bigint NOT NULL DEFAULT 0,
    unshown_read_seq bigint NOT NULL DEFAULT 0,
    cleared_seq bigint NOT NULL DEFAULT 0,
    archived boolean NOT NULL DEFAULT false,
    pinned boolean NOT NULL DEFAULT false,
    muted_until timestamptz,
    joined_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revision bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, user_id),
    CHECK (read_seq <= delivered_seq)
) WITH (fillfactor = 80);
COMMENT ON TABLE members IS 'Who is in a conversation, with their own view of it and their watermarks.';
COMMENT ON COLUMN members.delivered_seq IS 'Watermark: only grows, never beyond head_seq; read implies delivered.';
COMMENT ON COLUMN members.shown_read_seq IS
    'What the others are told of read_seq: it stays behind while a request waits, across a block, or by the person''s wish.';
COMMENT ON COLUMN members.unshown_read_seq IS 'Up to where the person had read when they last read without giving receipts.';
COMMENT ON COLUMN members.revision IS 'Counts the changes of what this member alone sees of the conversation, beside the watermarks.';
COMMENT ON COLUMN members.cleared_seq IS 'The person deleted everything up to here from the own view.';
CREATE INDEX members_user ON members (user_id, conversation_id);

CREATE TABLE messages (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq bigint NOT NULL,
    sender_id uuid NOT NULL REFERENCES users,
    client_id uuid NOT NULL,
    digest bytea,
    type text NOT NULL DEFAULT 'text',
    content text NOT NULL,
    created_at timestamptz NOT NULL,
    edited_at timestamptz,
    unsent_at timestamptz,
    erased boolean NOT NULL DEFAULT false,
    reply_to jsonb,
    mentions uuid[] NOT NULL DEFAULT '{}',
    link_preview jsonb,
    event text,
    user_ids uuid[],
    CONSTRAINT messages_event CHECK ((type = 'system') = (event IS NOT NULL))
);
COMMENT ON COLUMN messages.seq IS 'The log entry of its creation.';
COMMENT ON COLUMN messages.client_id IS 'Chosen by the sender: in this conversation a send repeated with it creates nothing new, for ever.';
COMMENT ON COLUMN messages.digest IS
    'Keyed hash of what was sent, by which a repeat is told from another send with the same client_id; NULL: not known, or the text is gone.';
COMMENT ON COLUMN messages.erased IS 'Unsent, and what it said is no more in the database (retention.unsent_days).';
COMMENT ON COLUMN messages.reply_to IS 'Frozen snapshot of the message replied to, wire form.';
COMMENT ON COLUMN messages.link_preview IS
    'Wire form of the preview of the first link; NULL: none, or none yet; false: whoever wrote it wants none.';
COMMENT ON COLUMN messages.event IS 'Of a system entry: what happened, by sender_id. Its content is the new text, as of a title, or empty.';
COMMENT ON COLUMN messages.user_ids IS 'Of a system entry: to whom it happened.';
CREATE UNIQUE INDEX messages_seq ON messages (conversation_id, seq);
-- The sender first: what a deleted person has written is found by it too.
CREATE UNIQUE INDEX messages_client ON messages (sender_id, conversation_id, client_id);
CREATE INDEX messages_replies ON messages ((reply_to->>'id')) WHERE reply_to IS NOT NULL;
CREATE INDEX messages_unsent ON messages (unsent_at) WHERE unsent_at IS NOT NULL AND NOT erased;
CREATE INDEX messages_preview_image ON messages ((link_preview->>'image')) WHERE link_preview->>'image' IS NOT NULL;
CREATE INDEX messages_preview_favicon ON messages ((link_preview->>'favicon')) WHERE link_preview->>'favicon' IS NOT NULL;

CREATE TYPE message_send AS (
    id uuid,
    sender_id uuid,
    client_id uuid,
    conversation_id uuid,
    recipient_id uuid,
    reply_to_id uuid,
    after_id uuid,
    content text,
    names text,
    link text,
    digest bytea
);
COMMENT ON TYPE message_send IS
    'A message to append. names: usernames that it calls, apart by spaces. link: what to look for a preview at; empty: nothing, NULL: whoever writes it wants none.';
COMMENT ON COLUMN message_send.conversation_id IS 'NULL: the direct conversation of sender_id and recipient_id.';
COMMENT ON COLUMN message_send.after_id IS 'The client_id of the sender''s message in this conversation without which this one is not to be stored.';

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

CREATE TABLE message_edits (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    previous_content text NOT NULL,
    edited_by uuid NOT NULL REFERENCES users,
    edited_at timestamptz NOT NULL
);
COMMENT ON TABLE message_edits IS 'Append-only: each former text of a message, until it is unsent.';
CREATE INDEX message_edits_message ON message_edits (message_id, edited_at);
CREATE INDEX message_edits_at ON message_edits (edited_at);

CREATE TABLE reactions (
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users,
    emoji text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (message_id, user_id)
);
COMMENT ON TABLE reactions IS 'One per person and message.';
CREATE INDEX reactions_user ON reactions (user_id);

CREATE TABLE listens (
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users,
    at timestamptz NOT NULL,
    PRIMARY KEY (message_id, user_id)
);
COMMENT ON TABLE listens IS 'Who has heard an audio message to its end.';

-- Search in messages.

CREATE TABLE message_words (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    conversation_id uuid NOT NULL,
    words tsvector NOT NULL,
    text text NOT NULL
);
COMMENT ON TABLE message_words IS 'What search looks at. Filled some seconds behind, many messages at once: in the sends it would cost a fifth of them.';
COMMENT ON COLUMN message_words.text IS 'search_text of the content.';
CREATE INDEX message_words_words ON message_words USING gin (words);
CREATE INDEX message_words_text ON message_words USING gin (text gin_trgm_ops);

CREATE TABLE search_progress (
    conversation_id uuid PRIMARY KEY REFERENCES conversations ON DELETE CASCADE,
    seq bigint NOT NULL,
    dictionary text NOT NULL,
    words_seq bigint NOT NULL
);
COMMENT ON TABLE search_progress IS 'Up to where the messages of a conversation are in message_words; what is above is searched as it is.';
COMMENT ON COLUMN search_progress.words_seq IS
    'Up to where the words are by the dictionary; from here to seq they may be by one that was set before.';

-- Link previews.

CREATE TABLE previews (
    url text PRIMARY KEY,
    preview jsonb,
    fetched_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE previews IS 'What links led to, for a day; NULL: to nothing that can be shown, for minutes.';
COMMENT ON COLUMN previews.url IS 'In normal form (chatr.previews.links).';
CREATE INDEX previews_fetched ON previews (fetched_at);

CREATE TABLE preview_images (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    url text NOT NULL UNIQUE,
    media_type text,
    body bytea,
    fetched_at timestamptz,
    used_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE preview_images IS
    'Images of previews. Rows stay while a message names them; bodies go, and are fetched again when somebody asks.';
COMMENT ON COLUMN preview_images.id IS 'Random: whoever knows it may see the image.';
COMMENT ON COLUMN preview_images.body IS 'NULL: not fetched yet or not kept any more, or, with fetched_at, nothing that can be shown.';
COMMENT ON COLUMN preview_images.used_at IS 'When a preview last named it.';
ALTER TABLE preview_images ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX preview_images_kept ON preview_images (fetched_at) WHERE body IS NOT NULL;

CREATE TABLE preview_jobs (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    url text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE preview_jobs IS 'Messages that wait for a preview: put by the send itself, so that none is forgotten.';
COMMENT ON COLUMN preview_jobs.due_at IS 'Next try. A claimed row is pushed into the future: a lease that a crash lets run out.';
CREATE INDEX preview_jobs_due ON preview_jobs (due_at);

-- What two people, or all, see of somebody: one sequence for both, so that the greater number is the newer view.
CREATE SEQUENCE revisions;

CREATE TABLE pairs (
    -- Checked at the end: whoever names somebody who is not there is refused before.
    user_low uuid NOT NULL REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    user_high uuid NOT NULL REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    revision bigint NOT NULL,
    PRIMARY KEY (user_low, user_high),
    CHECK (user_low < user_high)
) WITH (fillfactor = 80);
COMMENT ON TABLE pairs IS 'Two people who have, or had, something to do with each other: stays when friendships and blocks are gone.';
COMMENT ON COLUMN pairs.revision IS 'Grows with each change of how the two stand to each other. From the sequence revisions.';
CREATE INDEX pairs_high ON pairs (user_high);

-- Here, as triggers hang on them: what triggers call can't be made anew at each start.
CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE conversations
           SET member_count = member_count + (NEW.status = 'joined')::integer - (OLD.status = 'joined')::integer
         WHERE id = NEW.conversation_id AND kind = 'group';
    ELSE
        UPDATE conversations c SET member_count = c.member_count + CASE TG_OP WHEN 'INSERT' THEN n.count ELSE -n.count END
          FROM (SELECT x.conversation_id, count(*) FROM changed x WHERE x.status = 'joined' GROUP BY x.conversation_id) n
         WHERE c.id = n.conversation_id AND c.kind = 'group';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION count_members IS 'Keeps conversations.member_count of groups.';
CREATE TRIGGER members_joined AFTER INSERT ON members REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_members();
CREATE TRIGGER members_gone AFTER DELETE ON members REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_members();
-- Marks never name the status: they pay nothing for it.
CREATE TRIGGER members_changed AFTER UPDATE OF status ON members
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION count_members();

CREATE FUNCTION next_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION next_revision IS 'Counts a change of a row.';
-- Here, so that no statement that changes what is seen can forget it; by columns that neither sends nor marks change.
CREATE TRIGGER conversations_revision BEFORE UPDATE OF status, declined_at, title, description, member_count ON conversations
    FOR EACH ROW WHEN (
        (OLD.status, OLD.declined_at, OLD.title, OLD.description, OLD.member_count)
        IS DISTINCT FROM (NEW.status, NEW.declined_at, NEW.title, NEW.description, NEW.member_count))
    EXECUTE FUNCTION next_revision();
CREATE TRIGGER members_revision BEFORE UPDATE OF role, status, archived, pinned, muted_until, cleared_seq ON members
    FOR EACH ROW WHEN (
        (OLD.role, OLD.status, OLD.archived, OLD.pinned, OLD.muted_until, OLD.cleared_seq)
        IS DISTINCT FROM (NEW.role, NEW.status, NEW.archived, NEW.pinned, NEW.muted_until, NEW.cleared_seq))
    EXECUTE FUNCTION next_revision();
