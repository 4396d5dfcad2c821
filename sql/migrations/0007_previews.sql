-- Link previews: of messages, what links led to, their images, and the messages that wait.
-- depends: 0006_messages

ALTER TABLE messages ADD COLUMN link_preview jsonb;
COMMENT ON COLUMN messages.link_preview IS
    'Wire form of the preview of the first link; NULL: none, or none yet; false: whoever wrote it wants none.';

CREATE TABLE previews (
    url text PRIMARY KEY,
    preview jsonb,
    fetched_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE previews IS 'What links led to, for a day; NULL: to nothing that can be shown, for minutes.';
COMMENT ON COLUMN previews.url IS 'In normal form (chatr.previews.links).';
CREATE INDEX previews_fetched ON previews (fetched_at);

CREATE TABLE preview_images (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    url text NOT NULL UNIQUE,
    media_type text,
    body bytea,
    fetched_at timestamptz
);
COMMENT ON TABLE preview_images IS 'Images of previews. Rows stay, as messages name them; bodies go, and are fetched again when somebody asks.';
COMMENT ON COLUMN preview_images.id IS 'Random: whoever knows it may see the image.';
COMMENT ON COLUMN preview_images.body IS 'NULL: not fetched yet or not kept any more, or, with fetched_at, nothing that can be shown.';
ALTER TABLE preview_images ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX preview_images_kept ON preview_images (fetched_at) WHERE body IS NOT NULL;

CREATE TABLE preview_jobs (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    url text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE preview_jobs IS 'Messages that wait for a preview: put by the send itself, so that none is forgotten.';
COMMENT ON COLUMN preview_jobs.due_at IS 'Next try. A claimed row is pushed into the future: a lease that a crash lets run out.';
CREATE INDEX preview_jobs_due ON preview_jobs (due_at);
