-- People, their tenants, and what ties one to the other.
--
-- Global tables know no tenant: a person is one person wherever they work. Every other table is a tenant's, and is
-- reachable only inside a transaction that names the tenant (see protect_tenant_table).

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO attune_app, attune_worker;

-- The one definition of row-level security for a tenant's table: forced on its owner too, the same condition for what
-- is read and for what is written. `nullif`, because the setting is an empty string, not NULL, once a transaction that
-- set it has ended. Grants stay with each table.
CREATE FUNCTION protect_tenant_table(target regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format(
        'CREATE POLICY tenant_isolation ON %s
             USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
             WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', target);
END
$$;
REVOKE ALL ON FUNCTION protect_tenant_table(regclass) FROM PUBLIC;

-- A space that owns data: one person's own, or an organisation's.
CREATE TABLE tenants (
    tenant_id  uuid        NOT NULL CONSTRAINT tenants_pk PRIMARY KEY,
    kind       text        NOT NULL CONSTRAINT tenants_kind_known CHECK (kind IN ('personal', 'organisation')),
    created_at timestamptz NOT NULL DEFAULT now()
);
SELECT protect_tenant_table('tenants');
GRANT SELECT, INSERT, UPDATE, DELETE ON tenants TO attune_app;
GRANT SELECT ON tenants TO attune_worker;

-- A person. What is personal about them lives in a tenant's tables, encrypted.
CREATE TABLE users (
    id             uuid        NOT NULL CONSTRAINT users_pk PRIMARY KEY,
    -- Their own space: the one they sign in to, and where their coaching lives.
    home_tenant_id uuid        NOT NULL CONSTRAINT users_home_tenant_fk REFERENCES tenants,
    created_at     timestamptz NOT NULL DEFAULT now(),
    disabled_at    timestamptz
);
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO attune_app;
GRANT SELECT ON users TO attune_worker;
CREATE INDEX users_home_tenant_idx ON users (home_tenant_id);

-- Who vouches for a person: issuer and subject, never an e-mail address.
CREATE TABLE identities (
    iss        text        NOT NULL CONSTRAINT identities_iss_length CHECK (char_length(iss) BETWEEN 1 AND 255),
    sub        text        NOT NULL CONSTRAINT identities_sub_length CHECK (char_length(sub) BETWEEN 1 AND 255),
    user_id    uuid        NOT NULL CONSTRAINT identities_user_fk REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT identities_pk PRIMARY KEY (iss, sub)
);
CREATE INDEX identities_user_idx ON identities (user_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON identities TO attune_app;

-- What a person can prove themselves with here: verifiers only, never a secret.
CREATE TABLE credentials (
    id         uuid        NOT NULL CONSTRAINT credentials_pk PRIMARY KEY,
    user_id    uuid        NOT NULL CONSTRAINT credentials_user_fk REFERENCES users ON DELETE CASCADE,
    kind       text        NOT NULL CONSTRAINT credentials_kind_known CHECK (kind IN ('password', 'totp', 'passkey')),
    verifier   bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz
);
CREATE INDEX credentials_user_idx ON credentials (user_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON credentials TO attune_app;

-- A person in a tenant. Everything that is theirs there hangs on this row and goes with it.
CREATE TABLE memberships (
    tenant_id  uuid        NOT NULL CONSTRAINT memberships_tenant_fk REFERENCES tenants ON DELETE CASCADE,
    user_id    uuid        NOT NULL CONSTRAINT memberships_user_fk REFERENCES users ON DELETE CASCADE,
    role       text        NOT NULL CONSTRAINT memberships_role_known CHECK (role IN ('owner', 'admin', 'member')),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT memberships_pk PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX memberships_user_idx ON memberships (user_id);
SELECT protect_tenant_table('memberships');
GRANT SELECT, INSERT, UPDATE, DELETE ON memberships TO attune_app;
GRANT SELECT ON memberships TO attune_worker;

-- How a person wants to be met in a tenant.
CREATE TABLE user_profiles (
    tenant_id    uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    -- Ciphertext under the member key; none until they say their name.
    display_name bytea,
    locale       text        CONSTRAINT user_profiles_locale_length CHECK (char_length(locale) <= 35),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_profiles_pk PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT user_profiles_membership_fk FOREIGN KEY (tenant_id, user_id)
        REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
SELECT protect_tenant_table('user_profiles');
GRANT SELECT, INSERT, UPDATE, DELETE ON user_profiles TO attune_app;
GRANT SELECT ON user_profiles TO attune_worker;
