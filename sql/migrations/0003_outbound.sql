-- Mail and SMS on their way out.
-- depends: 0002_append_messages

CREATE TABLE outbound (
    id uuid PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    error text,
    dead_at timestamptz
);
COMMENT ON TABLE outbound IS 'The queue: a row leaves when its letter is delivered; dead ones stay for the operator.';
COMMENT ON COLUMN outbound.payload IS 'Encrypted under the server key: it holds an address and often a code.';
COMMENT ON COLUMN outbound.due_at IS 'Next try. A claimed row is pushed into the future: a lease that a crash lets run out.';
COMMENT ON COLUMN outbound.error IS 'Why the last try failed: the other side''s code and sentence, never what was sent.';
CREATE INDEX outbound_due ON outbound (due_at) WHERE dead_at IS NULL;
