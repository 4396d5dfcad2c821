CREATE FUNCTION mentioned(p_conversation uuid, p_names text, p_sender uuid, p_all_up_to integer) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    -- Each name is looked up by itself: what they cost does not grow with the members of a group.
    SELECT coalesce(array_agg(x.id ORDER BY x.id), '{}') FROM (
        SELECT (SELECT m.user_id FROM users u JOIN members m ON m.user_id = u.id
                 WHERE lower(u.username) = n AND u.deleted_at IS NULL
                   AND m.conversation_id = p_conversation AND m.status = 'joined' LIMIT 1) AS id
          FROM unnest(string_to_array(p_names, ' ')) n
        UNION ALL
        SELECT c.id FROM conversations c
         WHERE c.id = p_conversation AND c.kind = 'group' AND '@all' = ANY (string_to_array(p_names, ' '))
           AND (c.member_count <= p_all_up_to OR (
                  SELECT m.role FROM members m WHERE m.conversation_id = c.id AND m.user_id = p_sender
                     AND m.status = 'joined' LIMIT 1) IN ('owner', 'admin'))) x
     WHERE x.id IS NOT NULL
$$;
COMMENT ON FUNCTION mentioned IS 'The members of a conversation that are called by one of the names: lower case, with @, apart by spaces. The conversation itself: all of a group are, by @all, in one of more than p_all_up_to members by that of its owners and admins.';
