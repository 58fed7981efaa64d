-- What a person is told of their sign-ins and devices, before they revoke one.

-- When a sign-in was last used, to the hour.
ALTER TABLE refresh_families ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
