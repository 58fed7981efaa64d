-- Signing in by way of somebody else who vouches for a person.

-- Somebody was sent to a provider and is not back yet: ten minutes, and used up by whoever comes back. Read by the digest of a
-- secret before anyone is known. What the exchange with the provider needs is derived from a secret that only the browser
-- has, so that neither this table nor the address of the way back is worth anything alone.
CREATE TABLE sign_in_attempts (
    state_sha256   bytea       NOT NULL CONSTRAINT sign_in_attempts_pk PRIMARY KEY
                               CONSTRAINT sign_in_attempts_state_length CHECK (octet_length(state_sha256) = 32),
    browser_sha256 bytea       NOT NULL
                               CONSTRAINT sign_in_attempts_browser_length CHECK (octet_length(browser_sha256) = 32),
    provider       text        NOT NULL CONSTRAINT sign_in_attempts_provider_length CHECK (char_length(provider) <= 20),
    -- The sign-in that asked to have the identity linked; none where somebody signs in with it.
    family_id      uuid        CONSTRAINT sign_in_attempts_family_fk REFERENCES refresh_families ON DELETE CASCADE,
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL
);
CREATE INDEX sign_in_attempts_family_idx ON sign_in_attempts (family_id);
CREATE INDEX sign_in_attempts_expires_idx ON sign_in_attempts (expires_at);
GRANT SELECT, INSERT, DELETE ON sign_in_attempts TO attune_app;

-- What a person unlinks an identity by: issuer and subject stand in no address.
ALTER TABLE identities ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT identities_id_key UNIQUE;
