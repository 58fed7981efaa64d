-- Heart-rate variability of recordings that a person uploaded: what was computed of them. The intervals themselves are not kept.
CREATE TABLE heart_recordings (
    tenant_id  uuid        NOT NULL,
    id         uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    -- When its first interval ended.
    started_at timestamptz NOT NULL,
    -- Ciphertext under the member key: it describes the person's body.
    body       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT heart_recordings_pk PRIMARY KEY (tenant_id, id),
    -- The same recording again takes the place of the first.
    CONSTRAINT heart_recordings_once UNIQUE (tenant_id, user_id, started_at),
    CONSTRAINT heart_recordings_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
SELECT protect_tenant_table('heart_recordings');
GRANT SELECT, INSERT, UPDATE, DELETE ON heart_recordings TO attune_app;
