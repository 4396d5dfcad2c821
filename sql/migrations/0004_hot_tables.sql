-- Messages and the log without foreign keys to conversations and users: three look-ups and row locks for each message.
-- Whoever writes here holds the conversation's row, and has read that the sender is in it. ``chatr doctor`` looks.
-- depends: 0003_files

ALTER TABLE messages
    DROP CONSTRAINT messages_conversation_id_fkey,
    DROP CONSTRAINT messages_sender_id_fkey;
ALTER TABLE log DROP CONSTRAINT log_conversation_id_fkey;
COMMENT ON COLUMN messages.conversation_id IS 'No foreign key. A conversation is deleted when it has no messages and no log any more.';
COMMENT ON COLUMN messages.sender_id IS 'No foreign key. Whoever has sent something has a row in members, which has one.';
COMMENT ON COLUMN log.conversation_id IS 'No foreign key: see messages.conversation_id.';
