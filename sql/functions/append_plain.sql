-- What most sends are, for two thirds of what append_messages costs: text and nothing else, to an open conversation that the
-- sender is in. What is stored here is what append_messages would have stored; all else is left to that one. For a send
-- that is alone there is append_one.
CREATE FUNCTION append_plain(p_sends message_send[]) RETURNS TABLE (
    ord bigint, seq bigint, created_at timestamptz, user_low uuid, user_high uuid,
    sender_username text, sender_display_name text, sender_profile_image text
) LANGUAGE plpgsql
-- As for append_messages.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_held uuid[];
    v_now timestamptz;
BEGIN
    -- In id order, and what somebody else holds is left out: none of the others waits for it.
    SELECT array_agg(h.id) INTO v_held FROM (
        SELECT c.id FROM conversations c
         WHERE c.id = ANY (ARRAY(SELECT s.conversation_id FROM unnest(p_sends) s))
           AND c.status = 'accepted' AND c.closed IS NULL
         ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED) h;
    v_now := clock_timestamp();
    -- What follows is a new statement with a new snapshot: it sees what was committed before the locks were granted.
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT s.ord, s.id, s.sender_id, s.client_id, s.conversation_id, s.content, s.digest, c.user_low, c.user_high,
               u.username, u.display_name, u.profile_image,
               c.head_seq + row_number() OVER behind AS seq,
               -- Behind one that is not plain nothing is stored before it is.
               bool_and((
                 num_nonnulls(s.reply_to_id, s.after_id, s.file_id, s.group_id) = 0 AND s.names = '' AND s.link = ''
                 AND m.user_id IS NOT NULL AND earlier.id IS NULL
                 -- Nobody who deleted it has it again by this.
                 AND NOT (c.cleared AND c.kind = 'direct' AND EXISTS (
                   SELECT 1 FROM members g WHERE g.conversation_id = c.id AND g.cleared_seq > 0
                      AND NOT EXISTS (SELECT 1 FROM messages x WHERE x.conversation_id = c.id AND x.seq > g.cleared_seq)))
               ) IS TRUE) OVER behind AS plain
          FROM unnest(p_sends) WITH ORDINALITY AS s(id, sender_id, client_id, conversation_id, recipient_id, reply_to_id,
                                                    after_id, content, names, link, digest, file_id, group_id, ord)
          JOIN conversations c ON c.id = s.conversation_id AND c.id = ANY (v_held)
          JOIN users u ON u.id = s.sender_id
          LEFT JOIN LATERAL (
            SELECT x.user_id FROM members x WHERE x.conversation_id = c.id AND x.user_id = s.sender_id
               AND x.status = 'joined' LIMIT 1) m ON true
          LEFT JOIN LATERAL (
            -- As a range of one: see send_facts.
            SELECT x.id FROM messages x WHERE (x.sender_id, x.conversation_id, x.client_id)
                   BETWEEN (s.sender_id, c.id, s.client_id) AND (s.sender_id, c.id, s.client_id) LIMIT 1) earlier ON true
        WINDOW behind AS (PARTITION BY s.conversation_id ORDER BY s.ord)
    ), stored AS MATERIALIZED (
        SELECT * FROM judged j WHERE j.plain
    ), added AS (
        INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, digest, content, created_at)
        SELECT n.id, n.conversation_id, n.seq, n.sender_id, n.client_id, n.digest, n.content, v_now FROM stored n
    ), moved AS (
        UPDATE conversations c SET head_seq = h.head, active_at = v_now, changed_at = v_now
          FROM (SELECT n.conversation_id, max(n.seq) AS head FROM stored n GROUP BY n.conversation_id) h
         WHERE c.id = h.conversation_id AND c.id = ANY (v_held)
    )
    SELECT n.ord, n.seq, v_now, n.user_low, n.user_high, n.username, n.display_name, n.profile_image
      FROM stored n ORDER BY n.ord;
END $$;
COMMENT ON FUNCTION append_plain IS
    'Those that were stored, in the order of each log. Of the others nothing is known but that they are not stored: they, and what is behind them in their conversation, are for append_messages. Sends name their conversation; two of one sender with the same client_id in one call raise unique_violation.';
