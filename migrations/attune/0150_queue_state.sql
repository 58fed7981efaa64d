-- How the job queue stands, for whoever runs the server: no job's content, only how many and how late.
CREATE FUNCTION queue_state(OUT oldest_due_s double precision, OUT due bigint, OUT dead bigint)
    LANGUAGE plpgsql
    STABLE
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT COALESCE(EXTRACT(EPOCH FROM now() - min(run_at) FILTER (WHERE is_available AND run_at <= now())), 0),
           count(*) FILTER (WHERE is_available AND run_at <= now()),
           count(*) FILTER (WHERE attempts >= max_attempts AND locked_at IS NULL)
      INTO oldest_due_s, due, dead
      FROM graphile_worker._private_jobs;
END
$$;
REVOKE ALL ON FUNCTION queue_state() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_state() TO attune_worker;
