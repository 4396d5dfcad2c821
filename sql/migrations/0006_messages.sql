-- Message requests, per-person views, edits, reactions, mentions.
-- depends: 0005_people

ALTER TABLE conversations
    ADD COLUMN declined_at timestamptz,
    ADD COLUMN requested_seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN cleared boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN conversations.cleared IS 'Whether any member has ever deleted it from their view: only then sends look for such.';
COMMENT ON COLUMN conversations.declined_at IS 'Pending only: when the recipient declined. A new request is possible a while after.';
COMMENT ON COLUMN conversations.requested_seq IS 'Pending: the head when the request that waits was begun; its messages are above.';

ALTER TABLE members
    ADD COLUMN cleared_seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN shown_delivered_seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN shown_read_seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN members.cleared_seq IS 'The person deleted everything up to here from the own view.';
COMMENT ON COLUMN members.shown_read_seq IS
    'What the others are told of read_seq: it stays behind while a request waits, across a block, or by the person''s wish.';
UPDATE members SET shown_delivered_seq = delivered_seq, shown_read_seq = read_seq;

ALTER TABLE messages ADD COLUMN mentions uuid[] NOT NULL DEFAULT '{}';

CREATE TABLE message_edits (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    previous_content text NOT NULL,
    edited_by uuid NOT NULL REFERENCES users,
    edited_at timestamptz NOT NULL
);
COMMENT ON TABLE message_edits IS 'Append-only: each former text of a message, until it is unsent.';
CREATE INDEX message_edits_message ON message_edits (message_id, edited_at);

CREATE TABLE reactions (
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users,
    emoji text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (message_id, user_id)
);
COMMENT ON TABLE reactions IS 'One per person and message.';

CREATE TABLE listens (
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users,
    at timestamptz NOT NULL,
    PRIMARY KEY (message_id, user_id)
);
COMMENT ON TABLE listens IS 'Who has heard an audio message to its end.';

CREATE TABLE message_words (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    conversation_id uuid NOT NULL,
    words tsvector NOT NULL
);
COMMENT ON TABLE message_words IS 'What search looks at. Filled some seconds behind, many messages at once: in the sends it would cost a fifth of them.';
CREATE INDEX message_words_words ON message_words USING gin (words);

CREATE TABLE search_progress (
    conversation_id uuid PRIMARY KEY REFERENCES conversations ON DELETE CASCADE,
    seq bigint NOT NULL
);
COMMENT ON TABLE search_progress IS 'Up to where the messages of a conversation are in message_words; what is above is searched as it is.';
