-- What a person says of their own speech, and when a meeting was booked to begin.

-- Ciphertext under the member key: how somebody speaks may be a matter of their health. None until they say something.
ALTER TABLE user_profiles ADD COLUMN speech bytea;
-- As a calendar or the person says.
ALTER TABLE meetings ADD COLUMN starts_at timestamptz;
