CREATE FUNCTION composed(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(p_text) = length(p_text) THEN p_text ELSE normalize(p_text, NFC) END
$$;
COMMENT ON FUNCTION composed IS 'A text for search to look at: NFC.';
