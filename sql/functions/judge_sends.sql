-- Planned into the statement that asks, as send_facts. Whether a conversation begins as a request is decided before:
-- chatr/ops/conversations/conversations.py ``begin_direct``.
CREATE FUNCTION judge_sends(
    p_sends message_send[], p_locked uuid[], p_now timestamptz, p_pending_limit integer, p_cooldown interval,
    p_quoted_chars integer, p_all_up_to integer, p_pending_files boolean
) RETURNS TABLE (
    outcome text, ord bigint, id uuid, sender_id uuid, client_id uuid, content text, link text, digest bytea,
    first_id uuid, target uuid, user_low uuid, user_high uuid, head_seq bigint, answers boolean, back_for uuid[],
    mentions uuid[], quote jsonb, quote_cleared_by uuid[], username text, display_name text, profile_image text,
    type text, file_id uuid, group_id uuid
) LANGUAGE sql STABLE AS $$
    WITH judged AS (
        SELECT f.*, CASE
            WHEN f.first_id IS NOT NULL OR f.attempt > 1 THEN 'repeat'
            -- Before all else: nothing is begun for what is not stored then.
            WHEN f.early THEN 'early'
            WHEN f.target IS NULL THEN 'no_conversation'
            WHEN NOT f.joined THEN 'not_member'
            WHEN f.closed IS NOT NULL THEN f.closed
            WHEN f.pending AND f.mine AND f.declined_at > p_now - p_cooldown THEN 'declined'
            WHEN f.file_id IS NOT NULL AND f.file IS DISTINCT FROM 'free' THEN coalesce('file_' || f.file, 'no_file')
            WHEN f.file_id IS NOT NULL AND f.pending AND f.mine AND NOT p_pending_files THEN 'no_files_yet'
            WHEN f.reply_to_id IS NOT NULL AND f.original_id IS NULL THEN 'no_reply_target'
            ELSE 'created' END AS verdict
          FROM send_facts(p_sends, p_locked, p_quoted_chars, p_all_up_to) f
    )
    SELECT CASE WHEN j.verdict = 'created' AND j.pending AND j.mine
                 AND j.asked + count(*) FILTER (WHERE j.verdict = 'created')
                               OVER (PARTITION BY j.target, j.sender_id ORDER BY j.ord) > p_pending_limit
                THEN 'waiting' ELSE j.verdict END,
           j.ord, j.id, j.sender_id, j.client_id, j.content, j.link, j.digest, j.first_id, j.target, j.user_low,
           j.user_high, j.head_seq, j.pending AND NOT j.mine, j.back_for, j.mentions, j.quote, j.quote_cleared_by,
           j.username, j.display_name, j.profile_image, j.type, j.file_id, j.group_id
      FROM judged j
$$;
COMMENT ON FUNCTION judge_sends IS
    'What is to become of each of some sends. Outcomes: created, repeat, no_conversation, not_member, blocked and deserted (why the conversation is closed), declined (less than p_cooldown ago), waiting (the request has p_pending_limit messages), early (what it has to come after is not there), file_used (a message has it), no_file, no_files_yet (not before the recipient accepts), no_reply_target. answers: the sender accepts a request by this.';
