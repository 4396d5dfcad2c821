CREATE FUNCTION current_epoch(p_files text DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_server text := database_place();
    v_id uuid;
BEGIN
    SELECT e.id INTO v_id FROM epoch e WHERE e.server = v_server AND (p_files IS NULL OR e.files = p_files);
    IF v_id IS NOT NULL THEN
        RETURN v_id;
    END IF;
    -- Of several who find it at once one changes it: the others look again, at what that one has written.
    UPDATE epoch e SET server = v_server, files = coalesce(p_files, e.files),
           id = CASE WHEN e.server <> v_server OR e.files <> p_files THEN gen_random_uuid() ELSE e.id END,
           began_at = CASE WHEN e.server <> v_server OR e.files <> p_files THEN clock_timestamp() ELSE e.began_at END
     WHERE e.server IS DISTINCT FROM v_server OR (p_files IS NOT NULL AND e.files IS DISTINCT FROM p_files);
    RETURN (SELECT e.id FROM epoch e);
END $$;
COMMENT ON FUNCTION current_epoch IS
    'The id of this database''s history: another one than before when the database is found at another place. p_files: which copy of its files this is, if that is known.';
