-- How many a group has, kept: lists show it, and to count thousands for each of their lines would take too long.
-- depends: 0023_retention

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
