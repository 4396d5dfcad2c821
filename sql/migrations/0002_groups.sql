-- Groups: how each is kept, who is invited by whom, and links that let people in.
-- depends: 0001_schema

ALTER TABLE conversations
    ADD COLUMN join_policy text NOT NULL DEFAULT 'closed' CHECK (join_policy IN ('closed', 'request', 'link')),
    ADD COLUMN invite_policy text NOT NULL DEFAULT 'admins' CHECK (invite_policy IN ('admins', 'members')),
    ADD COLUMN history_visible boolean NOT NULL DEFAULT true,
    ADD COLUMN deleted_at timestamptz;
COMMENT ON COLUMN conversations.join_policy IS 'Group: who else comes in: nobody but the invited, whoever asks an admin, or whoever has a link.';
COMMENT ON COLUMN conversations.invite_policy IS 'Group: who may invite.';
COMMENT ON COLUMN conversations.history_visible IS 'Group: whether whoever joins sees what was before; if not, it is cleared for them.';
COMMENT ON COLUMN conversations.deleted_at IS 'Group: nobody is in it any more. Its members'' rows tell devices that come back later.';
CREATE INDEX conversations_deleted ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;

ALTER TABLE members
    ADD COLUMN invited_by uuid REFERENCES users,
    ADD COLUMN removed boolean NOT NULL DEFAULT false,
    ADD COLUMN since_seq bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT members_status_check,
    ADD CONSTRAINT members_status_check CHECK (status IN ('invited', 'requested', 'joined', 'left'));
COMMENT ON COLUMN members.status IS
    'Group: invited and not in yet, has asked to come in, is in, or is not any more (also who declined, or was refused).';
COMMENT ON COLUMN members.joined_at IS 'Since when they are in; of the invited and of those who have asked since when they are.';
COMMENT ON COLUMN members.removed IS 'Group: they are not in it because somebody removed them; links don''t let them in again.';
COMMENT ON COLUMN members.since_seq IS 'Group: the head of its log when they came. What was before counts as read by them, and they are no readers of it.';
COMMENT ON COLUMN members.invited_by IS 'Group: who invited them, if anybody did.';

ALTER TABLE approaches
    DROP CONSTRAINT approaches_kind_check,
    ADD CONSTRAINT approaches_kind_check CHECK (kind IN ('conversation', 'friend', 'invite'));
COMMENT ON TABLE approaches IS 'When somebody began a conversation with a stranger, asked to be a friend, or invited one to a group: so many in 24 hours. Older ones count no more.';

CREATE TABLE group_links (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    code text NOT NULL UNIQUE,
    made_by uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    uses_left integer CHECK (uses_left >= 0)
);
COMMENT ON TABLE group_links IS 'Links that let whoever has them into a group, while its join_policy is link.';
COMMENT ON COLUMN group_links.code IS 'Random, 128 bits. Admins may read it again, to hand it on.';
COMMENT ON COLUMN group_links.uses_left IS 'How many may still come in by it; NULL: any number.';
CREATE INDEX group_links_conversation ON group_links (conversation_id, created_at);

-- As before, but for a group that is deleted: its thousands of members are not counted down one by one.
CREATE OR REPLACE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE conversations
           SET member_count = member_count + (NEW.status = 'joined')::integer - (OLD.status = 'joined')::integer
         WHERE id = NEW.conversation_id AND kind = 'group' AND deleted_at IS NULL
           AND (NEW.status = 'joined') <> (OLD.status = 'joined');
    ELSE
        UPDATE conversations c SET member_count = c.member_count + CASE TG_OP WHEN 'INSERT' THEN n.count ELSE -n.count END
          FROM (SELECT x.conversation_id, count(*) FROM changed x WHERE x.status = 'joined' GROUP BY x.conversation_id) n
         WHERE c.id = n.conversation_id AND c.kind = 'group';
    END IF;
    RETURN NULL;
END $$;
