-- The group commit of message sends: one call appends all sends that wait, each with its own outcome.
-- Which that is says judge_sends.sql; when a repeated client_id stands for something else, chatr/auth/digests.py.
CREATE FUNCTION append_messages(
    p_sends message_send[], p_pending_limit integer, p_cooldown interval, p_quoted_chars integer,
    p_all_up_to integer, p_pending_files boolean
) RETURNS TABLE (
    ord bigint, outcome text, message_id uuid, conversation_id uuid, seq bigint, created_at timestamptz,
    user_low uuid, user_high uuid, reply_to jsonb,
    sender_username text, sender_display_name text, sender_profile_image text, accepts boolean, back_for uuid[],
    mentions uuid[], quote_cleared_by uuid[], type text, file jsonb
) LANGUAGE plpgsql
-- Planning this costs more than running it: plan once a connection.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_locked uuid[];
    v_now timestamptz;
BEGIN
    SELECT array_agg(DISTINCT coalesce(s.conversation_id, pair.id)) INTO v_locked
      FROM unnest(p_sends) s
      LEFT JOIN LATERAL (
        SELECT p.id FROM conversations p WHERE s.conversation_id IS NULL
           AND p.user_low = least(s.sender_id, s.recipient_id) AND p.user_high = greatest(s.sender_id, s.recipient_id)
         LIMIT 1) pair ON true;
    -- Rows are locked in id order, so that two servers appending to the same conversations can't deadlock.
    PERFORM 1 FROM conversations c WHERE c.id = ANY (v_locked) ORDER BY c.id FOR NO KEY UPDATE;
    -- What becomes of a file meanwhile waits; what has become of it is seen.
    IF EXISTS (SELECT 1 FROM unnest(p_sends) s WHERE s.file_id IS NOT NULL) THEN
        PERFORM 1 FROM files f WHERE f.id = ANY (SELECT s.file_id FROM unnest(p_sends) s) ORDER BY f.id
            FOR NO KEY UPDATE;
    END IF;
    -- Taken under the locks: within one conversation, times follow seq.
    v_now := clock_timestamp();
    -- A new statement has a new snapshot: everything below sees what was committed before the locks were granted.
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT j.* FROM judge_sends(p_sends, v_locked, v_now, p_pending_limit, p_cooldown, p_quoted_chars, p_all_up_to,
                                        p_pending_files) j
    ), numbered AS MATERIALIZED (
        SELECT j.*, CASE WHEN j.outcome = 'created' THEN j.head_seq + count(*) FILTER (WHERE j.outcome = 'created')
                                                         OVER (PARTITION BY j.target ORDER BY j.ord) END AS seq
          FROM judged j
    ), added AS (
        INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, digest, type, content, created_at,
                              reply_to, mentions, file_id, group_id, link_preview)
        SELECT n.id, n.target, n.seq, n.sender_id, n.client_id, n.digest, n.type, n.content, v_now,
               n.quote, n.mentions, n.file_id, n.group_id, CASE WHEN n.link IS NULL THEN 'false'::jsonb END
          FROM numbered n WHERE n.outcome = 'created'
    ), moved AS (
        UPDATE conversations c SET head_seq = h.head, active_at = v_now, changed_at = v_now,
               -- The recipient of a request who answers accepts it.
               status = CASE WHEN h.answered THEN 'accepted' ELSE c.status END,
               -- A declined request that is written to again, after the cooldown, is a new one.
               requested_seq = CASE WHEN c.declined_at IS NOT NULL THEN c.head_seq ELSE c.requested_seq END,
               declined_at = NULL
          FROM (SELECT n.target, max(n.seq) AS head, bool_or(n.answers) AS answered
                  FROM numbered n WHERE n.outcome = 'created' GROUP BY n.target) h
         WHERE c.id = h.target AND c.id = ANY (v_locked)
    ), revealed AS (
        -- What was withheld while the request waited appears.
        UPDATE members m SET shown_delivered_seq = m.delivered_seq, changed_at = v_now,
               shown_read_seq = read_to_show(m)
         WHERE m.conversation_id IN (SELECT n.target FROM numbered n WHERE n.outcome = 'created' AND n.answers)
    )
    SELECT n.ord, n.outcome, CASE WHEN n.outcome = 'created' THEN n.id ELSE n.first_id END, n.target, n.seq, v_now,
           n.user_low, n.user_high, n.quote, n.username, n.display_name, n.profile_image,
           n.outcome = 'created' AND n.answers, n.back_for, n.mentions, n.quote_cleared_by,
           n.type, CASE WHEN n.file_id IS NOT NULL AND n.outcome = 'created' THEN file_shown(n.file_id) END
      FROM numbered n ORDER BY n.seq NULLS FIRST, n.ord;
    -- Apart: in the statement above it would cost each send without a link too.
    IF EXISTS (SELECT 1 FROM unnest(p_sends) s WHERE s.link <> '') THEN
        INSERT INTO preview_jobs (message_id, url)
        SELECT g.id, s.link FROM unnest(p_sends) s JOIN messages g ON g.id = s.id WHERE s.link <> '';
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(p_sends) s WHERE s.file_id IS NOT NULL) THEN
        UPDATE files f SET sent = true FROM unnest(p_sends) s JOIN messages g ON g.id = s.id WHERE f.id = g.file_id;
    END IF;
END $$;
COMMENT ON FUNCTION append_messages IS
    'Outcomes: see judge_sends; of a repeat message_id is the first one, NULL if that is in this very batch. accepts: the sender answered a request by this. Conversations that are not there are not made.';
