CREATE FUNCTION mentioned(p_conversation uuid, p_names text) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(u.id ORDER BY u.id), '{}') FROM members m JOIN users u ON u.id = m.user_id
     WHERE m.conversation_id = p_conversation AND m.status = 'joined' AND u.deleted_at IS NULL
       AND lower(u.username) = ANY (string_to_array(p_names, ' '))
$$;
COMMENT ON FUNCTION mentioned IS 'The members of a conversation that are called by one of the names: lower case, with @, apart by spaces.';
