-- Files: what people send, images of people and groups, archives. What they hold is in storage (chatr/files).
-- depends: 0002_groups

CREATE TABLE files (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users,
    purpose text NOT NULL CHECK (purpose IN ('message', 'avatar', 'cover', 'export')),
    state text NOT NULL DEFAULT 'arriving' CHECK (state IN ('arriving', 'ready', 'leaving')),
    state_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL DEFAULT 'file' CHECK (kind IN ('image', 'audio', 'video', 'file')),
    name text NOT NULL,
    size bigint NOT NULL DEFAULT 0,
    mime_type text NOT NULL DEFAULT 'application/octet-stream',
    width integer,
    height integer,
    duration double precision,
    blur_hash text,
    sha256 bytea,
    waveform double precision[],
    waveform_state text CHECK (waveform_state IN ('pending', 'ready', 'failed')),
    forms jsonb NOT NULL DEFAULT '{}',
    stored_bytes bigint NOT NULL DEFAULT 0,
    sent boolean NOT NULL DEFAULT false,
    due_at timestamptz,
    tries smallint NOT NULL DEFAULT 0
);
COMMENT ON TABLE files IS 'A row is there before the first object in storage and until the last is gone: whatever is there has a row.';
COMMENT ON COLUMN files.state IS 'arriving: objects are being written; ready; leaving: objects are to go, and nothing shows it any more.';
COMMENT ON COLUMN files.forms IS 'The objects in storage: name of the form -> {type, size, width, height}.';
COMMENT ON COLUMN files.stored_bytes IS 'All forms together: what counts for the quota, but for archives.';
COMMENT ON COLUMN files.sha256 IS 'Of what came in: tells a repeated upload from another.';
COMMENT ON COLUMN files.sent IS 'A message has it.';
COMMENT ON COLUMN files.waveform IS '100 numbers from 0 to 1; while waveform_state is pending what the recorder said, if anything.';
COMMENT ON COLUMN files.due_at IS 'When a process may take what is left to do about it: its waveform, its archive, its end.';
COMMENT ON COLUMN files.tries IS 'How often that was tried.';
CREATE INDEX files_owner ON files (owner_id) INCLUDE (kind, stored_bytes, purpose) WHERE state <> 'leaving';
CREATE INDEX files_due ON files (state, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX files_loose ON files (state_at)
    WHERE state <> 'leaving' AND NOT sent AND (state = 'arriving' OR purpose IN ('message', 'export'));

ALTER TABLE messages
    ADD COLUMN file_id uuid REFERENCES files,
    ADD COLUMN group_id uuid;
COMMENT ON COLUMN messages.file_id IS 'The file that it is, of which content is the caption: no other message has it.';
COMMENT ON COLUMN messages.group_id IS 'By the client: files that were sent together.';
CREATE UNIQUE INDEX messages_file ON messages (file_id) WHERE file_id IS NOT NULL;
-- Images and videos are looked at together.
CREATE INDEX messages_files
    ON messages (conversation_id, (CASE WHEN type IN ('image', 'video') THEN 'media' ELSE type END), seq)
    WHERE file_id IS NOT NULL AND unsent_at IS NULL;
ALTER TYPE message_send ADD ATTRIBUTE file_id uuid, ADD ATTRIBUTE group_id uuid;
COMMENT ON COLUMN message_send.file_id IS 'A file of the sender that no message has yet.';

-- A trigger, so that nothing that takes a message away can forget its file.
CREATE FUNCTION let_file_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE files SET state = 'leaving', state_at = clock_timestamp(), sent = false, due_at = clock_timestamp()
     WHERE id = OLD.file_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION let_file_go IS 'The file of a message that is no more, or has it no more, goes.';
CREATE TRIGGER messages_gone AFTER DELETE ON messages
    FOR EACH ROW WHEN (OLD.file_id IS NOT NULL) EXECUTE FUNCTION let_file_go();
CREATE TRIGGER messages_file_gone AFTER UPDATE OF file_id ON messages
    FOR EACH ROW WHEN (OLD.file_id IS DISTINCT FROM NEW.file_id AND OLD.file_id IS NOT NULL)
    EXECUTE FUNCTION let_file_go();

ALTER TABLE conversations
    ADD COLUMN profile_image text,
    ADD COLUMN cover_image text,
    ADD COLUMN left_at timestamptz;
COMMENT ON COLUMN conversations.profile_image IS 'Group: where its image is served from.';
COMMENT ON COLUMN conversations.left_at IS 'Group: when somebody was in it for the last time. Links to files that were told to all before that don''t open.';
DROP TRIGGER conversations_revision ON conversations;
CREATE TRIGGER conversations_revision
    BEFORE UPDATE OF status, declined_at, title, description, profile_image, cover_image, member_count ON conversations
    FOR EACH ROW WHEN (
        (OLD.status, OLD.declined_at, OLD.title, OLD.description, OLD.profile_image, OLD.cover_image, OLD.member_count)
        IS DISTINCT FROM
        (NEW.status, NEW.declined_at, NEW.title, NEW.description, NEW.profile_image, NEW.cover_image, NEW.member_count))
    EXECUTE FUNCTION next_revision();

-- As before, but that it keeps when somebody left.
CREATE OR REPLACE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE conversations
           SET member_count = member_count + (NEW.status = 'joined')::integer - (OLD.status = 'joined')::integer,
               left_at = CASE WHEN OLD.status = 'joined' THEN clock_timestamp() ELSE left_at END
         WHERE id = NEW.conversation_id AND kind = 'group' AND deleted_at IS NULL
           AND (NEW.status = 'joined') <> (OLD.status = 'joined');
    ELSE
        UPDATE conversations c SET member_count = c.member_count + CASE TG_OP WHEN 'INSERT' THEN n.count ELSE -n.count END
          FROM (SELECT x.conversation_id, count(*) FROM changed x WHERE x.status = 'joined' GROUP BY x.conversation_id) n
         WHERE c.id = n.conversation_id AND c.kind = 'group';
    END IF;
    RETURN NULL;
END $$;
