-- Of parts of words; whole ones are found by the dictionary: chatr/store/messages/search_terms.py.
CREATE FUNCTION search_text(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(p_text) = length(p_text) THEN lower(p_text)
           ELSE regexp_replace(lower(composed(p_text)),
                               '([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])', '\1\1', 'g') END
$$;
COMMENT ON FUNCTION search_text IS
    'What parts of words are looked up in: lower case; Chinese, Japanese and Korean letters twice, as words of two are usual there and the index knows three letters in a row. Whoever changes this fills message_words anew.';
