-- The roles of Attune's two databases, made once per cluster by whoever may create roles; safe to run again.
--
-- attune_owner  owns both databases and every table, runs migrations, serves nobody
-- attune_app    answers requests: owns nothing, bypasses nothing
-- attune_worker runs jobs: owns nothing, bypasses nothing
-- attune_keys   reaches the key store, and nothing else
DO $roles$
DECLARE
    role_name text;
BEGIN
    -- Two servers that start at the same moment would otherwise both find the role missing.
    PERFORM pg_advisory_xact_lock(hashtext('attune roles'));
    FOREACH role_name IN ARRAY ARRAY['attune_owner', 'attune_app', 'attune_worker', 'attune_keys'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format(
                'CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role_name);
        END IF;
    END LOOP;
END
$roles$;
