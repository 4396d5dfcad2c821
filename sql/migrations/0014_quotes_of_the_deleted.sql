-- Quotes name who wrote the original: they forget it when that person is deleted.
-- depends: 0013_combining_marks

ALTER TABLE users ADD COLUMN erasing_texts boolean NOT NULL DEFAULT false;
UPDATE users SET erasing_texts = true WHERE erasing;
UPDATE users SET erasing = true WHERE deleted_at IS NOT NULL;
COMMENT ON COLUMN users.erasing IS 'Deleted, and what names the person elsewhere is still being erased.';
COMMENT ON COLUMN users.erasing_texts IS 'With erasing: also what the person has written (messages.erase_deleted).';
