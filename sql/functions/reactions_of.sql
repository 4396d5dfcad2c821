CREATE FUNCTION reactions_of(p_message uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('emoji', e.emoji, 'count', e.count, 'users', e.users) ORDER BY e.first)
      FROM (SELECT r.emoji, min(r.at) AS first, count(*) AS count,
                   jsonb_agg(jsonb_build_object('id', u.id, 'username', u.username) ORDER BY r.at)
                     FILTER (WHERE r.place <= 50) AS users
              FROM (SELECT x.*, row_number() OVER (PARTITION BY x.emoji ORDER BY x.at, x.user_id) AS place
                      FROM reactions x WHERE x.message_id = p_message) r
              JOIN users u ON u.id = r.user_id GROUP BY r.emoji) e
$$;
COMMENT ON FUNCTION reactions_of IS 'The emoji of a message in the order in which they came, each with how many chose it, and who of these did first: 50 at most, since every reaction tells all of them to everybody; wire form.';
