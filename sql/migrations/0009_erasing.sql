-- Taking back all that a deleted account has written.
-- depends: 0008_search

ALTER TABLE users ADD COLUMN erasing boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN users.erasing IS 'Deleted, and what the person has written is still being erased (messages.erase_deleted).';
CREATE INDEX users_erasing ON users (id) WHERE erasing;
CREATE INDEX messages_replies ON messages ((reply_to->>'id')) WHERE reply_to IS NOT NULL;
CREATE INDEX reactions_user ON reactions (user_id);
