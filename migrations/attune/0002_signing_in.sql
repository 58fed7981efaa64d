-- How a request proves whose it is. These tables are read before any tenant is known, by the SHA-256 of a 256-bit
-- secret that only its holder has, so they stand outside row-level security; they hold ids, digests and times alone.

-- A sign-in link: single use, a quarter of an hour.
CREATE TABLE login_links (
    token_sha256 bytea       NOT NULL CONSTRAINT login_links_pk PRIMARY KEY
                             CONSTRAINT login_links_digest_length CHECK (octet_length(token_sha256) = 32),
    tenant_id    uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    CONSTRAINT login_links_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX login_links_membership_idx ON login_links (tenant_id, user_id);
CREATE INDEX login_links_expires_idx ON login_links (expires_at);
GRANT SELECT, INSERT, DELETE ON login_links TO attune_app;

-- One sign-in and everything issued from it: revoking the family ends them all.
CREATE TABLE refresh_families (
    id           uuid        NOT NULL CONSTRAINT refresh_families_pk PRIMARY KEY,
    tenant_id    uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    client       text        NOT NULL CONSTRAINT refresh_families_client_known
                             CHECK (client IN ('web', 'native', 'extension')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    CONSTRAINT refresh_families_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX refresh_families_membership_idx ON refresh_families (tenant_id, user_id);
CREATE INDEX refresh_families_expires_idx ON refresh_families (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_families TO attune_app;
GRANT SELECT ON refresh_families TO attune_worker;

-- The opaque tokens of a family, by digest.
CREATE TABLE refresh_tokens (
    token_sha256 bytea       NOT NULL CONSTRAINT refresh_tokens_pk PRIMARY KEY
                             CONSTRAINT refresh_tokens_digest_length CHECK (octet_length(token_sha256) = 32),
    family_id    uuid        NOT NULL CONSTRAINT refresh_tokens_family_fk REFERENCES refresh_families ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens TO attune_app;
