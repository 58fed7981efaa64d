-- A meeting heard once more after its end, from the audio that was kept; and words that the person put right.

-- Rises with every correction and when a second pass is through: which words of the meeting a report was made of.
ALTER TABLE meetings ADD COLUMN words_revision bigint NOT NULL DEFAULT 0;
ALTER TABLE meeting_analyses ADD COLUMN words_revision bigint NOT NULL DEFAULT 0;

-- The second pass over a meeting. Its words count from `finished_at` on, all of them at once.
CREATE TABLE second_passes (
    tenant_id   uuid        NOT NULL,
    meeting_id  uuid        NOT NULL,
    -- Who hears it again: a node with another recognizer begins anew.
    recognizer  jsonb       NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT second_passes_pk PRIMARY KEY (tenant_id, meeting_id),
    CONSTRAINT second_passes_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('second_passes');
GRANT SELECT, INSERT, UPDATE, DELETE ON second_passes TO attune_worker;

-- What the second pass made of a decided segment, beside what was decided live, which stays.
CREATE TABLE second_utterances (
    tenant_id    uuid NOT NULL,
    utterance_id uuid NOT NULL,
    meeting_id   uuid NOT NULL,
    -- Ciphertext under the meeting key; none where it was heard again and what was written live stands.
    body         bytea,
    CONSTRAINT second_utterances_pk PRIMARY KEY (tenant_id, utterance_id),
    -- What is withdrawn is withdrawn in either hearing.
    CONSTRAINT second_utterances_utterance_fk FOREIGN KEY (tenant_id, utterance_id)
        REFERENCES utterances (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT second_utterances_pass_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES second_passes (tenant_id, meeting_id) ON DELETE CASCADE
);
CREATE INDEX second_utterances_meeting_idx ON second_utterances (tenant_id, meeting_id);
SELECT protect_tenant_table('second_utterances');
GRANT SELECT, INSERT, DELETE ON second_utterances TO attune_worker;

-- Words of a decided segment that the person put right: of its stretch of speech, whatever is heard in it.
CREATE TABLE corrections (
    tenant_id    uuid        NOT NULL,
    utterance_id uuid        NOT NULL,
    meeting_id   uuid        NOT NULL,
    -- Counts the changes of this correction: a change names the one it was made from.
    version      integer     NOT NULL CONSTRAINT corrections_version_positive CHECK (version > 0),
    -- Ciphertext under the meeting key.
    body         bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT corrections_pk PRIMARY KEY (tenant_id, utterance_id),
    CONSTRAINT corrections_utterance_fk FOREIGN KEY (tenant_id, utterance_id)
        REFERENCES utterances (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT corrections_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX corrections_meeting_idx ON corrections (tenant_id, meeting_id);
SELECT protect_tenant_table('corrections');
GRANT SELECT, INSERT, UPDATE, DELETE ON corrections TO attune_app;
GRANT SELECT ON corrections TO attune_worker;

-- Work that takes minutes waits behind work that takes moments.
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
        job_key    => key,
        priority   => CASE WHEN task = 'second_pass' THEN 10 END);
END
$$;
