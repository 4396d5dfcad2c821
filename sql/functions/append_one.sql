-- append_plain for one send that is plain, alone in its batch: the same rules without places, numbers and sums.
CREATE FUNCTION append_one(
    p_id uuid, p_sender_id uuid, p_client_id uuid, p_conversation_id uuid, p_content text, p_digest bytea
) RETURNS TABLE (
    seq bigint, created_at timestamptz, user_low uuid, user_high uuid,
    sender_username text, sender_display_name text, sender_profile_image text
) LANGUAGE plpgsql
-- As for append_messages.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_cleared boolean;
    v_seq bigint;
    v_now timestamptz;
BEGIN
    -- What somebody else holds is left out.
    SELECT c.cleared AND c.kind = 'direct', u.username, u.display_name, u.profile_image
      INTO v_cleared, sender_username, sender_display_name, sender_profile_image
      FROM conversations c, users u
     WHERE c.id = p_conversation_id AND c.status = 'accepted' AND c.closed IS NULL AND u.id = p_sender_id
       FOR NO KEY UPDATE OF c SKIP LOCKED;
    -- Nobody who deleted it has it again by this.
    IF NOT FOUND OR v_cleared AND EXISTS (
        SELECT 1 FROM members g WHERE g.conversation_id = p_conversation_id AND g.cleared_seq > 0
           AND NOT EXISTS (SELECT 1 FROM messages x WHERE x.conversation_id = p_conversation_id AND x.seq > g.cleared_seq))
    THEN
        RETURN;
    END IF;
    v_now := clock_timestamp();
    -- A new statement with a new snapshot: it sees what was committed before the lock was granted.
    UPDATE conversations c SET head_seq = c.head_seq + 1, active_at = v_now, changed_at = v_now
     WHERE c.id = p_conversation_id
       AND (SELECT x.status FROM members x WHERE x.conversation_id = p_conversation_id
               AND x.user_id = p_sender_id LIMIT 1) = 'joined'
       -- As a range of one: see send_facts.
       AND (SELECT x.id FROM messages x WHERE (x.sender_id, x.conversation_id, x.client_id)
               BETWEEN (p_sender_id, p_conversation_id, p_client_id) AND (p_sender_id, p_conversation_id, p_client_id)
             LIMIT 1) IS NULL
    RETURNING c.head_seq, c.user_low, c.user_high INTO v_seq, user_low, user_high;
    IF FOUND THEN
        INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, digest, content, created_at)
        VALUES (p_id, p_conversation_id, v_seq, p_sender_id, p_client_id, p_digest, p_content, v_now);
        seq := v_seq;
        created_at := v_now;
        RETURN NEXT;
    END IF;
END $$;
COMMENT ON FUNCTION append_one IS
    'A row if it was stored. Else nothing is known but that it is not: it is for append_messages.';
