CREATE FUNCTION database_place() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_table text := concat_ws(' ', (SELECT oid FROM pg_database WHERE datname = current_database()), 'epoch'::regclass::oid);
BEGIN
    RETURN concat_ws(' ', v_table, (SELECT system_identifier FROM pg_control_system()),
                     left(pg_walfile_name(pg_current_wal_lsn()), 8));
EXCEPTION WHEN insufficient_privilege THEN
    -- As a provider may have it.
    RETURN v_table;
END $$;
COMMENT ON FUNCTION database_place IS
    'Where this database is: the database and a table in it, the cluster and its timeline, as far as the account may ask. A dump that was loaded, a point-in-time recovery and a stand-by that was promoted are elsewhere; only copied files are not.';
