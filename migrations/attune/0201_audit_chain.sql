-- What was done can be added to, and nothing else: entries are sealed in batches, each of which holds the digest of the one before
-- and is signed by the server's identity key. Entries hold ids alone, so an erasure changes none of them.

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION 'what was done stays as it is written' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX audit_log_user_idx ON audit_log (tenant_id, user_id, id DESC);
CREATE INDEX audit_log_newest_idx ON audit_log (tenant_id, created_at);

CREATE TABLE audit_batches (
    tenant_id uuid        NOT NULL CONSTRAINT audit_batches_tenant_fk REFERENCES tenants ON DELETE CASCADE,
    -- From 1, without a hole.
    number    bigint      NOT NULL CONSTRAINT audit_batches_number_positive CHECK (number > 0),
    -- The entries it seals, by id.
    entries   uuid[]      NOT NULL CONSTRAINT audit_batches_not_empty CHECK (cardinality(entries) > 0),
    -- SHA-256 over the digest of the batch before, and these entries.
    digest    bytea       NOT NULL CONSTRAINT audit_batches_digest_length CHECK (octet_length(digest) = 32),
    -- Ed25519 over the digest, by the identity key of this number.
    key_id    smallint    NOT NULL,
    signature bytea       NOT NULL CONSTRAINT audit_batches_signature_length CHECK (octet_length(signature) = 64),
    sealed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_batches_pk PRIMARY KEY (tenant_id, number)
);
SELECT protect_tenant_table('audit_batches');
GRANT SELECT ON audit_batches TO attune_app;
GRANT SELECT, INSERT ON audit_batches TO attune_worker;
CREATE TRIGGER audit_batches_append_only BEFORE UPDATE OR DELETE ON audit_batches
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
