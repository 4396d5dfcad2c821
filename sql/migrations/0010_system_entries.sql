-- Messages by which the server tells what happened in a conversation.
-- depends: 0009_erasing

ALTER TABLE messages
    ADD COLUMN event text,
    ADD COLUMN user_ids uuid[],
    ADD CONSTRAINT messages_event CHECK ((type = 'system') = (event IS NOT NULL)) NOT VALID;
COMMENT ON COLUMN messages.event IS 'Of a system entry: what happened, by sender_id. Its content is the new text, as of a title, or empty.';
COMMENT ON COLUMN messages.user_ids IS 'Of a system entry: to whom it happened.';
