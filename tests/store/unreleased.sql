-- The schema of the last version before the first release, as pg_dump wrote it down.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE FUNCTION public.append_messages(p_ids uuid[], p_senders uuid[], p_clients uuid[], p_conversations uuid[], p_recipients uuid[], p_replies uuid[], p_contents text[], p_names text[], p_links text[], p_afters uuid[], p_pending_limit integer, p_cooldown interval) RETURNS TABLE(ord bigint, outcome text, message_id uuid, conversation_id uuid, seq bigint, created_at timestamp with time zone, user_low uuid, user_high uuid, reply_to jsonb, sender_username text, sender_display_name text, sender_profile_image text, accepts boolean, back_for uuid[], mentions uuid[], quote_cleared_by uuid[])
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    v_targets uuid[];
    v_now timestamptz;
BEGIN
    SELECT array_agg(DISTINCT coalesce(i.conversation, pair.id)) INTO v_targets
      FROM unnest(p_senders, p_conversations, p_recipients) AS i(sender, conversation, recipient)
      LEFT JOIN LATERAL (
        SELECT p.id FROM conversations p WHERE i.conversation IS NULL
           AND p.user_low = least(i.sender, i.recipient) AND p.user_high = greatest(i.sender, i.recipient)
         LIMIT 1) pair ON true;
    -- Rows are locked in id order, so that two servers appending to the same conversations can't deadlock.
    PERFORM 1 FROM conversations c WHERE c.id = ANY (v_targets) ORDER BY c.id FOR NO KEY UPDATE;
    -- Taken under the locks: within one conversation, times follow seq.
    v_now := clock_timestamp();
    -- A new statement has a new snapshot: everything below sees what was committed before the locks were granted.
    RETURN QUERY
    WITH items AS MATERIALIZED (
        SELECT i.ord, i.id, i.sender, i.client, i.reply, i.content, i.link, c.id AS target, c.user_low, c.user_high, c.head_seq,
               c.closed, c.declined_at, c.status = 'pending' AS pending, c.initiator_id = i.sender AS mine,
               u.username, u.display_name, u.profile_image, old.id AS old_id, r.id AS reply_id, r.snapshot,
               -- Whoever deleted what is quoted from the own view is not shown it again by that.
               CASE WHEN c.cleared AND r.id IS NOT NULL THEN (
                 SELECT array_agg(m.user_id) FROM members m WHERE m.conversation_id = c.id AND m.cleared_seq >= r.seq)
               END AS quote_cleared_by,
               EXISTS (SELECT 1 FROM members m WHERE m.conversation_id = c.id AND m.user_id = i.sender
                          AND m.status = 'joined') AS joined,
               -- Only looked at for a request that waits: at most a handful.
               CASE WHEN c.status = 'pending' AND c.initiator_id = i.sender AND c.declined_at IS NULL THEN (
                 SELECT count(*) FROM messages x WHERE x.conversation_id = c.id AND x.seq > c.requested_seq)
               ELSE 0 END AS asked,
               CASE WHEN c.cleared THEN (
                 SELECT array_agg(m.user_id) FROM members m WHERE m.conversation_id = c.id AND m.cleared_seq > 0
                    AND NOT EXISTS (SELECT 1 FROM messages x WHERE x.conversation_id = c.id AND x.seq > m.cleared_seq))
               END AS back_for,
               CASE WHEN i.names <> '' THEN mentioned(c.id, i.names) ELSE '{}' END AS mentions,
               CASE WHEN i.after IS NULL THEN false ELSE NOT EXISTS (
                 SELECT 1 FROM messages x WHERE x.sender_id = i.sender AND x.client_id = i.after) END AS early,
               row_number() OVER (PARTITION BY i.sender, i.client ORDER BY i.ord) AS attempt
          FROM unnest(p_ids, p_senders, p_clients, p_conversations, p_recipients, p_replies, p_contents, p_names, p_links,
                      p_afters)
               WITH ORDINALITY AS i(id, sender, client, conversation, recipient, reply, content, names, link, after, ord)
          LEFT JOIN LATERAL (
            SELECT p.id FROM conversations p WHERE i.conversation IS NULL
               AND p.user_low = least(i.sender, i.recipient) AND p.user_high = greatest(i.sender, i.recipient)
               -- One that came to be since the locks were taken is not locked: its send is repeated, like a first one.
               AND (p.id = ANY (v_targets)) IS TRUE LIMIT 1) pair ON true
          LEFT JOIN LATERAL (
            SELECT x.id, x.user_low, x.user_high, x.head_seq, x.closed, x.status, x.initiator_id, x.declined_at,
                   x.requested_seq, x.cleared
              FROM conversations x WHERE x.id = coalesce(i.conversation, pair.id) LIMIT 1) c ON true
          LEFT JOIN LATERAL (
            SELECT x.id FROM messages x WHERE x.sender_id = i.sender AND x.client_id = i.client LIMIT 1) old ON true
          LEFT JOIN LATERAL (
            SELECT x.id, x.seq, jsonb_build_object(
                     'id', x.id, 'senderName', y.display_name, 'type', x.type,
                     'content', CASE WHEN x.unsent_at IS NULL THEN left(x.content, 201) ELSE '' END)
                   || CASE WHEN x.unsent_at IS NULL THEN '{}'::jsonb ELSE '{"unsent": true}' END AS snapshot
              FROM messages x, LATERAL (SELECT z.display_name FROM users z WHERE z.id = x.sender_id LIMIT 1) y
             -- So that no index of conversations fits: by that one it would be a pass over the whole conversation.
             WHERE x.id = i.reply AND (x.conversation_id = c.id) IS TRUE AND x.type <> 'system'
               -- Nor does anybody quote what they have deleted from their own view.
               AND x.seq > coalesce((SELECT m.cleared_seq FROM members m WHERE m.conversation_id = c.id
                                        AND m.user_id = i.sender LIMIT 1), 0) LIMIT 1) r ON true
          LEFT JOIN LATERAL (
            SELECT x.username, x.display_name, x.profile_image FROM users x WHERE x.id = i.sender LIMIT 1) u ON true
    ), judged AS MATERIALIZED (
        SELECT x.*, CASE
            WHEN x.old_id IS NOT NULL OR x.attempt > 1 THEN 'repeat'
            -- Before all else: nothing is begun for what is not stored then.
            WHEN x.early THEN 'early'
            WHEN x.target IS NULL THEN 'no_conversation'
            WHEN NOT x.joined THEN 'not_member'
            WHEN x.closed IS NOT NULL THEN x.closed
            WHEN x.pending AND x.mine AND x.declined_at > v_now - p_cooldown THEN 'declined'
            WHEN x.reply IS NOT NULL AND x.reply_id IS NULL THEN 'no_reply_target'
            ELSE 'created' END AS verdict
          FROM items x
    ), bounded AS MATERIALIZED (
        SELECT j.*, CASE WHEN j.verdict = 'created' AND j.pending AND j.mine
                          AND j.asked + count(*) FILTER (WHERE j.verdict = 'created')
                                        OVER (PARTITION BY j.target, j.sender ORDER BY j.ord) > p_pending_limit
                         THEN 'waiting' ELSE j.verdict END AS outcome
          FROM judged j
    ), numbered AS MATERIALIZED (
        SELECT j.*, CASE WHEN j.outcome = 'created' THEN j.head_seq + count(*) FILTER (WHERE j.outcome = 'created')
                                                         OVER (PARTITION BY j.target ORDER BY j.ord) END AS seq
          FROM bounded j
    ), added AS (
        INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at, reply_to, mentions,
                              link_preview)
        SELECT n.id, n.target, n.seq, n.sender, n.client, n.content, v_now, n.snapshot, n.mentions,
               CASE WHEN n.link IS NULL THEN 'false'::jsonb END
          FROM numbered n WHERE n.outcome = 'created'
    ), logged AS (
        INSERT INTO log (conversation_id, seq, event, message_id, at)
        SELECT n.target, n.seq, 'message.received', n.id, v_now FROM numbered n WHERE n.outcome = 'created'
    ), moved AS (
        UPDATE conversations c SET head_seq = h.head, active_at = v_now, changed_at = v_now,
               -- The recipient of a request who answers accepts it.
               status = CASE WHEN h.answered THEN 'accepted' ELSE c.status END,
               -- A declined request that is written to again, after the cooldown, is a new one.
               requested_seq = CASE WHEN c.declined_at IS NOT NULL THEN c.head_seq ELSE c.requested_seq END,
               declined_at = NULL
          FROM (SELECT n.target, max(n.seq) AS head, bool_or(n.pending AND NOT n.mine) AS answered
                  FROM numbered n WHERE n.outcome = 'created' GROUP BY n.target) h
         WHERE c.id = h.target AND c.id = ANY (v_targets)
    ), revealed AS (
        -- What was withheld while the request waited appears.
        UPDATE members m SET shown_delivered_seq = m.delivered_seq, changed_at = v_now,
               shown_read_seq = read_to_show(m)
         WHERE m.conversation_id IN (SELECT n.target FROM numbered n WHERE n.outcome = 'created' AND n.pending
                                        AND NOT n.mine)
    )
    SELECT n.ord, n.outcome, CASE WHEN n.outcome = 'created' THEN n.id ELSE n.old_id END, n.target, n.seq, v_now,
           n.user_low, n.user_high, n.snapshot, n.username, n.display_name, n.profile_image,
           n.outcome = 'created' AND n.pending AND NOT n.mine, n.back_for, n.mentions,
           n.quote_cleared_by
      FROM numbered n ORDER BY n.seq NULLS FIRST, n.ord;
    -- Apart: in the statement above it would cost each send without a link too.
    IF array_to_string(p_links, '') <> '' THEN
        INSERT INTO preview_jobs (message_id, url)
        SELECT g.id, i.link FROM unnest(p_ids, p_links) i(id, link) JOIN messages g ON g.id = i.id WHERE i.link <> '';
    END IF;
END $$;
CREATE FUNCTION public.composed(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE WHEN octet_length(p_text) = length(p_text) THEN p_text ELSE normalize(p_text, NFC) END
$$;
CREATE FUNCTION public.gives_receipts(p_user uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$ SELECT coalesce((u.privacy->>'readReceipts')::boolean, true) FROM users u WHERE u.id = p_user $$;
CREATE FUNCTION public.mentioned(p_conversation uuid, p_names text) RETURNS uuid[]
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(array_agg(u.id ORDER BY u.id), '{}') FROM members m JOIN users u ON u.id = m.user_id
     WHERE m.conversation_id = p_conversation AND m.status = 'joined' AND u.deleted_at IS NULL
       AND lower(u.username) = ANY (string_to_array(p_names, ' '))
$$;
CREATE FUNCTION public.reactions_of(p_message uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_agg(jsonb_build_object('emoji', e.emoji, 'users', e.users) ORDER BY e.first)
      FROM (SELECT r.emoji, min(r.at) AS first,
                   jsonb_agg(jsonb_build_object('id', u.id, 'username', u.username) ORDER BY r.at) AS users
              FROM reactions r JOIN users u ON u.id = r.user_id WHERE r.message_id = p_message GROUP BY r.emoji) e
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.members (
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text DEFAULT 'member'::text NOT NULL,
    status text DEFAULT 'joined'::text NOT NULL,
    delivered_seq bigint DEFAULT 0 NOT NULL,
    read_seq bigint DEFAULT 0 NOT NULL,
    archived boolean DEFAULT false NOT NULL,
    pinned boolean DEFAULT false NOT NULL,
    muted_until timestamp with time zone,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    cleared_seq bigint DEFAULT 0 NOT NULL,
    shown_delivered_seq bigint DEFAULT 0 NOT NULL,
    shown_read_seq bigint DEFAULT 0 NOT NULL,
    unshown_read_seq bigint DEFAULT 0 NOT NULL,
    CONSTRAINT members_check CHECK ((read_seq <= delivered_seq)),
    CONSTRAINT members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text]))),
    CONSTRAINT members_status_check CHECK ((status = ANY (ARRAY['invited'::text, 'joined'::text, 'left'::text])))
)
WITH (fillfactor='80');
CREATE FUNCTION public.read_to_show(m public.members) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE WHEN m.read_seq > m.unshown_read_seq AND gives_receipts(m.user_id) THEN m.read_seq ELSE m.shown_read_seq END
$$;
CREATE FUNCTION public.search_text(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE WHEN octet_length(p_text) = length(p_text) THEN lower(p_text)
           ELSE regexp_replace(lower(composed(p_text)),
                               '([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])', '\1\1', 'g') END
$$;
CREATE TABLE public._yoyo_log (
    id character varying(36) NOT NULL,
    migration_hash character varying(64),
    migration_id character varying(255),
    operation character varying(10),
    username character varying(255),
    hostname character varying(255),
    comment character varying(255),
    created_at_utc timestamp without time zone
);
CREATE TABLE public._yoyo_migrations (
    migration_hash character varying(64) NOT NULL,
    migration_id character varying(255),
    applied_at_utc timestamp without time zone
);
CREATE TABLE public._yoyo_version (
    version integer NOT NULL,
    installed_at_utc timestamp without time zone
);
CREATE TABLE public.address_changes (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    former text,
    password_digest bytea NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT address_changes_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'phone'::text])))
);
CREATE TABLE public.approaches (
    user_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT approaches_kind_check CHECK ((kind = ANY (ARRAY['conversation'::text, 'friend'::text])))
);
CREATE TABLE public.blocks (
    id uuid NOT NULL,
    blocker_id uuid NOT NULL,
    blocked_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    username text NOT NULL,
    display_name text NOT NULL,
    profile_image text,
    CONSTRAINT blocks_check CHECK ((blocker_id <> blocked_id))
);
CREATE TABLE public.code_sends (
    id bigint NOT NULL,
    target bytea,
    sender bytea,
    sent_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
ALTER TABLE public.code_sends ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.code_sends_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.codes (
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    hash bytea,
    challenge_hash bytea,
    attempts integer DEFAULT 0 NOT NULL,
    sent_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    channel text DEFAULT 'email'::text NOT NULL,
    target text,
    attempts_by jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT codes_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text]))),
    CONSTRAINT codes_purpose_check CHECK ((purpose = ANY (ARRAY['email'::text, 'phone'::text, 'login'::text, 'reset'::text, 'change'::text])))
);
CREATE TABLE public.conversations (
    id uuid NOT NULL,
    kind text NOT NULL,
    status text DEFAULT 'accepted'::text NOT NULL,
    initiator_id uuid,
    user_low uuid,
    user_high uuid,
    title text,
    description text,
    head_seq bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    active_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closed text,
    declined_at timestamp with time zone,
    requested_seq bigint DEFAULT 0 NOT NULL,
    cleared boolean DEFAULT false NOT NULL,
    CONSTRAINT conversations_check CHECK (((kind = 'direct'::text) = ((user_low IS NOT NULL) AND (user_high IS NOT NULL)))),
    CONSTRAINT conversations_check1 CHECK ((user_low < user_high)),
    CONSTRAINT conversations_closed_check CHECK ((closed = ANY (ARRAY['blocked'::text, 'deserted'::text]))),
    CONSTRAINT conversations_kind_check CHECK ((kind = ANY (ARRAY['direct'::text, 'group'::text]))),
    CONSTRAINT conversations_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text])))
)
WITH (fillfactor='80');
CREATE TABLE public.friendships (
    id uuid NOT NULL,
    user_low uuid NOT NULL,
    user_high uuid NOT NULL,
    requester_id uuid NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    accepted_at timestamp with time zone,
    CONSTRAINT friendships_check CHECK ((user_low < user_high)),
    CONSTRAINT friendships_check1 CHECK (((requester_id = user_low) OR (requester_id = user_high)))
);
CREATE TABLE public.identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.known_places (
    user_id uuid NOT NULL,
    hash bytea NOT NULL,
    signed_in_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.listens (
    message_id uuid NOT NULL,
    user_id uuid NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.log (
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    event text NOT NULL,
    message_id uuid,
    data jsonb,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.message_edits (
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    previous_content text NOT NULL,
    edited_by uuid NOT NULL,
    edited_at timestamp with time zone NOT NULL
);
CREATE TABLE public.message_words (
    message_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    words tsvector NOT NULL,
    text text NOT NULL
);
CREATE TABLE public.messages (
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    sender_id uuid NOT NULL,
    client_id uuid NOT NULL,
    type text DEFAULT 'text'::text NOT NULL,
    content text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone,
    unsent_at timestamp with time zone,
    reply_to jsonb,
    mentions uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    link_preview jsonb,
    event text,
    user_ids uuid[],
    erased boolean DEFAULT false NOT NULL
);
CREATE TABLE public.oidc_logins (
    state_hash bytea NOT NULL,
    sealed bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.outbound (
    id uuid NOT NULL,
    channel text NOT NULL,
    payload bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    dead_at timestamp with time zone,
    CONSTRAINT outbound_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text])))
);
CREATE TABLE public.preview_images (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    url text NOT NULL,
    media_type text,
    body bytea,
    fetched_at timestamp with time zone,
    used_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.preview_images ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE public.preview_jobs (
    message_id uuid NOT NULL,
    url text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.previews (
    url text NOT NULL,
    preview jsonb,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.reactions (
    message_id uuid NOT NULL,
    user_id uuid NOT NULL,
    emoji text NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.recovery_codes (
    user_id uuid NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE public.refresh_tokens (
    hash bytea NOT NULL,
    session_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    used_at timestamp with time zone,
    used_by bytea,
    salt bytea
);
CREATE TABLE public.search_progress (
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    dictionary text NOT NULL,
    words_seq bigint NOT NULL
);
CREATE TABLE public.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    revoked_at timestamp with time zone,
    revoked_reason text
);
CREATE TABLE public.sign_in_tries (
    key bytea NOT NULL,
    tries integer DEFAULT 1 NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    locks integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    looks integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.tickets (
    hash bytea NOT NULL,
    session_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.users (
    id uuid NOT NULL,
    username text NOT NULL,
    email text,
    phone_number text,
    password_hash text NOT NULL,
    display_name text NOT NULL,
    first_name text,
    last_name text,
    gender text,
    profile_image text,
    cover_image text,
    role text DEFAULT 'user'::text NOT NULL,
    is_bot boolean DEFAULT false NOT NULL,
    email_verified_at timestamp with time zone,
    phone_verified_at timestamp with time zone,
    privacy jsonb DEFAULT '{}'::jsonb NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone,
    deleted_at timestamp with time zone,
    totp_secret bytea,
    totp_enabled_at timestamp with time zone,
    totp_last_step bigint,
    disabled_at timestamp with time zone,
    online_at timestamp with time zone,
    friends_changed_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    profile_changed_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    erasing boolean DEFAULT false NOT NULL,
    erasing_texts boolean DEFAULT false NOT NULL,
    registered_from bytea,
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['user'::text, 'guest'::text, 'support'::text, 'admin'::text])))
);
CREATE TABLE public.yoyo_lock (
    locked integer DEFAULT 1 NOT NULL,
    ctime timestamp without time zone,
    pid integer NOT NULL
);
INSERT INTO public._yoyo_migrations VALUES ('5631d76d872dcdc2e45d8444864e518079062cb43366a4d68eb5341ffcaf6fa2', '0001_foundation', '2026-11-26 21:21:03.341288');
INSERT INTO public._yoyo_migrations VALUES ('89bf6e4ce9d7fb4cb81cbccf2f5c1e64c94ce89473c2046763ea09bd931432cc', '0002_append_messages', '2026-11-26 21:21:03.343565');
INSERT INTO public._yoyo_migrations VALUES ('4db58dad72f018d9671c81377deb752e84bafb7111f97dfb1c135d583ba55203', '0003_outbound', '2026-11-26 21:21:03.345395');
INSERT INTO public._yoyo_migrations VALUES ('563da65c02f394d8a4e0bba87ab99b3bbaef4337e596963816c7796b94806fb7', '0004_accounts', '2026-11-26 21:21:03.351795');
INSERT INTO public._yoyo_migrations VALUES ('0b17b281ee15408a3e0bef7c09fac49eaf48aab3e5d786ef0621323ab15888fd', '0005_people', '2026-11-26 21:21:03.361208');
INSERT INTO public._yoyo_migrations VALUES ('b9a6ca52d652d33572ef4651d0485763b116894dd2accd6b26a12b8cbc43cdcc', '0006_messages', '2026-11-26 21:21:03.368956');
INSERT INTO public._yoyo_migrations VALUES ('743863faf7d2f26d90452f4d2784e0c11a791c145016d817525bc0852293241a', '0007_previews', '2026-11-26 21:21:03.373449');
INSERT INTO public._yoyo_migrations VALUES ('17070354e1123623fbfe733ccd549149e63f3357b5190a8ac989bba6ab4e772d', '0008_search', '2026-11-26 21:21:03.376172');
INSERT INTO public._yoyo_migrations VALUES ('799f783277e9ca84d881d7a80cd29b5146796c5bb6f3306ceb76ce78ecfabf83', '0009_erasing', '2026-11-26 21:21:03.393106');
INSERT INTO public._yoyo_migrations VALUES ('67e4fe6421c2bf9be68612734dae3c0abde1f91879add7f7c1ce8b645b3cd1a5', '0010_system_entries', '2026-11-26 21:21:03.394015');
INSERT INTO public._yoyo_migrations VALUES ('369df6a511d56e2f849a6f75e4f9d77fb4211e003cfc73df7fdcfaa77231400b', '0011_pair_either_way', '2026-11-26 21:21:03.39503');
INSERT INTO public._yoyo_migrations VALUES ('4028c6a4f48e23c22c5765c3b30961cc2bbb4c1afa41de9b757e74dcff059bc5', '0012_unshown_reading', '2026-11-26 21:21:03.396062');
INSERT INTO public._yoyo_migrations VALUES ('7b1e56ba924caf1bd18f5b62a83f0e0633c3babc28f85afa9a3ae3030f54c5d2', '0013_combining_marks', '2026-11-26 21:21:03.397562');
INSERT INTO public._yoyo_migrations VALUES ('8fc4c815e35891acadf4c9fca3b92a1e82c6ba64d78b96046401cbd564e82150', '0014_quotes_of_the_deleted', '2026-11-26 21:21:03.399142');
INSERT INTO public._yoyo_migrations VALUES ('9e0819761660eb33b0f79843cdaae17018ab07771226acb3b6fb66097680df2a', '0016_limits', '2026-11-26 21:21:03.4051');
INSERT INTO public._yoyo_migrations VALUES ('ba92c32a24e666cdfef7a3b3cf551618a2f3bea8c5c8d271ba870f90d9d0fa41', '0018_codes_and_addresses', '2026-11-26 21:21:03.412001');
INSERT INTO public._yoyo_migrations VALUES ('1ef1427b68a1bb2ca29ec9ce7ac2b557cec5912a7e23edd86c268547391f9ae1', '0019_refresh_again', '2026-11-26 21:21:03.412761');
INSERT INTO public._yoyo_migrations VALUES ('32aef3957c4f7a133254efe4300e997f12b5696ea4f680991bdeb3608dc4d511', '0021_faces', '2026-11-26 21:21:03.414605');
INSERT INTO public._yoyo_migrations VALUES ('7f0c99c71740f0888d0dacdcb0c503ad3342a7d5eddaec9cc8ba0219f1127e38', '0023_retention', '2026-11-26 21:21:03.418771');
INSERT INTO public._yoyo_version VALUES (2, '2026-11-26 21:21:03.267818');
SELECT pg_catalog.setval('public.code_sends_id_seq', 1, false);
ALTER TABLE ONLY public._yoyo_log
    ADD CONSTRAINT _yoyo_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public._yoyo_migrations
    ADD CONSTRAINT _yoyo_migrations_pkey PRIMARY KEY (migration_hash);
ALTER TABLE ONLY public._yoyo_version
    ADD CONSTRAINT _yoyo_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.address_changes
    ADD CONSTRAINT address_changes_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_id_key UNIQUE (id);
ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (blocker_id, blocked_id);
ALTER TABLE ONLY public.code_sends
    ADD CONSTRAINT code_sends_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.codes
    ADD CONSTRAINT codes_pkey PRIMARY KEY (user_id, purpose);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.friendships
    ADD CONSTRAINT friendships_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (issuer, subject);
ALTER TABLE ONLY public.known_places
    ADD CONSTRAINT known_places_pkey PRIMARY KEY (user_id, hash);
ALTER TABLE ONLY public.listens
    ADD CONSTRAINT listens_pkey PRIMARY KEY (message_id, user_id);
ALTER TABLE ONLY public.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (conversation_id, seq);
ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (conversation_id, user_id);
ALTER TABLE ONLY public.message_edits
    ADD CONSTRAINT message_edits_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.message_words
    ADD CONSTRAINT message_words_pkey PRIMARY KEY (message_id);
ALTER TABLE public.messages
    ADD CONSTRAINT messages_event CHECK (((type = 'system'::text) = (event IS NOT NULL))) NOT VALID;
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oidc_logins
    ADD CONSTRAINT oidc_logins_pkey PRIMARY KEY (state_hash);
ALTER TABLE ONLY public.outbound
    ADD CONSTRAINT outbound_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.preview_images
    ADD CONSTRAINT preview_images_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.preview_images
    ADD CONSTRAINT preview_images_url_key UNIQUE (url);
ALTER TABLE ONLY public.preview_jobs
    ADD CONSTRAINT preview_jobs_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.previews
    ADD CONSTRAINT previews_pkey PRIMARY KEY (url);
ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_pkey PRIMARY KEY (message_id, user_id);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, hash);
ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.search_progress
    ADD CONSTRAINT search_progress_pkey PRIMARY KEY (conversation_id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sign_in_tries
    ADD CONSTRAINT sign_in_tries_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.yoyo_lock
    ADD CONSTRAINT yoyo_lock_pkey PRIMARY KEY (locked);
CREATE INDEX address_changes_changed ON public.address_changes USING btree (changed_at);
CREATE INDEX address_changes_user ON public.address_changes USING btree (user_id, changed_at);
CREATE INDEX approaches_at ON public.approaches USING btree (at);
CREATE INDEX approaches_user ON public.approaches USING btree (user_id, kind, at);
CREATE INDEX blocks_blocked ON public.blocks USING btree (blocked_id);
CREATE INDEX code_sends_sender ON public.code_sends USING btree (sender, sent_at);
CREATE INDEX code_sends_sent ON public.code_sends USING btree (sent_at);
CREATE INDEX code_sends_target ON public.code_sends USING btree (target, sent_at);
CREATE UNIQUE INDEX codes_challenge ON public.codes USING btree (challenge_hash);
CREATE INDEX codes_expires ON public.codes USING btree (expires_at);
CREATE INDEX conversations_high ON public.conversations USING btree (user_high, user_low);
CREATE UNIQUE INDEX conversations_pair ON public.conversations USING btree (user_low, user_high);
CREATE INDEX friendships_high ON public.friendships USING btree (user_high);
CREATE UNIQUE INDEX friendships_pair ON public.friendships USING btree (user_low, user_high);
CREATE INDEX identities_user ON public.identities USING btree (user_id);
CREATE INDEX known_places_signed_in ON public.known_places USING btree (signed_in_at);
CREATE INDEX members_user ON public.members USING btree (user_id, conversation_id);
CREATE INDEX message_edits_at ON public.message_edits USING btree (edited_at);
CREATE INDEX message_edits_message ON public.message_edits USING btree (message_id, edited_at);
CREATE INDEX message_words_text ON public.message_words USING gin (text public.gin_trgm_ops);
CREATE INDEX message_words_words ON public.message_words USING gin (words);
CREATE UNIQUE INDEX messages_client ON public.messages USING btree (sender_id, client_id);
CREATE INDEX messages_preview_favicon ON public.messages USING btree (((link_preview ->> 'favicon'::text))) WHERE ((link_preview ->> 'favicon'::text) IS NOT NULL);
CREATE INDEX messages_preview_image ON public.messages USING btree (((link_preview ->> 'image'::text))) WHERE ((link_preview ->> 'image'::text) IS NOT NULL);
CREATE INDEX messages_replies ON public.messages USING btree (((reply_to ->> 'id'::text))) WHERE (reply_to IS NOT NULL);
CREATE UNIQUE INDEX messages_seq ON public.messages USING btree (conversation_id, seq);
CREATE INDEX messages_unsent ON public.messages USING btree (unsent_at) WHERE ((unsent_at IS NOT NULL) AND (NOT erased));
CREATE INDEX outbound_dead ON public.outbound USING btree (dead_at) WHERE (dead_at IS NOT NULL);
CREATE INDEX outbound_due ON public.outbound USING btree (due_at) WHERE (dead_at IS NULL);
CREATE INDEX preview_images_kept ON public.preview_images USING btree (fetched_at) WHERE (body IS NOT NULL);
CREATE INDEX preview_jobs_due ON public.preview_jobs USING btree (due_at);
CREATE INDEX previews_fetched ON public.previews USING btree (fetched_at);
CREATE INDEX reactions_user ON public.reactions USING btree (user_id);
CREATE INDEX refresh_tokens_session ON public.refresh_tokens USING btree (session_id);
CREATE INDEX refresh_tokens_used ON public.refresh_tokens USING btree (used_at) WHERE (used_at IS NOT NULL);
CREATE INDEX sessions_expires ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_revoked ON public.sessions USING btree (revoked_at) WHERE (revoked_at IS NOT NULL);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id) WHERE (revoked_at IS NULL);
CREATE INDEX sessions_user_ever ON public.sessions USING btree (user_id);
CREATE INDEX sign_in_tries_since ON public.sign_in_tries USING btree (since);
CREATE INDEX tickets_session ON public.tickets USING btree (session_id);
CREATE INDEX users_display_name_like ON public.users USING gin (lower(display_name) public.gin_trgm_ops);
CREATE INDEX users_display_name_prefix ON public.users USING btree (lower(display_name) text_pattern_ops);
CREATE UNIQUE INDEX users_email ON public.users USING btree (lower(email)) WHERE (email_verified_at IS NOT NULL);
CREATE INDEX users_email_any ON public.users USING btree (lower(email));
CREATE INDEX users_erasing ON public.users USING btree (id) WHERE erasing;
CREATE INDEX users_full_name_like ON public.users USING gin (lower(((COALESCE(first_name, ''::text) || ' '::text) || COALESCE(last_name, ''::text))) public.gin_trgm_ops);
CREATE UNIQUE INDEX users_phone_number ON public.users USING btree (phone_number) WHERE (phone_verified_at IS NOT NULL);
CREATE INDEX users_phone_unverified ON public.users USING btree (phone_number) WHERE (phone_verified_at IS NULL);
CREATE UNIQUE INDEX users_username ON public.users USING btree (lower(username));
CREATE INDEX users_username_like ON public.users USING gin (lower(username) public.gin_trgm_ops);
CREATE INDEX users_username_prefix ON public.users USING btree (lower(username) text_pattern_ops);
ALTER TABLE ONLY public.address_changes
    ADD CONSTRAINT address_changes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.approaches
    ADD CONSTRAINT approaches_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_blocker_id_fkey FOREIGN KEY (blocker_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.codes
    ADD CONSTRAINT codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_initiator_id_fkey FOREIGN KEY (initiator_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_user_high_fkey FOREIGN KEY (user_high) REFERENCES public.users(id);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_user_low_fkey FOREIGN KEY (user_low) REFERENCES public.users(id);
ALTER TABLE ONLY public.friendships
    ADD CONSTRAINT friendships_user_high_fkey FOREIGN KEY (user_high) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.friendships
    ADD CONSTRAINT friendships_user_low_fkey FOREIGN KEY (user_low) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.known_places
    ADD CONSTRAINT known_places_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.listens
    ADD CONSTRAINT listens_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.listens
    ADD CONSTRAINT listens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.log
    ADD CONSTRAINT log_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.message_edits
    ADD CONSTRAINT message_edits_edited_by_fkey FOREIGN KEY (edited_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.message_edits
    ADD CONSTRAINT message_edits_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.message_words
    ADD CONSTRAINT message_words_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.preview_jobs
    ADD CONSTRAINT preview_jobs_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_progress
    ADD CONSTRAINT search_progress_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;
