-- Search: letters with marks are the same however they are composed (Unicode Standard Annex 15, NFC).
-- depends: 0012_unshown_reading

CREATE FUNCTION composed(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(p_text) = length(p_text) THEN p_text ELSE normalize(p_text, NFC) END
$$;
COMMENT ON FUNCTION composed IS 'A text for search to look at: NFC.';

CREATE OR REPLACE FUNCTION search_text(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(p_text) = length(p_text) THEN lower(p_text)
           ELSE regexp_replace(lower(composed(p_text)),
                               '([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])', '\1\1', 'g') END
$$;

UPDATE message_words w SET text = search_text(g.content), words = to_tsvector(p.dictionary::regconfig, composed(g.content))
  FROM messages g JOIN search_progress p ON p.conversation_id = g.conversation_id
 WHERE g.id = w.message_id AND octet_length(g.content) > length(g.content) AND g.content IS NOT NFC NORMALIZED;
