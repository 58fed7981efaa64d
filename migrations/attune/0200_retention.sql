-- How long what is kept of a person is kept: as they chose, and no longer than their tenant lets. What is past its time is destroyed
-- every night, and each night says what it destroyed.

-- The person's own choice. Where there is none of a kind, the default holds; no number of days is until they delete it.
CREATE TABLE retention_choices (
    tenant_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    kind       text        NOT NULL CONSTRAINT retention_choices_kind_known
                           CHECK (kind IN ('audio', 'transcript', 'insights', 'reports')),
    days       integer     CONSTRAINT retention_choices_days_range CHECK (days BETWEEN 1 AND 3650),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT retention_choices_pk PRIMARY KEY (tenant_id, user_id, kind),
    CONSTRAINT retention_choices_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
SELECT protect_tenant_table('retention_choices');
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_choices TO attune_app;
GRANT SELECT ON retention_choices TO attune_worker;

-- The longest that anything of a kind is kept in a tenant, whoever chose what.
CREATE TABLE retention_ceilings (
    tenant_id uuid    NOT NULL CONSTRAINT retention_ceilings_tenant_fk REFERENCES tenants ON DELETE CASCADE,
    kind      text    NOT NULL CONSTRAINT retention_ceilings_kind_known
                      CHECK (kind IN ('audio', 'transcript', 'insights', 'reports')),
    days      integer NOT NULL CONSTRAINT retention_ceilings_days_range CHECK (days BETWEEN 1 AND 3650),
    CONSTRAINT retention_ceilings_pk PRIMARY KEY (tenant_id, kind)
);
SELECT protect_tenant_table('retention_ceilings');
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_ceilings TO attune_app;
GRANT SELECT ON retention_ceilings TO attune_worker;

-- What a night destroyed of a person's, by kind: the proof. It is written in the transactions that destroy.
CREATE TABLE retention_runs (
    tenant_id   uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    -- The day in UTC: a second run of the same night adds to its row.
    night       date        NOT NULL DEFAULT (now() AT TIME ZONE 'utc')::date,
    kind        text        NOT NULL CONSTRAINT retention_runs_kind_known
                            CHECK (kind IN ('audio', 'transcript', 'insights', 'reports')),
    -- For how long it was to be kept; none where until the person deletes it.
    days        integer,
    -- Meetings that something was destroyed of, and how many records that was.
    meetings    integer     NOT NULL DEFAULT 0 CONSTRAINT retention_runs_meetings_counted CHECK (meetings >= 0),
    records     bigint      NOT NULL DEFAULT 0 CONSTRAINT retention_runs_records_counted CHECK (records >= 0),
    -- From when the oldest is that was left, as it was looked for afterwards; none where nothing is left.
    oldest_left timestamptz,
    -- When the run was through; none while it goes on, or where it broke off.
    finished_at timestamptz,
    CONSTRAINT retention_runs_pk PRIMARY KEY (tenant_id, user_id, night, kind),
    CONSTRAINT retention_runs_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
SELECT protect_tenant_table('retention_runs');
GRANT SELECT ON retention_runs TO attune_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_runs TO attune_worker;

-- That something was there, and is past its time: it is said where it would be shown.
ALTER TABLE meetings ADD COLUMN transcript_expired_at timestamptz;
ALTER TABLE meetings ADD COLUMN insights_expired_at timestamptz;
ALTER TABLE meetings ADD COLUMN reports_expired_at timestamptz;

-- What the nightly job takes away.
GRANT DELETE ON utterances, meeting_events, meeting_observations, nudge_moments TO attune_worker;
GRANT UPDATE, DELETE ON meeting_analyses TO attune_worker;

-- The tenants that there are, for a job that goes from one to the next: ids alone. Their own table shows each tenant only itself.
CREATE TABLE nightly_tenants (
    tenant_id uuid NOT NULL CONSTRAINT nightly_tenants_pk PRIMARY KEY
                   CONSTRAINT nightly_tenants_tenant_fk REFERENCES tenants ON DELETE CASCADE
);
GRANT INSERT ON nightly_tenants TO attune_app;
GRANT SELECT ON nightly_tenants TO attune_worker;
-- Forced on the owner too, the policy would hide those that are there already.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
INSERT INTO nightly_tenants SELECT tenant_id FROM tenants;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;

CREATE FUNCTION list_new_tenant() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public
AS $$
BEGIN
    INSERT INTO nightly_tenants VALUES (NEW.tenant_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER tenants_listed AFTER INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION list_new_tenant();

-- The way into the queue for what is a tenant's and no meeting's, like enqueue_job.
CREATE FUNCTION enqueue_tenant_job(task text, tenant_id uuid) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF task <> 'expire_tenant' THEN
        RAISE EXCEPTION 'no task of this name' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Behind reports and whatever else somebody waits for.
    PERFORM graphile_worker.add_job(
        identifier => task,
        payload    => json_build_object('tenant_id', tenant_id),
        job_key    => task || ':' || tenant_id,
        priority   => 20);
END
$$;
REVOKE ALL ON FUNCTION enqueue_tenant_job(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_tenant_job(text, uuid) TO attune_app, attune_worker;
