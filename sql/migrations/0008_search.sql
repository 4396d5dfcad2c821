-- Search for parts of words, and by a dictionary of choice.
-- depends: 0007_previews

CREATE FUNCTION search_text(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(p_text) = length(p_text) THEN lower(p_text)
           ELSE regexp_replace(lower(p_text), '([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])',
                               '\1\1', 'g') END
$$;
COMMENT ON FUNCTION search_text IS
    'What parts of words are looked up in: lower case; Chinese, Japanese and Korean letters twice, as words of two are usual there and the index knows three letters in a row. Whoever changes this fills message_words anew.';

ALTER TABLE message_words ADD COLUMN text text;
COMMENT ON COLUMN message_words.text IS 'search_text of the content.';
UPDATE message_words w SET text = search_text(g.content) FROM messages g WHERE g.id = w.message_id;
ALTER TABLE message_words ALTER COLUMN text SET NOT NULL;
CREATE INDEX message_words_text ON message_words USING gin (text gin_trgm_ops);

ALTER TABLE search_progress
    ADD COLUMN dictionary text NOT NULL DEFAULT 'simple',
    ADD COLUMN words_seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN search_progress.words_seq IS
    'Up to where the words are by the dictionary; from here to seq they may be by one that was set before.';
UPDATE search_progress SET words_seq = seq;
ALTER TABLE search_progress ALTER COLUMN dictionary DROP DEFAULT, ALTER COLUMN words_seq DROP DEFAULT;
