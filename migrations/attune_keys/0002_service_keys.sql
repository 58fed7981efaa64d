-- Keys of the server's own that are nobody's in particular. Wrapped by the root key.
CREATE TABLE keys.service_keys (
    purpose     text        NOT NULL CONSTRAINT service_keys_pk PRIMARY KEY
                            CONSTRAINT service_keys_purpose_known CHECK (purpose IN ('address-index', 'access-token')),
    root_key_id text        NOT NULL,
    wrapped     bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON keys.service_keys TO attune_keys;
