-- The key store: a database of its own, so that a backup of the data revives nothing that was erased.
-- Every key here is wrapped by the one above it; the root is elsewhere (a key file, a KMS).

CREATE SCHEMA keys;
REVOKE ALL ON SCHEMA keys FROM PUBLIC;
GRANT USAGE ON SCHEMA keys TO attune_keys;

-- Wrapped by the root key. `wrapped` is emptied when the tenant is erased.
CREATE TABLE keys.tenant_keys (
    tenant_id   uuid        NOT NULL,
    version     integer     NOT NULL CONSTRAINT tenant_keys_version_positive CHECK (version > 0),
    root_key_id text        NOT NULL,
    wrapped     bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    erased_at   timestamptz,
    CONSTRAINT tenant_keys_pk PRIMARY KEY (tenant_id, version),
    CONSTRAINT tenant_keys_erased_is_empty CHECK ((erased_at IS NULL) = (octet_length(wrapped) > 0))
);

-- One person in one tenant. Wrapped by that tenant's key.
CREATE TABLE keys.member_keys (
    tenant_id      uuid        NOT NULL,
    user_id        uuid        NOT NULL,
    version        integer     NOT NULL CONSTRAINT member_keys_version_positive CHECK (version > 0),
    tenant_version integer     NOT NULL,
    wrapped        bytea       NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    erased_at      timestamptz,
    CONSTRAINT member_keys_pk PRIMARY KEY (tenant_id, user_id, version),
    CONSTRAINT member_keys_tenant_fk FOREIGN KEY (tenant_id, tenant_version)
        REFERENCES keys.tenant_keys (tenant_id, version),
    CONSTRAINT member_keys_erased_is_empty CHECK ((erased_at IS NULL) = (octet_length(wrapped) > 0))
);

-- One meeting's key, once for each person entitled to it. Wrapped by that person's member key.
CREATE TABLE keys.meeting_keys (
    tenant_id      uuid        NOT NULL,
    meeting_id     uuid        NOT NULL,
    user_id        uuid        NOT NULL,
    member_version integer     NOT NULL,
    wrapped        bytea       NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    erased_at      timestamptz,
    CONSTRAINT meeting_keys_pk PRIMARY KEY (tenant_id, meeting_id, user_id),
    CONSTRAINT meeting_keys_member_fk FOREIGN KEY (tenant_id, user_id, member_version)
        REFERENCES keys.member_keys (tenant_id, user_id, version),
    CONSTRAINT meeting_keys_erased_is_empty CHECK ((erased_at IS NULL) = (octet_length(wrapped) > 0))
);
CREATE INDEX meeting_keys_user_idx ON keys.meeting_keys (tenant_id, user_id);

-- The server's own Ed25519 key, which signs offers. Wrapped by the root key; two are valid while one replaces another.
CREATE TABLE keys.identity_keys (
    key_id      smallint    NOT NULL CONSTRAINT identity_keys_pk PRIMARY KEY
                            CONSTRAINT identity_keys_id_is_a_byte CHECK (key_id BETWEEN 1 AND 255),
    root_key_id text        NOT NULL,
    public      bytea       NOT NULL CONSTRAINT identity_keys_public_length CHECK (octet_length(public) = 32),
    wrapped     bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    retired_at  timestamptz
);

-- What was erased, and when: rows are only ever added, and are replayed after a restore, before the service opens.
CREATE TABLE keys.erasure_ledger (
    id         uuid        NOT NULL CONSTRAINT erasure_ledger_pk PRIMARY KEY,
    tenant_id  uuid        NOT NULL,
    subject    text        NOT NULL CONSTRAINT erasure_ledger_subject_known
                           CHECK (subject IN ('tenant', 'member', 'meeting')),
    -- The tenant, the user or the meeting.
    object_id  uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE ON keys.tenant_keys, keys.member_keys, keys.meeting_keys, keys.identity_keys TO attune_keys;
GRANT SELECT, INSERT ON keys.erasure_ledger TO attune_keys;
