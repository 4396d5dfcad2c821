-- Revisions: numbers by which clients know which of two views is the newer one.
-- depends: 0024_member_count

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
