CREATE FUNCTION read_to_show(m members) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN m.read_seq > m.unshown_read_seq AND gives_receipts(m.user_id) THEN m.read_seq ELSE m.shown_read_seq END
$$;
COMMENT ON FUNCTION read_to_show IS 'What the others are shown of a member''s reading once nothing withholds it: not what was read without giving receipts.';
