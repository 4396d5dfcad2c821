-- The rules of a row of conversations, looked at when one of their columns is named: not with each message.
-- PostgreSQL reads each CHECK from its text anew in each statement that changes a row: 20 µs of the 110 that one send cost it.
-- depends: 0005_entries

ALTER TABLE conversations
    DROP CONSTRAINT conversations_kind_check,
    DROP CONSTRAINT conversations_status_check,
    DROP CONSTRAINT conversations_closed_check,
    DROP CONSTRAINT conversations_join_policy_check,
    DROP CONSTRAINT conversations_invite_policy_check,
    DROP CONSTRAINT conversations_check,
    DROP CONSTRAINT conversations_check1;
CREATE FUNCTION check_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- As CHECK does it: what is null breaks no rule.
    IF (NEW.kind IN ('direct', 'group')
        AND NEW.status IN ('pending', 'accepted')
        AND NEW.closed IN ('blocked', 'deserted')
        AND NEW.join_policy IN ('closed', 'request', 'link')
        AND NEW.invite_policy IN ('admins', 'members')
        AND (NEW.kind = 'direct') = (NEW.user_low IS NOT NULL AND NEW.user_high IS NOT NULL)
        AND NEW.user_low < NEW.user_high) IS FALSE
    THEN
        RAISE check_violation USING MESSAGE = 'a row of conversations breaks a rule of check_conversation()',
            DETAIL = NEW::text, TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION check_conversation IS 'Refuses rows of conversations that break a rule.';
CREATE TRIGGER conversations_checked
    AFTER INSERT OR UPDATE OF kind, status, closed, join_policy, invite_policy, user_low, user_high ON conversations
    FOR EACH ROW EXECUTE FUNCTION check_conversation();
