-- Makes 0001_schema of the schema of the last version before the first release, whose last migration was 0023_retention.
CREATE TABLE epoch (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    server text,
    files text,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO epoch DEFAULT VALUES;
CREATE TABLE sql_functions (name text PRIMARY KEY, hash text NOT NULL);
ALTER TABLE messages ADD COLUMN digest bytea;
ALTER TABLE messages VALIDATE CONSTRAINT messages_event;
DROP INDEX messages_client;
CREATE UNIQUE INDEX messages_client ON messages (sender_id, conversation_id, client_id);
CREATE TYPE message_send AS (
    id uuid, sender_id uuid, client_id uuid, conversation_id uuid, recipient_id uuid, reply_to_id uuid, after_id uuid,
    content text, names text, link text, digest bytea
);
-- How many a group has, and revisions.
ALTER TABLE conversations ADD COLUMN member_count integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN conversations.member_count IS 'Group: how many have joined; triggers of members keep it. Direct: 0.';
UPDATE conversations c SET member_count = n.count
  FROM (SELECT conversation_id, count(*) FROM members WHERE status = 'joined' GROUP BY conversation_id) n
 WHERE c.id = n.conversation_id AND c.kind = 'group';

CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE conversations
           SET member_count = member_count + (NEW.status = 'joined')::integer - (OLD.status = 'joined')::integer
         WHERE id = NEW.conversation_id AND kind = 'group';
    ELSE
        UPDATE conversations c SET member_count = c.member_count + CASE TG_OP WHEN 'INSERT' THEN n.count ELSE -n.count END
          FROM (SELECT x.conversation_id, count(*) FROM changed x WHERE x.status = 'joined' GROUP BY x.conversation_id) n
         WHERE c.id = n.conversation_id AND c.kind = 'group';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION count_members IS 'Keeps conversations.member_count of groups.';
CREATE TRIGGER members_joined AFTER INSERT ON members REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_members();
CREATE TRIGGER members_gone AFTER DELETE ON members REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_members();
-- Marks never name the status: they pay nothing for it.
CREATE TRIGGER members_changed AFTER UPDATE OF status ON members
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION count_members();
-- What two people, or all, see of somebody: one sequence for both, so that the greater number is the newer view.
CREATE SEQUENCE revisions;

ALTER TABLE users
    ADD COLUMN revision bigint NOT NULL DEFAULT 0,
    ADD COLUMN profile_revision bigint NOT NULL DEFAULT 0,
    ADD COLUMN presence_revision bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN users.revision IS 'Grows with each change of what the person sees of the own account. From the sequence revisions.';
COMMENT ON COLUMN users.profile_revision IS 'Grows with each change of what anybody else sees of the person. From the sequence revisions.';
COMMENT ON COLUMN users.presence_revision IS 'Grows with each announcement of the person''s presence. Shown to nobody who may not see that.';

CREATE TABLE pairs (
    -- Checked at the end: whoever names somebody who is not there is refused before.
    user_low uuid NOT NULL REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    user_high uuid NOT NULL REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    revision bigint NOT NULL,
    PRIMARY KEY (user_low, user_high),
    CHECK (user_low < user_high)
) WITH (fillfactor = 80);
COMMENT ON TABLE pairs IS 'Two people who have, or had, something to do with each other: stays when friendships and blocks are gone.';
COMMENT ON COLUMN pairs.revision IS 'Grows with each change of how the two stand to each other. From the sequence revisions.';
CREATE INDEX pairs_high ON pairs (user_high);

ALTER TABLE conversations ADD COLUMN revision bigint NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN revision bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN conversations.revision IS
    'Counts the changes of what all members see of it beside its log. With members.revision the revision of a member''s view: their sum, as either grows alone.';
COMMENT ON COLUMN members.revision IS 'Counts the changes of what this member alone sees of the conversation, beside the watermarks.';

CREATE FUNCTION next_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION next_revision IS 'Counts a change of a row.';
-- Here, so that no statement that changes what is seen can forget it; by columns that neither sends nor marks change.
CREATE TRIGGER conversations_revision BEFORE UPDATE OF status, declined_at, title, description, member_count ON conversations
    FOR EACH ROW WHEN (
        (OLD.status, OLD.declined_at, OLD.title, OLD.description, OLD.member_count)
        IS DISTINCT FROM (NEW.status, NEW.declined_at, NEW.title, NEW.description, NEW.member_count))
    EXECUTE FUNCTION next_revision();
CREATE TRIGGER members_revision BEFORE UPDATE OF role, status, archived, pinned, muted_until, cleared_seq ON members
    FOR EACH ROW WHEN (
        (OLD.role, OLD.status, OLD.archived, OLD.pinned, OLD.muted_until, OLD.cleared_seq)
        IS DISTINCT FROM (NEW.role, NEW.status, NEW.archived, NEW.pinned, NEW.muted_until, NEW.cleared_seq))
    EXECUTE FUNCTION next_revision();
DELETE FROM _yoyo_migrations;
INSERT INTO _yoyo_migrations (migration_hash, migration_id, applied_at_utc)
VALUES (encode(sha256('0001_schema'), 'hex'), '0001_schema', now() AT TIME ZONE 'utc');
