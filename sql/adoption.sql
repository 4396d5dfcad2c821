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
DELETE FROM _yoyo_migrations;
INSERT INTO _yoyo_migrations (migration_hash, migration_id, applied_at_utc)
VALUES (encode(sha256('0001_schema'), 'hex'), '0001_schema', now() AT TIME ZONE 'utc');
