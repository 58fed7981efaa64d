-- Signing in with an e-mail address and a password, a second factor, and tokens that are exchanged for others.
--
-- Read before any tenant is known, like the tables of 0002: ids, digests, times, and what nobody reads without a key that is
-- kept elsewhere.

-- The address a person signs in with, once they have shown that they read what is sent there.
CREATE TABLE addresses (
    -- HMAC-SHA-256 of the address under a key of the key store: finds it, and says nothing of it to whoever has this table.
    address_hmac bytea       NOT NULL CONSTRAINT addresses_pk PRIMARY KEY
                             CONSTRAINT addresses_hmac_length CHECK (octet_length(address_hmac) = 32),
    user_id      uuid        NOT NULL CONSTRAINT addresses_user_fk REFERENCES users ON DELETE CASCADE
                             CONSTRAINT addresses_one_each UNIQUE,
    -- Ciphertext under the person's key in their own space.
    sealed       bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON addresses TO attune_app;

-- A link that was sent by mail: single use, and at most an hour.
CREATE TABLE mail_links (
    token_sha256 bytea       NOT NULL CONSTRAINT mail_links_pk PRIMARY KEY
                             CONSTRAINT mail_links_digest_length CHECK (octet_length(token_sha256) = 32),
    purpose      text        NOT NULL CONSTRAINT mail_links_purpose_known
                             CHECK (purpose IN ('sign_up', 'reset_password', 'add_address')),
    address_hmac bytea       NOT NULL CONSTRAINT mail_links_hmac_length CHECK (octet_length(address_hmac) = 32),
    -- Ciphertext of the address under a key that only the link gives.
    sealed       bytea       NOT NULL,
    -- Nobody yet where it makes an account.
    user_id      uuid        CONSTRAINT mail_links_user_fk REFERENCES users ON DELETE CASCADE,
    expires_at   timestamptz NOT NULL,
    CONSTRAINT mail_links_of_somebody CHECK ((user_id IS NULL) = (purpose = 'sign_up'))
);
CREATE INDEX mail_links_user_idx ON mail_links (user_id);
CREATE INDEX mail_links_expires_idx ON mail_links (expires_at);
GRANT SELECT, INSERT, DELETE ON mail_links TO attune_app;

-- One password a person. The seed of one-time codes has a table of its own: it is no verifier.
CREATE UNIQUE INDEX credentials_one_password ON credentials (user_id) WHERE kind = 'password';
ALTER TABLE credentials DROP CONSTRAINT credentials_kind_known;
ALTER TABLE credentials ADD CONSTRAINT credentials_kind_known CHECK (kind IN ('password', 'passkey'));

-- One-time codes (RFC 6238) as a second factor.
CREATE TABLE totp_secrets (
    user_id      uuid        NOT NULL CONSTRAINT totp_secrets_pk PRIMARY KEY
                             CONSTRAINT totp_secrets_user_fk REFERENCES users ON DELETE CASCADE,
    -- Ciphertext under the person's key in their own space.
    sealed       bytea       NOT NULL,
    -- None until the person has shown a code: only then is one asked for.
    confirmed_at timestamptz,
    -- The step of the newest code that was taken: no code of it or of one before is taken again.
    last_step    bigint      NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON totp_secrets TO attune_app;

-- What lets somebody in who lost what makes their codes: 80 random bits each, single use.
CREATE TABLE recovery_codes (
    user_id     uuid  NOT NULL CONSTRAINT recovery_codes_user_fk REFERENCES users ON DELETE CASCADE,
    code_sha256 bytea NOT NULL CONSTRAINT recovery_codes_digest_length CHECK (octet_length(code_sha256) = 32),
    CONSTRAINT recovery_codes_pk PRIMARY KEY (user_id, code_sha256)
);
GRANT SELECT, INSERT, DELETE ON recovery_codes TO attune_app;

-- Somebody who proved the first of two factors.
CREATE TABLE half_sign_ins (
    token_sha256 bytea       NOT NULL CONSTRAINT half_sign_ins_pk PRIMARY KEY
                             CONSTRAINT half_sign_ins_digest_length CHECK (octet_length(token_sha256) = 32),
    user_id      uuid        NOT NULL CONSTRAINT half_sign_ins_user_fk REFERENCES users ON DELETE CASCADE,
    client       text        NOT NULL CONSTRAINT half_sign_ins_client_known
                             CHECK (client IN ('web', 'native', 'extension')),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX half_sign_ins_user_idx ON half_sign_ins (user_id);
CREATE INDEX half_sign_ins_expires_idx ON half_sign_ins (expires_at);
GRANT SELECT, INSERT, DELETE ON half_sign_ins TO attune_app;

-- When the person of a sign-in last proved who they are: dangerous acts ask that it was a moment ago.
ALTER TABLE refresh_families ADD COLUMN proved_at timestamptz NOT NULL DEFAULT now();

-- A token that was exchanged: when, and what its successor is derived from together with the token itself, so that only who
-- has the one can have the other.
ALTER TABLE refresh_tokens ADD COLUMN exchanged_at timestamptz;
ALTER TABLE refresh_tokens ADD COLUMN successor_salt bytea;
ALTER TABLE refresh_tokens ADD CONSTRAINT refresh_tokens_exchanged_with_salt
    CHECK ((exchanged_at IS NULL) = (successor_salt IS NULL));
