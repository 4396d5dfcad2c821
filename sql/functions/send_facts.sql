-- Read only, one statement, no SET: so PostgreSQL puts it into the statement that asks, and plans the two as one.
CREATE FUNCTION send_facts(p_sends message_send[], p_locked uuid[], p_quoted_chars integer, p_all_up_to integer) RETURNS TABLE (
    ord bigint, id uuid, sender_id uuid, client_id uuid, reply_to_id uuid, content text, link text, digest bytea,
    attempt bigint, first_id uuid, early boolean,
    target uuid, user_low uuid, user_high uuid, head_seq bigint, closed text, declined_at timestamptz, pending boolean,
    mine boolean, joined boolean, asked bigint, back_for uuid[], mentions uuid[],
    original_id uuid, quote jsonb, quote_cleared_by uuid[],
    username text, display_name text, profile_image text, type text, file_id uuid, file text, group_id uuid
) LANGUAGE sql STABLE AS $$
    SELECT s.ord, s.id, s.sender_id, s.client_id, s.reply_to_id, s.content, s.link, s.digest,
           row_number() OVER (PARTITION BY coalesce(c.id, s.recipient_id), s.sender_id, s.client_id ORDER BY s.ord),
           earlier.id,
           -- Not EXISTS, which may be made into a pass over all. And a range of one, which only the index for it can
           -- answer: of a few hundred messages each of a conversation may seem to be as quick, and is for no longer.
           s.after_id IS NOT NULL AND (
             SELECT x.id FROM messages x WHERE (x.sender_id, x.conversation_id, x.client_id)
                    BETWEEN (s.sender_id, c.id, s.after_id) AND (s.sender_id, c.id, s.after_id) LIMIT 1) IS NULL,
           c.id, c.user_low, c.user_high, c.head_seq, c.closed, c.declined_at, c.status = 'pending',
           c.initiator_id = s.sender_id,
           (SELECT m.user_id FROM members m WHERE m.conversation_id = c.id AND m.user_id = s.sender_id
               AND m.status = 'joined' LIMIT 1) IS NOT NULL,
           -- Only looked at for a request that waits: at most a handful.
           CASE WHEN c.status = 'pending' AND c.initiator_id = s.sender_id AND c.declined_at IS NULL THEN (
             SELECT count(*) FROM messages x WHERE x.conversation_id = c.id AND x.seq > c.requested_seq)
           ELSE 0 END,
           -- A group is there for its members also while it has no message for them.
           CASE WHEN c.cleared AND c.kind = 'direct' THEN (
             SELECT array_agg(m.user_id) FROM members m
              WHERE m.conversation_id = c.id AND m.cleared_seq > 0
                AND NOT EXISTS (SELECT 1 FROM messages x WHERE x.conversation_id = c.id AND x.seq > m.cleared_seq))
           END,
           CASE WHEN s.names <> '' THEN mentioned(c.id, s.names, s.sender_id, p_all_up_to) ELSE '{}' END,
           r.id, r.quote,
           -- Whoever deleted what is quoted from the own view is not shown it again by that.
           CASE WHEN c.cleared AND r.id IS NOT NULL THEN (
             SELECT array_agg(m.user_id) FROM members m
              WHERE m.conversation_id = c.id AND m.status = 'joined' AND m.cleared_seq >= r.seq)
           END,
           u.username, u.display_name, u.profile_image,
           CASE WHEN s.file_id IS NULL THEN 'text' ELSE a.kind END, s.file_id,
           -- Of several in this batch the first has it.
           CASE WHEN s.file_id IS NOT NULL THEN CASE
             WHEN a.sent OR s.ord > (SELECT min(o.ord) FROM unnest(p_sends) WITH ORDINALITY
                                       AS o(id, sender_id, client_id, conversation_id, recipient_id, reply_to_id,
                                            after_id, content, names, link, digest, file_id, group_id, ord)
                                      WHERE o.file_id = s.file_id AND o.sender_id = s.sender_id) THEN 'used'
             WHEN a.id IS NOT NULL THEN 'free' END END, s.group_id
      FROM unnest(p_sends) WITH ORDINALITY AS s(id, sender_id, client_id, conversation_id, recipient_id, reply_to_id,
                                                after_id, content, names, link, digest, file_id,
                                                group_id, ord)
      LEFT JOIN LATERAL (
        SELECT p.id FROM conversations p WHERE s.conversation_id IS NULL
           AND p.user_low = least(s.sender_id, s.recipient_id) AND p.user_high = greatest(s.sender_id, s.recipient_id)
           -- One that came to be since the locks were taken is not locked: its send is repeated, like a first one.
           AND (p.id = ANY (p_locked)) IS TRUE LIMIT 1) pair ON true
      LEFT JOIN LATERAL (
        SELECT x.id, x.kind, x.user_low, x.user_high, x.head_seq, x.closed, x.status, x.initiator_id, x.declined_at,
               x.requested_seq, x.cleared
          FROM conversations x WHERE x.id = coalesce(s.conversation_id, pair.id) LIMIT 1) c ON true
      LEFT JOIN LATERAL (
        SELECT x.id FROM messages x WHERE (x.sender_id, x.conversation_id, x.client_id)
               BETWEEN (s.sender_id, c.id, s.client_id) AND (s.sender_id, c.id, s.client_id) LIMIT 1) earlier ON true
      LEFT JOIN LATERAL (
        SELECT x.id, x.seq, jsonb_build_object(
                 'id', x.id, 'senderName', y.display_name, 'type', x.type,
                 'content', CASE WHEN x.unsent_at IS NULL THEN left(x.content, p_quoted_chars) ELSE '' END)
               || CASE WHEN x.unsent_at IS NOT NULL THEN '{"unsent": true}'::jsonb
                       WHEN x.file_id IS NOT NULL THEN (
                         SELECT jsonb_strip_nulls(jsonb_build_object('fileName', y.name, 'duration', y.duration))
                           FROM files y WHERE y.id = x.file_id LIMIT 1)
                       ELSE '{}' END AS quote
          FROM messages x, LATERAL (SELECT z.display_name FROM users z WHERE z.id = x.sender_id LIMIT 1) y
         -- IS TRUE, so that no other index fits than that of ids: by conversation or by seq it would be a long pass.
         WHERE x.id = s.reply_to_id AND (x.conversation_id = c.id) IS TRUE AND x.type <> 'system'
           -- Nor does anybody quote what they have deleted from their own view.
           AND (x.seq > coalesce((SELECT m.cleared_seq FROM members m WHERE m.conversation_id = c.id
                                     AND m.user_id = s.sender_id LIMIT 1), 0)) IS TRUE LIMIT 1) r ON true
      LEFT JOIN LATERAL (
        SELECT x.username, x.display_name, x.profile_image FROM users x WHERE x.id = s.sender_id LIMIT 1) u ON true
      LEFT JOIN LATERAL (
        SELECT x.id, x.kind, x.sent FROM files x
         WHERE x.id = s.file_id AND (x.owner_id = s.sender_id AND x.state = 'ready' AND x.purpose = 'message') IS TRUE
         LIMIT 1) a ON true
$$;
COMMENT ON FUNCTION send_facts IS
    'What there is about each of some sends whose conversations are locked. Each look-up is of one row by index, so that a plan that was made while the tables were empty is right when they are full. attempt: which of several with the same client_id in these it is. first_id: the message that an earlier one with it has become. early: what it has to come after is not there. asked: the messages of a request that waits. back_for: who had deleted the conversation and has it again by this. quote_cleared_by: who has deleted what is quoted. file: free, used, or NULL: it is none of the sender''s.';
