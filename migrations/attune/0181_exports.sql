-- Everything of a person in one archive, made by a job. The archive lies in the object store, in parts that are sealed under the
-- member key, for a week.
CREATE TABLE exports (
    tenant_id     uuid        NOT NULL,
    id            uuid        NOT NULL,
    user_id       uuid        NOT NULL,
    state         text        NOT NULL DEFAULT 'waiting'
                              CONSTRAINT exports_state_known CHECK (state IN ('waiting', 'running', 'ready')),
    -- The newest try to make it: what an older one still writes is not taken.
    run           uuid,
    meetings      integer     NOT NULL DEFAULT 0 CONSTRAINT exports_meetings_counted CHECK (meetings >= 0),
    meetings_done integer     NOT NULL DEFAULT 0 CONSTRAINT exports_done_counted CHECK (meetings_done >= 0),
    -- The archive's length, in the clear.
    bytes         bigint      NOT NULL DEFAULT 0 CONSTRAINT exports_bytes_counted CHECK (bytes >= 0),
    -- The objects `tenant/export/part`, in order. A part is named here before it is stored.
    parts         uuid[]      NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    CONSTRAINT exports_pk PRIMARY KEY (tenant_id, id),
    CONSTRAINT exports_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
-- One at a time is made for a person.
CREATE UNIQUE INDEX exports_one_under_way ON exports (tenant_id, user_id) WHERE state IN ('waiting', 'running');
CREATE INDEX exports_user_idx ON exports (tenant_id, user_id, id DESC);
SELECT protect_tenant_table('exports');
GRANT SELECT, INSERT, UPDATE, DELETE ON exports TO attune_app;
GRANT SELECT, UPDATE, DELETE ON exports TO attune_worker;

-- What the job reads beside meetings.
GRANT SELECT ON heart_recordings TO attune_worker;

-- The way into the queue for what is a person's and no meeting's, like enqueue_job.
CREATE FUNCTION enqueue_export_job(task text, tenant_id uuid, export_id uuid, run_at timestamptz) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF task NOT IN ('make_export', 'expire_export') THEN
        RAISE EXCEPTION 'no task of this name' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM graphile_worker.add_job(
        identifier => task,
        payload    => json_build_object('tenant_id', tenant_id, 'export_id', export_id),
        run_at     => run_at,
        job_key    => task || ':' || export_id);
END
$$;
REVOKE ALL ON FUNCTION enqueue_export_job(text, uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_export_job(text, uuid, uuid, timestamptz) TO attune_app, attune_worker;
