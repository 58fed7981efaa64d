-- How a socket proves whose it is. Read before any tenant is known, by the SHA-256 of a 256-bit secret that only its
-- holder has, so these stand outside row-level security like the tables of signing in; ids, digests and times alone.

-- Leads from the ticket of a connection to its session; whether it may still be used is the session's to say.
CREATE TABLE connection_tickets (
    ticket_sha256 bytea       NOT NULL CONSTRAINT connection_tickets_pk PRIMARY KEY
                              CONSTRAINT connection_tickets_digest_length CHECK (octet_length(ticket_sha256) = 32),
    tenant_id     uuid        NOT NULL,
    session_id    uuid        NOT NULL,
    epoch         bigint      NOT NULL,
    expires_at    timestamptz NOT NULL,
    CONSTRAINT connection_tickets_session_fk FOREIGN KEY (tenant_id, session_id)
        REFERENCES meeting_sessions (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX connection_tickets_session_idx ON connection_tickets (tenant_id, session_id);
CREATE INDEX connection_tickets_expires_idx ON connection_tickets (expires_at);
GRANT SELECT, INSERT, DELETE ON connection_tickets TO attune_app;

-- Lets one socket follow one meeting, once.
CREATE TABLE live_tickets (
    ticket_sha256 bytea       NOT NULL CONSTRAINT live_tickets_pk PRIMARY KEY
                              CONSTRAINT live_tickets_digest_length CHECK (octet_length(ticket_sha256) = 32),
    tenant_id     uuid        NOT NULL,
    user_id       uuid        NOT NULL,
    meeting_id    uuid        NOT NULL,
    -- The sign-in it was issued under: revoking it ends the socket.
    family_id     uuid        NOT NULL,
    expires_at    timestamptz NOT NULL,
    CONSTRAINT live_tickets_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX live_tickets_meeting_idx ON live_tickets (tenant_id, meeting_id);
CREATE INDEX live_tickets_expires_idx ON live_tickets (expires_at);
GRANT SELECT, INSERT, DELETE ON live_tickets TO attune_app;
