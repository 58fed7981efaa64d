-- What a server that is measured keeps of the frames that came in: a digest of each, in order. Nobody's words: SHA-256 over a
-- frame's prefix and payload, 32 bytes each, one frame after the other, from `from_seq` on. A checker holds them against
-- what was sent: nothing lost, nothing twice, nothing foreign. Empty on every other server.
CREATE TABLE sink_frames (
    tenant_id  uuid     NOT NULL,
    session_id uuid     NOT NULL,
    stream     smallint NOT NULL CONSTRAINT sink_frames_stream_known CHECK (stream BETWEEN 0 AND 4),
    from_seq   bigint   NOT NULL CONSTRAINT sink_frames_from_positive CHECK (from_seq >= 0),
    digests    bytea    NOT NULL CONSTRAINT sink_frames_digests_whole
                        CHECK (octet_length(digests) > 0 AND octet_length(digests) % 32 = 0),
    CONSTRAINT sink_frames_pk PRIMARY KEY (tenant_id, session_id, stream, from_seq),
    CONSTRAINT sink_frames_session_fk FOREIGN KEY (tenant_id, session_id)
        REFERENCES meeting_sessions (tenant_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('sink_frames');
GRANT SELECT, INSERT ON sink_frames TO attune_app;
GRANT SELECT ON sink_frames TO attune_worker;
