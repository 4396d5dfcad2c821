-- What a blocked person sees of whoever blocked them stays as it was then.
-- depends: 0014_quotes_of_the_deleted

ALTER TABLE blocks ADD COLUMN username text, ADD COLUMN display_name text, ADD COLUMN profile_image text;
UPDATE blocks b SET username = u.username, display_name = u.display_name, profile_image = u.profile_image
  FROM users u WHERE u.id = b.blocker_id;
ALTER TABLE blocks ALTER COLUMN username SET NOT NULL, ALTER COLUMN display_name SET NOT NULL;
COMMENT ON COLUMN blocks.username IS 'What the blocker was called at the block: with display_name and profile_image all that the blocked person sees of them.';
COMMENT ON COLUMN blocks.display_name IS 'What the blocker was shown as at the block.';
COMMENT ON COLUMN blocks.profile_image IS 'The blocker''s picture at the block.';
