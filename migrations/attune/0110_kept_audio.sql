-- Audio that a person chose to keep: sealed under the meeting key, for a time that they are told, and gone with the
-- consent, the meeting or the person.

ALTER TABLE consents DROP CONSTRAINT consents_kind_known;
ALTER TABLE consents ADD CONSTRAINT consents_kind_known
    CHECK (kind IN ('record_self', 'keep_audio', 'remote_recognition'));

-- Whether the audio of this meeting may be kept, where the person consents to keeping any; and until when.
ALTER TABLE meetings ADD COLUMN keep_audio boolean NOT NULL DEFAULT true;
ALTER TABLE meetings ADD COLUMN audio_expires_at timestamptz;

-- Stretches of a track's audio. A commit's frames lie here first, in the commit's own transaction, and as long as the
-- person may still take them back; then a minute of them at a time moves to the object store.
CREATE TABLE kept_audio (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    meeting_id  uuid        NOT NULL,
    session_id  uuid        NOT NULL,
    track       text        NOT NULL CONSTRAINT kept_audio_track_known CHECK (track IN ('mic', 'tab')),
    from_sample bigint      NOT NULL CONSTRAINT kept_audio_from_positive CHECK (from_sample >= 0),
    to_sample   bigint      NOT NULL,
    -- Length of the ciphertext.
    bytes       integer     NOT NULL CONSTRAINT kept_audio_bytes_positive CHECK (bytes > 0),
    expires_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- Ciphertext under the meeting key. None where it is the object `tenant/meeting/id`, since `stored_at`; neither while
    -- that object is being written, so that nobody takes it for one that is left over.
    audio       bytea,
    stored_at   timestamptz,
    CONSTRAINT kept_audio_pk PRIMARY KEY (tenant_id, id),
    CONSTRAINT kept_audio_in_one_place CHECK (audio IS NULL OR stored_at IS NULL),
    CONSTRAINT kept_audio_not_empty CHECK (from_sample < to_sample),
    CONSTRAINT kept_audio_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT kept_audio_session_fk FOREIGN KEY (tenant_id, session_id)
        REFERENCES meeting_sessions (tenant_id, id) ON DELETE CASCADE
);
-- A commit's stretch is named by its track and first sample: a resume that kept it again would stop here.
CREATE UNIQUE INDEX kept_audio_kept_once ON kept_audio (tenant_id, session_id, track, from_sample)
    WHERE audio IS NOT NULL;
CREATE INDEX kept_audio_meeting_idx ON kept_audio (tenant_id, meeting_id, track, from_sample);
SELECT protect_tenant_table('kept_audio');
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_audio TO attune_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_audio TO attune_worker;

CREATE OR REPLACE FUNCTION enqueue_job(task text, tenant_id uuid, meeting_id uuid, key text, run_at timestamptz) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF task NOT IN ('make_report', 'suspend_meeting', 'store_audio', 'forget_audio', 'expire_audio', 'second_pass') THEN
        RAISE EXCEPTION 'no task of this name' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM graphile_worker.add_job(
        identifier => task,
        payload    => json_build_object('tenant_id', tenant_id, 'meeting_id', meeting_id),
        run_at     => run_at,
        job_key    => key);
END
$$;
