-- The SQL functions, as they are now. Run after every migration: a change here comes with one, be it an empty one.

CREATE OR REPLACE FUNCTION gives_receipts(p_user uuid) RETURNS boolean LANGUAGE sql STABLE AS
    $$ SELECT coalesce((u.privacy->>'readReceipts')::boolean, true) FROM users u WHERE u.id = p_user $$;
COMMENT ON FUNCTION gives_receipts IS 'Whether a person lets others see what they have read.';

CREATE OR REPLACE FUNCTION read_to_show(m members) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN m.read_seq > m.unshown_read_seq AND gives_receipts(m.user_id) THEN m.read_seq ELSE m.shown_read_seq END
$$;
COMMENT ON FUNCTION read_to_show IS 'What the others are shown of a member''s reading once nothing withholds it: not what was read without giving receipts.';

CREATE OR REPLACE FUNCTION reactions_of(p_message uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('emoji', e.emoji, 'users', e.users) ORDER BY e.first)
      FROM (SELECT r.emoji, min(r.at) AS first,
                   jsonb_agg(jsonb_build_object('id', u.id, 'username', u.username) ORDER BY r.at) AS users
              FROM reactions r JOIN users u ON u.id = r.user_id WHERE r.message_id = p_message GROUP BY r.emoji) e
$$;
COMMENT ON FUNCTION reactions_of IS 'The emoji of a message in the order in which they came, each with who chose it; wire form.';

CREATE OR REPLACE FUNCTION mentioned(p_conversation uuid, p_names text) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(u.id ORDER BY u.id), '{}') FROM members m JOIN users u ON u.id = m.user_id
     WHERE m.conversation_id = p_conversation AND m.status = 'joined' AND u.deleted_at IS NULL
       AND lower(u.username) = ANY (string_to_array(p_names, ' '))
$$;
COMMENT ON FUNCTION mentioned IS 'The members of a conversation that are called by one of the names: lower case, with @, apart by spaces.';

-- The group commit of message sends: one call appends all sends that wait, each with its own outcome.
DROP FUNCTION IF EXISTS append_messages(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[]);
DROP FUNCTION IF EXISTS append_messages(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[], integer, interval);
DROP FUNCTION IF EXISTS append_messages(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[], text[], integer, interval);
DROP FUNCTION IF EXISTS append_messages(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[], text[], text[], integer, interval);
CREATE OR REPLACE FUNCTION append_messages(
    p_ids uuid[], p_senders uuid[], p_clients uuid[], p_conversations uuid[], p_recipients uuid[],
    p_replies uuid[], p_contents text[], p_names text[], p_links text[], p_afters uuid[], p_pending_limit integer,
    p_cooldown interval
) RETURNS TABLE (
    ord bigint, outcome text, message_id uuid, conversation_id uuid, seq bigint, created_at timestamptz,
    user_low uuid, user_high uuid, reply_to jsonb,
    sender_username text, sender_display_name text, sender_profile_image text, accepts boolean, back_for uuid[], mentions uuid[],
    quote_cleared_by uuid[]
) LANGUAGE plpgsql
-- Planning this costs more than running it: plan once a connection. A plan made while the tables are empty must still be
-- right when they are full: each look-up is a subquery of one row by index, which can't be turned into a pass over a table.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_targets uuid[];
    v_now timestamptz;
BEGIN
    SELECT array_agg(DISTINCT coalesce(i.conversation, pair.id)) INTO v_targets
      FROM unnest(p_senders, p_conversations, p_recipients) AS i(sender, conversation, recipient)
      LEFT JOIN LATERAL (
        SELECT p.id FROM conversations p WHERE i.conversation IS NULL
           AND p.user_low = least(i.sender, i.recipient) AND p.user_high = greatest(i.sender, i.recipient)
         LIMIT 1) pair ON true;
    -- Rows are locked in id order, so that two servers appending to the same conversations can't deadlock.
    PERFORM 1 FROM conversations c WHERE c.id = ANY (v_targets) ORDER BY c.id FOR NO KEY UPDATE;
    -- Taken under the locks: within one conversation, times follow seq.
    v_now := clock_timestamp();
    -- A new statement has a new snapshot: everything below sees what was committed before the locks were granted.
    RETURN QUERY
    WITH items AS MATERIALIZED (
        SELECT i.ord, i.id, i.sender, i.client, i.reply, i.content, i.link, c.id AS target, c.user_low, c.user_high, c.head_seq,
               c.closed, c.declined_at, c.status = 'pending' AS pending, c.initiator_id = i.sender AS mine,
               u.username, u.display_name, u.profile_image, old.id AS old_id, r.id AS reply_id, r.snapshot,
               -- Whoever deleted what is quoted from the own view is not shown it again by that.
               CASE WHEN c.cleared AND r.id IS NOT NULL THEN (
                 SELECT array_agg(m.user_id) FROM members m WHERE m.conversation_id = c.id AND m.cleared_seq >= r.seq)
               END AS quote_cleared_by,
               EXISTS (SELECT 1 FROM members m WHERE m.conversation_id = c.id AND m.user_id = i.sender
                          AND m.status = 'joined') AS joined,
               -- Only looked at for a request that waits: at most a handful.
               CASE WHEN c.status = 'pending' AND c.initiator_id = i.sender AND c.declined_at IS NULL THEN (
                 SELECT count(*) FROM messages x WHERE x.conversation_id = c.id AND x.seq > c.requested_seq)
               ELSE 0 END AS asked,
               CASE WHEN c.cleared THEN (
                 SELECT array_agg(m.user_id) FROM members m WHERE m.conversation_id = c.id AND m.cleared_seq > 0
                    AND NOT EXISTS (SELECT 1 FROM messages x WHERE x.conversation_id = c.id AND x.seq > m.cleared_seq))
               END AS back_for,
               CASE WHEN i.names <> '' THEN mentioned(c.id, i.names) ELSE '{}' END AS mentions,
               CASE WHEN i.after IS NULL THEN false ELSE NOT EXISTS (
                 SELECT 1 FROM messages x WHERE x.sender_id = i.sender AND x.client_id = i.after) END AS early,
               row_number() OVER (PARTITION BY i.sender, i.client ORDER BY i.ord) AS attempt
          FROM unnest(p_ids, p_senders, p_clients, p_conversations, p_recipients, p_replies, p_contents, p_names, p_links,
                      p_afters)
               WITH ORDINALITY AS i(id, sender, client, conversation, recipient, reply, content, names, link, after, ord)
          LEFT JOIN LATERAL (
            SELECT p.id FROM conversations p WHERE i.conversation IS NULL
               AND p.user_low = least(i.sender, i.recipient) AND p.user_high = greatest(i.sender, i.recipient)
               -- One that came to be since the locks were taken is not locked: its send is repeated, like a first one.
               AND (p.id = ANY (v_targets)) IS TRUE LIMIT 1) pair ON true
          LEFT JOIN LATERAL (
            SELECT x.id, x.user_low, x.user_high, x.head_seq, x.closed, x.status, x.initiator_id, x.declined_at,
                   x.requested_seq, x.cleared
              FROM conversations x WHERE x.id = coalesce(i.conversation, pair.id) LIMIT 1) c ON true
          LEFT JOIN LATERAL (
            SELECT x.id FROM messages x WHERE x.sender_id = i.sender AND x.client_id = i.client LIMIT 1) old ON true
          LEFT JOIN LATERAL (
            SELECT x.id, x.seq, jsonb_build_object(
                     'id', x.id, 'senderName', y.display_name, 'type', x.type,
                     'content', CASE WHEN x.unsent_at IS NULL THEN left(x.content, 201) ELSE '' END)
                   || CASE WHEN x.unsent_at IS NULL THEN '{}'::jsonb ELSE '{"unsent": true}' END AS snapshot
              FROM messages x, LATERAL (SELECT z.display_name FROM users z WHERE z.id = x.sender_id LIMIT 1) y
             -- So that no index of conversations fits: by that one it would be a pass over the whole conversation.
             WHERE x.id = i.reply AND (x.conversation_id = c.id) IS TRUE AND x.type <> 'system'
               -- Nor does anybody quote what they have deleted from their own view.
               AND x.seq > coalesce((SELECT m.cleared_seq FROM members m WHERE m.conversation_id = c.id
                                        AND m.user_id = i.sender LIMIT 1), 0) LIMIT 1) r ON true
          LEFT JOIN LATERAL (
            SELECT x.username, x.display_name, x.profile_image FROM users x WHERE x.id = i.sender LIMIT 1) u ON true
    ), judged AS MATERIALIZED (
        SELECT x.*, CASE
            WHEN x.old_id IS NOT NULL OR x.attempt > 1 THEN 'repeat'
            -- Before all else: nothing is begun for what is not stored then.
            WHEN x.early THEN 'early'
            WHEN x.target IS NULL THEN 'no_conversation'
            WHEN NOT x.joined THEN 'not_member'
            WHEN x.closed IS NOT NULL THEN x.closed
            WHEN x.pending AND x.mine AND x.declined_at > v_now - p_cooldown THEN 'declined'
            WHEN x.reply IS NOT NULL AND x.reply_id IS NULL THEN 'no_reply_target'
            ELSE 'created' END AS verdict
          FROM items x
    ), bounded AS MATERIALIZED (
        SELECT j.*, CASE WHEN j.verdict = 'created' AND j.pending AND j.mine
                          AND j.asked + count(*) FILTER (WHERE j.verdict = 'created')
                                        OVER (PARTITION BY j.target, j.sender ORDER BY j.ord) > p_pending_limit
                         THEN 'waiting' ELSE j.verdict END AS outcome
          FROM judged j
    ), numbered AS MATERIALIZED (
        SELECT j.*, CASE WHEN j.outcome = 'created' THEN j.head_seq + count(*) FILTER (WHERE j.outcome = 'created')
                                                         OVER (PARTITION BY j.target ORDER BY j.ord) END AS seq
          FROM bounded j
    ), added AS (
        INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at, reply_to, mentions,
                              link_preview)
        SELECT n.id, n.target, n.seq, n.sender, n.client, n.content, v_now, n.snapshot, n.mentions,
               CASE WHEN n.link IS NULL THEN 'false'::jsonb END
          FROM numbered n WHERE n.outcome = 'created'
    ), logged AS (
        INSERT INTO log (conversation_id, seq, event, message_id, at)
        SELECT n.target, n.seq, 'message.received', n.id, v_now FROM numbered n WHERE n.outcome = 'created'
    ), moved AS (
        UPDATE conversations c SET head_seq = h.head, active_at = v_now, changed_at = v_now,
               -- The recipient of a request who answers accepts it.
               status = CASE WHEN h.answered THEN 'accepted' ELSE c.status END,
               -- A declined request that is written to again, after the cooldown, is a new one.
               requested_seq = CASE WHEN c.declined_at IS NOT NULL THEN c.head_seq ELSE c.requested_seq END,
               declined_at = NULL
          FROM (SELECT n.target, max(n.seq) AS head, bool_or(n.pending AND NOT n.mine) AS answered
                  FROM numbered n WHERE n.outcome = 'created' GROUP BY n.target) h
         WHERE c.id = h.target AND c.id = ANY (v_targets)
    ), revealed AS (
        -- What was withheld while the request waited appears.
        UPDATE members m SET shown_delivered_seq = m.delivered_seq, changed_at = v_now,
               shown_read_seq = read_to_show(m)
         WHERE m.conversation_id IN (SELECT n.target FROM numbered n WHERE n.outcome = 'created' AND n.pending
                                        AND NOT n.mine)
    )
    SELECT n.ord, n.outcome, CASE WHEN n.outcome = 'created' THEN n.id ELSE n.old_id END, n.target, n.seq, v_now,
           n.user_low, n.user_high, n.snapshot, n.username, n.display_name, n.profile_image,
           n.outcome = 'created' AND n.pending AND NOT n.mine, n.back_for, n.mentions,
           n.quote_cleared_by
      FROM numbered n ORDER BY n.seq NULLS FIRST, n.ord;
    -- Apart: in the statement above it would cost each send without a link too.
    IF array_to_string(p_links, '') <> '' THEN
        INSERT INTO preview_jobs (message_id, url)
        SELECT g.id, i.link FROM unnest(p_ids, p_links) i(id, link) JOIN messages g ON g.id = i.id WHERE i.link <> '';
    END IF;
END $$;
COMMENT ON FUNCTION append_messages IS
    'Outcomes: created, repeat (message_id is the first one, null if it is in this very batch), no_conversation, not_member, blocked and deserted (why the conversation is closed), declined (a while ago), waiting (the request has as many messages as it may), early (what it has to come after is not there), no_reply_target. accepts: the sender answered a request by this. back_for: who had deleted the conversation and has it again. quote_cleared_by: who has deleted what is quoted. p_links: what to look for a preview at; empty: nothing, null: whoever writes it wants none.';
