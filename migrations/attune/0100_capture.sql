-- What a meeting is captured with, and what is durable of it: sessions and their connections, streams, every sample's
-- class, what was said, and the numbered events that readers follow.
--
-- What was said, and whatever quotes it, is ciphertext under the meeting's key. Ids, sample numbers, times and counts
-- are plain.

-- One capturing device in one meeting. A connection of it is numbered, and only the newest that redeemed its ticket
-- may write: every statement that makes something durable names the live epoch.
CREATE TABLE meeting_sessions (
    tenant_id          uuid        NOT NULL,
    id                 uuid        NOT NULL,
    meeting_id         uuid        NOT NULL,
    user_id            uuid        NOT NULL,
    device_id          uuid        NOT NULL,
    -- The newest connection reserved, the newest that redeemed its ticket, the newest known to be gone.
    next_epoch         bigint      NOT NULL DEFAULT 0,
    live_epoch         bigint      NOT NULL DEFAULT 0,
    closed_epoch       bigint      NOT NULL DEFAULT 0,
    -- The ticket of `next_epoch`, until it is used.
    ticket_sha256      bytea       CONSTRAINT meeting_sessions_ticket_length CHECK (octet_length(ticket_sha256) = 32),
    ticket_expires_at  timestamptz,
    -- The sign-in that reserved the newest connection: revoking it ends the connection.
    family_id          uuid,
    -- What the fold over the meeting starts from: tracks, meeting type, recognizer. Set by the first connection.
    setup              jsonb,
    -- The newest commit and the last number it gave out: a commit whose answer was lost is not made twice.
    last_commit        uuid,
    last_commit_number bigint      NOT NULL DEFAULT 0,
    created_at         timestamptz NOT NULL DEFAULT now(),
    -- When a connection was last known to be there.
    last_seen_at       timestamptz NOT NULL DEFAULT now(),
    ended_at           timestamptz,
    CONSTRAINT meeting_sessions_pk PRIMARY KEY (tenant_id, id),
    CONSTRAINT meeting_sessions_one_per_device UNIQUE (tenant_id, meeting_id, device_id),
    CONSTRAINT meeting_sessions_epochs_in_order CHECK (0 <= closed_epoch AND closed_epoch <= live_epoch AND live_epoch <= next_epoch),
    CONSTRAINT meeting_sessions_ticket_expires CHECK ((ticket_sha256 IS NULL) = (ticket_expires_at IS NULL)),
    CONSTRAINT meeting_sessions_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT meeting_sessions_device_fk FOREIGN KEY (tenant_id, device_id)
        REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX meeting_sessions_device_idx ON meeting_sessions (tenant_id, device_id);
SELECT protect_tenant_table('meeting_sessions');
GRANT SELECT, INSERT, UPDATE, DELETE ON meeting_sessions TO attune_app;
GRANT SELECT ON meeting_sessions TO attune_worker;

-- Where each stream of a session stands, and what a resumed connection needs to go on from there.
CREATE TABLE session_streams (
    tenant_id            uuid     NOT NULL,
    session_id           uuid     NOT NULL,
    stream               smallint NOT NULL CONSTRAINT session_streams_stream_known CHECK (stream BETWEEN 0 AND 4),
    -- Every 16 kHz sample before it is decided; zero for streams without sound.
    decided_sample       bigint   NOT NULL CONSTRAINT session_streams_decided_positive CHECK (decided_sample >= 0),
    -- The client keeps frames from this sequence number on, and the sample that frame begins with at its own rate.
    release_seq          bigint   NOT NULL CONSTRAINT session_streams_release_positive CHECK (release_seq >= 0),
    release_first_sample bigint   NOT NULL CONSTRAINT session_streams_first_positive CHECK (release_first_sample >= 0),
    -- The line from samples to meeting time in force just before that frame.
    line_sample          bigint,
    line_at_ms           bigint,
    line_floor_ms        bigint,
    CONSTRAINT session_streams_pk PRIMARY KEY (tenant_id, session_id, stream),
    CONSTRAINT session_streams_line_whole CHECK (num_nulls(line_sample, line_at_ms, line_floor_ms) IN (0, 3)),
    CONSTRAINT session_streams_session_fk FOREIGN KEY (tenant_id, session_id)
        REFERENCES meeting_sessions (tenant_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('session_streams');
GRANT SELECT, INSERT, UPDATE, DELETE ON session_streams TO attune_app;
GRANT SELECT ON session_streams TO attune_worker;

-- What became of every sample of a track: contiguous, disjoint, each in exactly one class.
CREATE TABLE sample_spans (
    tenant_id   uuid   NOT NULL,
    session_id  uuid   NOT NULL,
    track       text   NOT NULL CONSTRAINT sample_spans_track_known CHECK (track IN ('mic', 'tab')),
    from_sample bigint NOT NULL CONSTRAINT sample_spans_from_positive CHECK (from_sample >= 0),
    to_sample   bigint NOT NULL,
    t0_ms       bigint NOT NULL,
    t1_ms       bigint NOT NULL,
    class       text   NOT NULL CONSTRAINT sample_spans_class_known
                       CHECK (class IN ('decoded', 'non_speech', 'suppressed', 'withheld', 'gap')),
    reason      text   CONSTRAINT sample_spans_reason_length CHECK (char_length(reason) <= 64),
    CONSTRAINT sample_spans_pk PRIMARY KEY (tenant_id, session_id, track, from_sample),
    CONSTRAINT sample_spans_not_empty CHECK (from_sample < to_sample),
    CONSTRAINT sample_spans_session_fk FOREIGN KEY (tenant_id, session_id)
        REFERENCES meeting_sessions (tenant_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('sample_spans');
GRANT SELECT, INSERT, UPDATE, DELETE ON sample_spans TO attune_app;
GRANT SELECT ON sample_spans TO attune_worker;

-- A decided segment of speech: its words, ciphertext under the meeting key.
CREATE TABLE utterances (
    tenant_id   uuid    NOT NULL,
    id          uuid    NOT NULL,
    meeting_id  uuid    NOT NULL,
    session_id  uuid    NOT NULL,
    track       text    NOT NULL CONSTRAINT utterances_track_known CHECK (track IN ('mic', 'tab')),
    from_sample bigint  NOT NULL,
    to_sample   bigint  NOT NULL,
    t0_ms       bigint  NOT NULL,
    t1_ms       bigint  NOT NULL,
    word_count  integer NOT NULL CONSTRAINT utterances_words_positive CHECK (word_count >= 0),
    body        bytea   NOT NULL,
    CONSTRAINT utterances_pk PRIMARY KEY (tenant_id, id),
    -- A segment is named by its track and first sample: a resume that decided it again would stop here.
    CONSTRAINT utterances_decided_once UNIQUE (tenant_id, session_id, track, from_sample),
    CONSTRAINT utterances_not_empty CHECK (from_sample < to_sample),
    CONSTRAINT utterances_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT utterances_session_fk FOREIGN KEY (tenant_id, session_id)
        REFERENCES meeting_sessions (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX utterances_meeting_idx ON utterances (tenant_id, meeting_id);
SELECT protect_tenant_table('utterances');
GRANT SELECT, INSERT, UPDATE, DELETE ON utterances TO attune_app;
GRANT SELECT ON utterances TO attune_worker;

-- What readers of a meeting follow, numbered from a counter of the meeting.
CREATE TABLE meeting_events (
    tenant_id    uuid        NOT NULL,
    meeting_id   uuid        NOT NULL,
    number       bigint      NOT NULL CONSTRAINT meeting_events_number_positive CHECK (number > 0),
    id           uuid        NOT NULL,
    epoch        bigint      NOT NULL,
    kind         text        NOT NULL CONSTRAINT meeting_events_kind_known
                             CHECK (kind IN ('final', 'gap', 'nudge', 'marked', 'retracted', 'report_ready')),
    t0_ms        bigint      NOT NULL,
    t1_ms        bigint      NOT NULL,
    -- Everything before it was decided when this event came: the fold passes through the same states when it is replayed.
    decided_ms   bigint      NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- A final is its utterance; every other event carries ciphertext under the meeting key.
    utterance_id uuid,
    body         bytea,
    CONSTRAINT meeting_events_pk PRIMARY KEY (tenant_id, meeting_id, number),
    CONSTRAINT meeting_events_has_one_body CHECK (num_nonnulls(utterance_id, body) = 1),
    CONSTRAINT meeting_events_final_is_utterance CHECK ((kind = 'final') = (utterance_id IS NOT NULL)),
    CONSTRAINT meeting_events_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT meeting_events_utterance_fk FOREIGN KEY (tenant_id, utterance_id)
        REFERENCES utterances (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX meeting_events_utterance_idx ON meeting_events (tenant_id, utterance_id);
SELECT protect_tenant_table('meeting_events');
GRANT SELECT, INSERT, UPDATE, DELETE ON meeting_events TO attune_app;
GRANT SELECT, INSERT ON meeting_events TO attune_worker;

-- What the device read off its camera and what the meeting's own page showed, one row a commit: ciphertext under the
-- meeting key.
CREATE TABLE meeting_observations (
    tenant_id  uuid    NOT NULL,
    id         uuid    NOT NULL,
    meeting_id uuid    NOT NULL,
    session_id uuid    NOT NULL,
    kind       text    NOT NULL CONSTRAINT meeting_observations_kind_known CHECK (kind IN ('insights', 'captions')),
    count      integer NOT NULL CONSTRAINT meeting_observations_count_positive CHECK (count > 0),
    t0_ms      bigint  NOT NULL,
    t1_ms      bigint  NOT NULL,
    body       bytea   NOT NULL,
    CONSTRAINT meeting_observations_pk PRIMARY KEY (tenant_id, id),
    CONSTRAINT meeting_observations_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT meeting_observations_session_fk FOREIGN KEY (tenant_id, session_id)
        REFERENCES meeting_sessions (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX meeting_observations_meeting_idx ON meeting_observations (tenant_id, meeting_id, kind, id);
SELECT protect_tenant_table('meeting_observations');
GRANT SELECT, INSERT, UPDATE, DELETE ON meeting_observations TO attune_app;
GRANT SELECT ON meeting_observations TO attune_worker;

-- A report, in versions: the whole of it is ciphertext under the meeting key; what is ordered and averaged is plain.
CREATE TABLE meeting_analyses (
    tenant_id           uuid        NOT NULL,
    id                  uuid        NOT NULL,
    meeting_id          uuid        NOT NULL,
    version             integer     NOT NULL CONSTRAINT meeting_analyses_version_positive CHECK (version > 0),
    -- Made while the meeting was suspended.
    incomplete          boolean     NOT NULL,
    -- The last event it saw: the same meeting is not analysed twice.
    events_through      bigint      NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    duration_ms         bigint      NOT NULL,
    word_count          integer     NOT NULL,
    gap_count           integer     NOT NULL,
    nudge_count         integer     NOT NULL,
    -- None until its parts are measured; never shown without them.
    communication_score real        CONSTRAINT meeting_analyses_score_range CHECK (communication_score BETWEEN 0 AND 100),
    body                bytea       NOT NULL,
    improvement_areas   bytea,
    recommendations     bytea,
    CONSTRAINT meeting_analyses_pk PRIMARY KEY (tenant_id, id),
    CONSTRAINT meeting_analyses_version_once UNIQUE (tenant_id, meeting_id, version),
    CONSTRAINT meeting_analyses_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('meeting_analyses');
GRANT SELECT, INSERT, UPDATE, DELETE ON meeting_analyses TO attune_app;
GRANT SELECT, INSERT ON meeting_analyses TO attune_worker;
