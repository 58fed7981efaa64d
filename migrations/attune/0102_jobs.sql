-- The one way into the queue of jobs, whose own tables answer only to its owner and to the worker. It runs with its
-- owner's rights, so its search path is fixed, it takes ids and times alone, and it knows every task by name. The
-- queue's schema is installed by the job runner's own migrations; the body below is bound when it is first called.
CREATE FUNCTION enqueue_job(task text, tenant_id uuid, meeting_id uuid, key text, run_at timestamptz) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF task NOT IN ('make_report', 'suspend_meeting') THEN
        RAISE EXCEPTION 'no task of this name' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM graphile_worker.add_job(
        identifier => task,
        payload    => json_build_object('tenant_id', tenant_id, 'meeting_id', meeting_id),
        run_at     => run_at,
        job_key    => key);
END
$$;
REVOKE ALL ON FUNCTION enqueue_job(text, uuid, uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_job(text, uuid, uuid, text, timestamptz) TO attune_app, attune_worker;
