-- All objects of a file are there: what is shown of it from now on; NULL: it was let go meanwhile.
CREATE FUNCTION file_ready(p_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    UPDATE files SET state = 'ready', state_at = clock_timestamp(),
           due_at = CASE WHEN waveform_state = 'pending' THEN clock_timestamp() END
     WHERE id = p_id AND state = 'arriving';
    RETURN CASE WHEN FOUND THEN file_shown(p_id) END;
END $$;
COMMENT ON FUNCTION file_ready IS 'Makes a file that has come in one that can be sent, and answers file_shown of it.';
