CREATE FUNCTION database_place() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
                     (SELECT oid FROM pg_database WHERE datname = current_database()), 'epoch'::regclass::oid)
$$;
COMMENT ON FUNCTION database_place IS
    'Where this database is: the cluster, its timeline, the database and a table in it. A dump that was loaded, a point-in-time recovery and a stand-by that was promoted are elsewhere; only copied files are not.';
