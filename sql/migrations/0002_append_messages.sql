-- The group commit of message sends: one call appends all sends that wait, each with its own outcome.
-- depends: 0001_foundation

CREATE FUNCTION append_messages(
    p_ids uuid[], p_senders uuid[], p_clients uuid[], p_conversations uuid[], p_recipients uuid[],
    p_replies uuid[], p_contents text[]
) RETURNS TABLE (
    ord bigint, outcome text, message_id uuid, conversation_id uuid, seq bigint, created_at timestamptz,
    user_low uuid, user_high uuid, reply_to jsonb,
    sender_username text, sender_display_name text, sender_profile_image text
) LANGUAGE plpgsql
-- Planning this costs more than running it: plan once a connection. A plan made while the tables are small must still be
-- right when they are large: every access is by index, row by row.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_targets uuid[];
    v_now timestamptz;
BEGIN
    SELECT array_agg(DISTINCT coalesce(i.conversation, pair.id)) INTO v_targets
      FROM unnest(p_senders, p_conversations, p_recipients) AS i(sender, conversation, recipient)
      LEFT JOIN conversations pair ON i.conversation IS NULL
        AND pair.user_low = least(i.sender, i.recipient) AND pair.user_high = greatest(i.sender, i.recipient);
    -- Rows are locked in id order, so that two servers appending to the same conversations can't deadlock.
    PERFORM 1 FROM conversations c WHERE c.id = ANY (v_targets) ORDER BY c.id FOR NO KEY UPDATE;
    -- Taken under the locks: within one conversation, times follow seq.
    v_now := clock_timestamp();
    -- A new statement has a new snapshot: everything below sees what was committed before the locks were granted.
    RETURN QUERY
    WITH items AS MATERIALIZED (
        SELECT i.ord, i.id, i.sender, i.client, i.reply, i.content, c.id AS target, c.user_low, c.user_high, c.head_seq,
               u.username, u.display_name, u.profile_image,
               EXISTS (SELECT 1 FROM members m WHERE m.conversation_id = c.id AND m.user_id = i.sender
                          AND m.status = 'joined') AS joined,
               old.id AS old_id, r.id AS reply_id,
               row_number() OVER (PARTITION BY i.sender, i.client ORDER BY i.ord) AS attempt,
               CASE WHEN r.id IS NOT NULL THEN jsonb_build_object(
                   'id', r.id, 'senderName', ru.display_name, 'type', r.type,
                   'content', CASE WHEN r.unsent_at IS NULL THEN left(r.content, 200) ELSE '' END) END AS snapshot
          FROM unnest(p_ids, p_senders, p_clients, p_conversations, p_recipients, p_replies, p_contents)
               WITH ORDINALITY AS i(id, sender, client, conversation, recipient, reply, content, ord)
          LEFT JOIN conversations pair ON i.conversation IS NULL
            AND pair.user_low = least(i.sender, i.recipient) AND pair.user_high = greatest(i.sender, i.recipient)
          LEFT JOIN conversations c ON c.id = coalesce(i.conversation, pair.id)
          LEFT JOIN messages old ON old.sender_id = i.sender AND old.client_id = i.client
          LEFT JOIN messages r ON r.id = i.reply AND r.conversation_id = c.id
          LEFT JOIN users ru ON ru.id = r.sender_id
          LEFT JOIN users u ON u.id = i.sender
    ), judged AS MATERIALIZED (
        SELECT x.*, CASE
            WHEN x.old_id IS NOT NULL OR x.attempt > 1 THEN 'repeat'
            WHEN x.target IS NULL THEN 'no_conversation'
            WHEN NOT x.joined THEN 'not_member'
            WHEN x.reply IS NOT NULL AND x.reply_id IS NULL THEN 'no_reply_target'
            ELSE 'created' END AS outcome
          FROM items x
    ), numbered AS MATERIALIZED (
        SELECT j.*, j.head_seq + row_number() OVER (PARTITION BY j.target ORDER BY j.ord) AS seq
          FROM judged j WHERE j.outcome = 'created'
    ), added AS (
        INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at, reply_to)
        SELECT n.id, n.target, n.seq, n.sender, n.client, n.content, v_now, n.snapshot FROM numbered n
    ), logged AS (
        INSERT INTO log (conversation_id, seq, event, message_id, at)
        SELECT n.target, n.seq, 'message.received', n.id, v_now FROM numbered n
    ), moved AS (
        UPDATE conversations c SET head_seq = h.head, active_at = v_now, changed_at = v_now
          FROM (SELECT n.target, max(n.seq) AS head FROM numbered n GROUP BY n.target) h
         WHERE c.id = h.target
    )
    SELECT j.ord, j.outcome, coalesce(n.id, j.old_id), j.target, n.seq, v_now, j.user_low, j.user_high,
           n.snapshot, j.username, j.display_name, j.profile_image
      FROM judged j LEFT JOIN numbered n ON n.ord = j.ord
     ORDER BY n.seq NULLS FIRST, j.ord;
END $$;
COMMENT ON FUNCTION append_messages IS
    'Outcomes: created, repeat (message_id is the first one, null if it is in this very batch), no_conversation, not_member, no_reply_target.';
