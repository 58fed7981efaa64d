-- What a person records with, what they agreed to, and what was done on their behalf.

-- A capturing device. Its pre-shared key proves it in every hello.
CREATE TABLE devices (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    kind         text        NOT NULL CONSTRAINT devices_kind_known CHECK (kind IN ('native', 'extension', 'web')),
    -- Ciphertext under the member key.
    name         bytea       NOT NULL,
    -- Ciphertext under the member key; gone once the device is revoked.
    psk          bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    CONSTRAINT devices_pk PRIMARY KEY (tenant_id, id),
    CONSTRAINT devices_revoked_has_no_psk CHECK ((revoked_at IS NULL) = (psk IS NOT NULL)),
    CONSTRAINT devices_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX devices_user_idx ON devices (tenant_id, user_id);
SELECT protect_tenant_table('devices');
GRANT SELECT, INSERT, UPDATE, DELETE ON devices TO attune_app;
GRANT SELECT ON devices TO attune_worker;

-- What a person agreed to, and took back: rows are only ever added, the newest of a kind holds.
CREATE TABLE consents (
    tenant_id  uuid        NOT NULL,
    id         uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    kind       text        NOT NULL CONSTRAINT consents_kind_known CHECK (kind IN ('record_self')),
    granted    boolean     NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT consents_pk PRIMARY KEY (tenant_id, id),
    CONSTRAINT consents_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX consents_newest_idx ON consents (tenant_id, user_id, kind, id DESC);
SELECT protect_tenant_table('consents');
GRANT SELECT, INSERT ON consents TO attune_app;
GRANT SELECT ON consents TO attune_worker;

-- Who did what to which object, by id: never what it said. It outlives the membership of who did it.
CREATE TABLE audit_log (
    tenant_id  uuid        NOT NULL CONSTRAINT audit_log_tenant_fk REFERENCES tenants ON DELETE CASCADE,
    id         uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    action     text        NOT NULL CONSTRAINT audit_log_action_length CHECK (char_length(action) BETWEEN 1 AND 64),
    object_id  uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_log_pk PRIMARY KEY (tenant_id, id)
);
SELECT protect_tenant_table('audit_log');
GRANT SELECT, INSERT ON audit_log TO attune_app, attune_worker;
