-- What goes after a while: texts that were unsent, and whatever else nobody sees any more.
-- depends: 0014_quotes_of_the_deleted

ALTER TABLE messages ADD COLUMN erased boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN messages.erased IS 'Unsent, and what it said is no more in the database (retention.unsent_days).';
CREATE INDEX messages_unsent ON messages (unsent_at) WHERE unsent_at IS NOT NULL AND NOT erased;
CREATE INDEX message_edits_at ON message_edits (edited_at);

CREATE INDEX sessions_expires ON sessions (expires_at);
CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;
CREATE INDEX codes_expires ON codes (expires_at);
CREATE INDEX outbound_dead ON outbound (dead_at) WHERE dead_at IS NOT NULL;

ALTER TABLE preview_images ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN preview_images.used_at IS 'When a preview last named it.';
COMMENT ON TABLE preview_images IS
    'Images of previews. Rows stay while a message names them; bodies go, and are fetched again when somebody asks.';
CREATE INDEX messages_preview_image ON messages ((link_preview->>'image')) WHERE link_preview->>'image' IS NOT NULL;
CREATE INDEX messages_preview_favicon ON messages ((link_preview->>'favicon')) WHERE link_preview->>'favicon' IS NOT NULL;
