-- What was read while no receipts were given is not shown later either.
-- depends: 0011_pair_either_way

ALTER TABLE members ADD COLUMN unshown_read_seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN members.unshown_read_seq IS 'Up to where the person had read when they last read without giving receipts.';
