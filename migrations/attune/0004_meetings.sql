-- One person's view of one call. What was said hangs on it in tables of its own.
CREATE TABLE meetings (
    tenant_id         uuid        NOT NULL,
    id                uuid        NOT NULL,
    user_id           uuid        NOT NULL,
    -- Ciphertext under the meeting key.
    title             bytea       NOT NULL,
    meeting_type      text        NOT NULL CONSTRAINT meetings_type_known CHECK (meeting_type IN (
                          'discovery', 'demo', 'interviewer', 'candidate', 'one_on_one_manager', 'one_on_one_report',
                          'stand_up', 'presentation', 'internal_update', 'other')),
    mode              text        NOT NULL CONSTRAINT meetings_mode_known
                                  CHECK (mode IN ('off', 'focus', 'balanced', 'practice')),
    language          text        NOT NULL CONSTRAINT meetings_language_length CHECK (char_length(language) BETWEEN 2 AND 35),
    state             text        NOT NULL DEFAULT 'scheduled' CONSTRAINT meetings_state_known
                                  CHECK (state IN ('scheduled', 'live', 'suspended', 'ended')),
    -- The person said that they have told everyone else on the call.
    others_told       boolean     NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    started_at        timestamptz,
    ended_at          timestamptz,
    -- How much of the call there is, and how much of it is decided and durable.
    duration_ms       bigint      NOT NULL DEFAULT 0 CONSTRAINT meetings_duration_positive CHECK (duration_ms >= 0),
    committed_ms      bigint      NOT NULL DEFAULT 0 CONSTRAINT meetings_committed_positive CHECK (committed_ms >= 0),
    -- The number of the newest event: the cursor readers follow.
    last_event_number bigint      NOT NULL DEFAULT 0,
    -- The newest report; none before the first.
    report_version    integer,
    -- Shares of the time anyone talked, 0 to 1; none before the first report or where one channel carries everybody.
    talk_share_me     real        CONSTRAINT meetings_talk_share_me_range CHECK (talk_share_me BETWEEN 0 AND 1),
    talk_share_them   real        CONSTRAINT meetings_talk_share_them_range CHECK (talk_share_them BETWEEN 0 AND 1),
    CONSTRAINT meetings_pk PRIMARY KEY (tenant_id, id),
    CONSTRAINT meetings_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
-- Ids are UUIDv7: their order is the order of creation.
CREATE INDEX meetings_newest_idx ON meetings (tenant_id, user_id, id DESC);
SELECT protect_tenant_table('meetings');
GRANT SELECT, INSERT, UPDATE, DELETE ON meetings TO attune_app;
GRANT SELECT, UPDATE ON meetings TO attune_worker;
