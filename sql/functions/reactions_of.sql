CREATE FUNCTION reactions_of(p_message uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('emoji', e.emoji, 'users', e.users) ORDER BY e.first)
      FROM (SELECT r.emoji, min(r.at) AS first,
                   jsonb_agg(jsonb_build_object('id', u.id, 'username', u.username) ORDER BY r.at) AS users
              FROM reactions r JOIN users u ON u.id = r.user_id WHERE r.message_id = p_message GROUP BY r.emoji) e
$$;
COMMENT ON FUNCTION reactions_of IS 'The emoji of a message in the order in which they came, each with who chose it; wire form.';
