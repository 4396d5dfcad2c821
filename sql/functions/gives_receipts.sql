CREATE FUNCTION gives_receipts(p_user uuid) RETURNS boolean LANGUAGE sql STABLE AS
    $$ SELECT coalesce((u.privacy->>'readReceipts')::boolean, true) FROM users u WHERE u.id = p_user $$;
COMMENT ON FUNCTION gives_receipts IS 'Whether a person lets others see what they have read.';
