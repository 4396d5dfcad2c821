-- What of a file is shown, for store/files/files.py ``Shown``; NULL: it is not there any more.
CREATE FUNCTION file_shown(p_id uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(f.id, f.name, f.size, f.mime_type, f.width, f.height, f.duration, f.blur_hash, f.waveform,
                             f.waveform_state, f.forms ? 'sm')
      FROM files f WHERE f.id = p_id AND f.state = 'ready'
$$;
COMMENT ON FUNCTION file_shown IS 'A file as a JSON array of what is shown of it.';
