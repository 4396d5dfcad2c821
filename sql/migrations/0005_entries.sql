-- What a row of messages says is said once: that it was sent is an entry of the log without a row of its own there.
-- depends: 0004_hot_tables

-- Few of the rows stay: it is less work to write those anew than to delete all others, and leaves no room unused.
CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM log WHERE event <> 'message.received';
TRUNCATE log;
INSERT INTO log SELECT * FROM kept;
COMMENT ON TABLE log IS 'What has changed in a conversation, but for messages that were added: those are entries by themselves (view entries).';
CREATE VIEW entries AS
    SELECT conversation_id, seq, event, message_id, data, at FROM log
    UNION ALL
    SELECT conversation_id, seq, 'message.received'::text, id, NULL::jsonb, created_at FROM messages;
COMMENT ON VIEW entries IS 'The log of each conversation: every durable change, gapless in commit order.';
